"""``python -m ops radius-export FILE``: what a RADIUS server lets in, how fast, and whom it turns away.

Run every minute it carries a block, its end, a suspension, a tariff and a new password into the network.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib import bootstrap
from chalicelib.billing.embedded import network, passwords
from chalicelib.cloud import keys
from chalicelib.cloud.keys import Keys, NoKey, Unreadable
from chalicelib.errors import UpstreamError
from ops.accounts import refused
from ops.radius_formats import FORMATS, Entry, Style

#: Exit codes: the file was written, the export failed and the old file stays, nothing has changed.
WRITTEN, FAILED, UNCHANGED = 0, 1, 3


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("radius-export", help="users of a RADIUS server; reads every account")
    parser.add_argument("file", type=Path, help="replaced as a whole, for its owner alone")
    parser.add_argument("--format", choices=sorted(FORMATS), default="freeradius")
    parser.add_argument("--if-changed", action="store_true", help=f"exit code {UNCHANGED} and no new file otherwise")
    parser.add_argument("--garden", metavar="NAME", help="let financial blocks in with this Filter-Id, to a pay page")
    parser.add_argument(
        "--reply", action="append", metavar="ITEM", help="reply items of who is let in, {mbps} and {bps} in them"
    )
    parser.add_argument("--force", action="store_true", help="also with fewer than half of the last export's users")
    parser.set_defaults(run=_run)


@dataclass
class _Last:
    """What the export before left in ``FILE.state``: its passwords opened, so that each is opened once only."""

    opened: dict[str, str]
    users: int = 0

    @classmethod
    def of(cls, path: Path) -> "_Last":
        try:
            found: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return cls(dict(found["opened"]), int(found["users"]))
        except FileNotFoundError:
            return cls({})
        except (OSError, ValueError, KeyError, TypeError):
            print(f"{path} cannot be read: every password is opened anew", file=sys.stderr)
            return cls({})

    def text(self) -> str:
        return json.dumps({"users": self.users, "opened": self.opened}, sort_keys=True)


def _run(arguments: argparse.Namespace) -> int:
    target: Path = arguments.file
    state = target.with_name(target.name + ".state")
    last, settings = _Last.of(state), bootstrap.settings()
    opened: dict[str, str] = {}
    try:
        key = keys.load(settings.kms_key, settings.key_file)
        entries = _entries(network.every(), key, last.opened, opened)
    except NoKey as error:
        return refused(str(error))
    except UpstreamError as error:
        # what was opened until the line broke need not be opened again
        _replace(state, _Last({**last.opened, **opened}, last.users).text())
        return refused(f"not exported, the file is as it was: {error}")
    if len(entries) * 2 < last.users and not arguments.force:
        return refused(f"{len(entries)} users, {last.users} in the last export: refused without --force")
    style = Style(arguments.garden, tuple(arguments.reply or Style.reply))
    text = "".join(FORMATS[arguments.format](entries, style))
    unchanged = arguments.if_changed and _same(target, text)
    try:
        _replace(state, _Last(opened, len(entries)).text())
        if not unchanged:
            _replace(target, text)
    except OSError as error:
        return refused(f"{target}: {error.strerror}")
    silent = sum(entry.password is None for entry in entries)
    print(f"{len(entries)} users, {silent} without a password{', unchanged' if unchanged else ''}")
    return UNCHANGED if unchanged else WRITTEN


def _entries(found: Iterable[network.Access], key: Keys, before: dict[str, str], opened: dict[str, str]) -> list[Entry]:
    """In the order of their logins; ``opened`` collects what is in use.

    A password that does not open turns away its user and nobody else.
    """
    entries: list[Entry] = []
    for access in found:
        password = None
        if access.sealed is not None:
            name = hashlib.sha256("\0".join((access.login, access.subscriber_id, access.sealed)).encode()).hexdigest()
            context = passwords.context(access.subscriber_id, access.account, access.service)
            try:
                password = before[name] if name in before else key.decrypt(access.sealed, context)
                opened[name] = password
            except Unreadable:
                print(f"{access.login}: its password does not open with this key", file=sys.stderr)
        entries.append(Entry(access.login, access.account, access.service, access.state, access.speed_mbps, password))
    return sorted(entries, key=lambda entry: entry.login)


def _same(target: Path, text: str) -> bool:
    try:
        return target.read_bytes() == text.encode()
    except FileNotFoundError:
        return False


def _replace(target: Path, text: str) -> None:
    """Whole or not at all, on the disk before it is seen, and for the owner alone from its first byte."""
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    file = os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")
    try:
        with file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, target)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
