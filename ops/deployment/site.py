"""The static site as releases: each in a folder named by its content, and one start page that names a release.

A browser keeps the files of a folder for ever and asks for the start page each time. The page goes up
last, so nobody is sent to a file that is not there yet; former releases stay, so a tab that was opened
before the deployment still finds the screens that it has not loaded.
"""

import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from ops.deployment.cloud import Cloud

#: What visitors get; types, licences and notes stay at home.
PUBLIC = {".html", ".js", ".css", ".svg", ".png", ".ico", ".txt", ".webmanifest"}
#: Found by their own names and nobody else's, so they lie beside the start page.
AT_THE_ROOT = {"robots.txt", "index.html"}
FOREVER = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"
_TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".webmanifest": "application/manifest+json"}
_LINK = re.compile(r'\b(href|src)="(?![a-z]+:|/|#)([^"]+)"')


@dataclass(frozen=True)
class Release:
    name: str
    files: dict[str, bytes]
    root: dict[str, bytes]

    @property
    def folder(self) -> str:
        return f"r/{self.name}"


def release(site: Path, config: Path | None) -> Release:
    """The site with the provider's ``config.js`` in place of the one of the checkout.

    :raises SystemExit: the start page names a file that the site does not have.
    """
    found = {
        file.relative_to(site).as_posix(): file.read_bytes()
        for file in sorted(site.rglob("*"))
        if file.is_file() and file.suffix in PUBLIC
    }
    if config is not None:
        found["config.js"] = config.read_bytes()
    digest = hashlib.sha256()
    for path, content in sorted(found.items()):
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    name = digest.hexdigest()[:16]
    files = {path: content for path, content in found.items() if path not in AT_THE_ROOT}
    root = {path: content for path, content in found.items() if path in AT_THE_ROOT}
    root["index.html"] = _start_page(root["index.html"].decode(), name, files).encode()
    return Release(name, files, root)


def upload(cloud: Cloud, bucket: str, made: Release) -> None:
    for path, content in sorted(made.files.items()):
        _put(cloud, bucket, f"{made.folder}/{path}", content, FOREVER)
    for path, content in sorted(made.root.items(), key=lambda item: item[0] == "index.html"):
        _put(cloud, bucket, path, content, ASK_EACH_TIME)


def invalidate(cloud: Cloud, distribution: str, made: Release, run: str) -> None:
    """``run`` is new each time: going back to a former release must be told to the edges again."""
    paths = ["/", *(f"/{path}" for path in sorted(made.root))]
    batch = {"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": run}
    cloud.call("cloudfront", "create_invalidation", DistributionId=distribution, InvalidationBatch=batch)


def _start_page(text: str, name: str, files: dict[str, bytes]) -> str:
    def moved(found: re.Match[str]) -> str:
        attribute, path = found.groups()
        if path not in files:
            raise SystemExit(f"index.html names {path}, which the site does not have")
        return f'{attribute}="/r/{name}/{path}"'

    return _LINK.sub(moved, text)


def _put(cloud: Cloud, bucket: str, key: str, content: bytes, cache: str) -> None:
    suffix = Path(key).suffix
    kind = _TYPES.get(suffix) or mimetypes.guess_type(key)[0] or "application/octet-stream"
    if kind.startswith("text/") or suffix in _TYPES:
        kind += "; charset=utf-8"
    cloud.call("s3", "put_object", Bucket=bucket, Key=key, Body=content, ContentType=kind, CacheControl=cache)
