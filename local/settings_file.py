"""The settings file that the operator names in ``SETTINGS_FILE``: KEY=VALUE lines that only he can read.

Parsed by python-dotenv, for its quotes and comments are those that people expect; but strictly and as
written: nothing is expanded, since a password may hold a dollar sign.
"""

import os
import stat
from collections.abc import MutableMapping
from pathlib import Path

NAME = "SETTINGS_FILE"


class BadSettings(RuntimeError):
    """The message names the file and the line or the setting, never a value."""


def add_to(environ: MutableMapping[str, str]) -> None:
    """Put the file's settings into the environment. The file wins: what it says is what holds.

    Does nothing where no file is named. :raises BadSettings: unreadable, or readable by others.
    """
    if environ.get(NAME):
        environ.update(read(Path(environ[NAME])))


def read(path: Path) -> dict[str, str]:
    """:raises BadSettings: as above, or a line is no setting, or a setting stands there twice."""
    from dotenv.parser import parse_stream

    settings: dict[str, str] = {}
    try:
        # the mode is that of the very file that is then read
        with path.open(encoding="utf-8") as file:
            _private(path, os.fstat(file.fileno()))
            bindings = list(parse_stream(file))
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{NAME}: {path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    for binding in bindings:
        if binding.error or (binding.key and binding.value is None):
            raise BadSettings(f"{NAME}: {path}, line {binding.original.line}: not KEY=VALUE")
        if binding.key in settings:
            raise BadSettings(f"{NAME}: {path}, line {binding.original.line}: {binding.key} stands there twice")
        if binding.key and binding.value is not None:
            settings[binding.key] = binding.value
    return settings


def _private(path: Path, found: os.stat_result) -> None:
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise BadSettings(f"{NAME}: others may read {path}, which holds secrets: chmod 600 {path}")
    if os.geteuid() not in (0, found.st_uid):
        raise BadSettings(f"{NAME}: {path} belongs to another user")
