"""A copy of a journal while its owner goes on writing it.

The file is only ever appended to or replaced as a whole, so what one reading of it gets is the store as it
was at one moment, with perhaps half a record at the end that nobody was told of yet.
"""

import os
from pathlib import Path
from typing import NamedTuple

from local.store.errors import StoreDamaged
from local.store.records import SNAPSHOT, next_intact, parse


class Copied(NamedTuple):
    """What a copy holds: the bytes, and the requests that follow its snapshot."""

    length: int
    requests: int


def copy(journal: Path, to: Path) -> Copied:
    """Check every record, then write those that are whole. ``to`` appears complete and on the disk, or not at all.

    :raises StoreDamaged: a record is broken and others follow. :raises FileExistsError: ``to`` is there already.
    """
    data = journal.read_bytes()
    end, records = _whole(data, journal)
    part = to.with_name(f"{to.name}.part")
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(file, "wb") as stream:
        stream.write(data[:end])
        stream.flush()
        os.fsync(file)
    try:
        # unlike a rename, a link never takes the place of an older copy
        os.link(part, to)
    finally:
        part.unlink()
    return Copied(end, records - 1)


def _whole(data: bytes, journal: Path) -> tuple[int, int]:
    """Where the last whole record ends, and how many there are."""
    end, records = data.find(b"\n") + 1, 0
    while (record := parse(data, end)) is not None:
        if records == 0 and record.target != SNAPSHOT:
            break
        end, records = record.end, records + 1
    if records == 0 or next_intact(data, end) is not None:
        raise StoreDamaged(f"{journal}: damaged at byte {end}; see Recovery in docs/local-store.md")
    return end, records
