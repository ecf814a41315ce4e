"""The static site as the distribution serves it: the same headers, compressed, checked by ETag."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from chalicelib.handlers.headers import site_headers
from local.gateway import Reply

_TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".webmanifest": "application/manifest+json"}
_PUBLIC = {".html", ".js", ".css", ".svg", ".png", ".ico", ".txt", ".webmanifest"}


class Site:
    def __init__(self, root: Path, form_origins: tuple[str, ...]) -> None:
        self._root = root.resolve()
        self._headers = dict(site_headers(form_origins))

    def get(self, path: str, headers: Mapping[str, str]) -> Reply:
        """One file; what is not a file of the site is 404, with the start page to find the way back."""
        file, status = self._file(path), 200
        if file is None:
            file, status = self._root / "index.html", 404
        raw, packed, tag = _content(file, file.stat().st_mtime_ns)
        lowered = {name.lower(): value for name, value in headers.items()}
        kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        shown = {**self._headers, "Content-Type": f"{kind}; charset=utf-8", "ETag": tag}
        shown |= {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if lowered.get("if-none-match") == tag and status == 200:
            return Reply(304, list(shown.items()), b"")
        if "gzip" in lowered.get("accept-encoding", ""):
            return Reply(status, [*shown.items(), ("Content-Encoding", "gzip")], packed)
        return Reply(status, list(shown.items()), raw)

    def _file(self, path: str) -> Path | None:
        """The file that a path names; None for what the site does not show."""
        if path == "/":
            return self._root / "index.html"
        try:
            file = (self._root / path.lstrip("/")).resolve()
            shown = file.is_relative_to(self._root) and file.is_file() and file.suffix in _PUBLIC
        except (ValueError, OSError):
            return None
        return file if shown else None


@lru_cache(maxsize=200)
def _content(file: Path, _changed: int) -> tuple[bytes, bytes, str]:
    raw = file.read_bytes()
    return raw, gzip.compress(raw, mtime=0), f'"{hashlib.sha256(raw).hexdigest()[:20]}"'
