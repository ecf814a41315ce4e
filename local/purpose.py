"""What a data directory is for: a demonstration is never served, and a served one is never played with.

The directory says it in a file that its creation leaves there. The file outlives mistakes of the command
line: neither ``make run`` nor ``make reset`` touches the directory of a service, whatever ``DATA_DIR`` says.
"""

import os
from enum import StrEnum
from pathlib import Path

FILE, UNFINISHED = "purpose", "purpose.new"


class Purpose(StrEnum):
    DEMONSTRATION = "demonstration"
    SERVICE = "service"


class WrongPurpose(RuntimeError):
    """The directory is for something else; nothing in it was touched."""


def purpose_of(data: Path) -> Purpose | None:
    """None where nobody has said. :raises WrongPurpose: it says something that we do not know."""
    try:
        text = (data / FILE).read_text("utf-8").strip()
    except FileNotFoundError:
        return None
    try:
        return Purpose(text)
    except ValueError:
        raise WrongPurpose(f"DATA_DIR: {data / FILE} says {text[:40]!r}, which is no purpose") from None


def claim(data: Path, purpose: Purpose) -> None:
    """Make the directory for this purpose, or check that it is the same one. Only its owner may look inside.

    A directory with files and without a purpose was left by a ``make run`` from before there were purposes.

    :raises WrongPurpose: it is for another.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = purpose_of(data)
    if found is None and purpose is Purpose.SERVICE and any(file.name != UNFINISHED for file in data.iterdir()):
        raise WrongPurpose(f"DATA_DIR: {data} holds files and no file `{FILE}`; a service begins in an empty directory")
    if found not in (None, purpose):
        raise WrongPurpose(f"DATA_DIR: {data} holds the data of a {found}, this would be a {purpose}")
    data.chmod(0o700)
    if found is None:
        (data / UNFINISHED).write_text(f"{purpose}\n", "utf-8")
        os.replace(data / UNFINISHED, data / FILE)
