"""The key that seals the networks' passwords on one machine: a file of its data directory, made once.

It lies beside the store, so whoever has the whole directory has both; a copy of the store alone opens nothing.
A service names another place in ``PORTAL_KEY_FILE``, a disk of its own for example.
"""

import base64
import os
import secrets
from collections.abc import MutableMapping
from pathlib import Path

from chalicelib.cloud.keys import KEY_BYTES

NAME, SETTING = "key", "PORTAL_KEY_FILE"


def name_in(environ: MutableMapping[str, str], data: Path) -> None:
    """The setting, unless somebody chose one; before the portal reads its settings. Touches no file."""
    if not environ.get("PORTAL_KMS_KEY"):
        environ.setdefault(SETTING, str(data / NAME))


def make(data: Path) -> None:
    """The data directory's own key, if it has none yet. Whole or not at all: a torn key would never open again."""
    if (data / NAME).exists():
        return
    made = data / f"{NAME}.new"
    made.unlink(missing_ok=True)
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(made, data / NAME)
