"""The write-ahead journal: one file, appended to, replaced as a whole by rotation.

The journal always begins with a snapshot, and a new one is complete and on the disk before it takes the old
one's name. So there is one file at any moment, the old or the new, and both hold everything acknowledged.
"""

import errno
import fcntl
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from local.store.errors import Fuse, StoreDamaged, StoreError, StoreIncompatible, StoreLocked
from local.store.records import SNAPSHOT, Record, head, next_intact, pack, parse

logger = logging.getLogger(__name__)


class Journal:
    """`append` under the caller's lock, `sync` outside it: waiting threads then share one fdatasync."""

    def __init__(self, directory: Path, engine_version: str, fuse: Fuse, rotate_at_bytes: int) -> None:
        self._directory = directory
        self._path = directory / "journal"
        self._new_path = directory / "journal.new"
        self._head = head(engine_version)
        self._fuse = fuse
        self._rotate_at_bytes = rotate_at_bytes
        self._bytes_since_snapshot = 0
        self._file: int | None = None
        self._sync_lock = threading.Lock()
        self._appended = 0
        self._synced = 0
        self._lock_file = _lock(directory)

    @property
    def position(self) -> int:
        """Number of the last appended record; `sync` takes it."""
        return self._appended

    @property
    def is_full(self) -> bool:
        """Time to rotate. Counted without the snapshot, or a large store would rotate at every write."""
        return self._bytes_since_snapshot >= self._rotate_at_bytes

    def recover(self) -> Iterator[Record]:
        """Every record, the snapshot first; then the torn tail is cut. Nothing when there is no journal yet.

        Only a tail may be torn: a record is acknowledged after it is whole on the disk, so an unfinished last
        one was never acknowledged. Damage with valid records behind it is lost data and refuses to start.
        """
        self._new_path.unlink(missing_ok=True)
        if not self._path.exists():
            return
        data = self._path.read_bytes()
        at = self._snapshot_offset(data)
        while (record := parse(data, at)) is not None:
            yield record
            self._bytes_since_snapshot += 0 if record.target == SNAPSHOT else record.end - at
            at = record.end
        later = next_intact(data, at)
        if later is not None:
            raise StoreDamaged(
                f"{self._path}: the record at byte {at} is damaged and valid records follow from byte "
                f"{later}. Restore the file from a copy, or see Recovery in docs/local-store.md."
            )
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        if at < len(data):
            logger.warning("%s: cut a torn tail of %d bytes, never acknowledged", self._path, len(data) - at)
            os.ftruncate(self._file, at)
            os.fsync(self._file)

    def _snapshot_offset(self, data: bytes) -> int:
        first_line = data[: data.find(b"\n") + 1]
        if first_line != self._head:
            raise StoreIncompatible(f"{self._path} begins with {first_line[:80]!r}, needs {self._head!r}")
        snapshot = parse(data, len(first_line))
        # The snapshot was whole before the file got its name: here a bad record is damage, never a torn tail.
        if snapshot is None or snapshot.target != SNAPSHOT:
            raise StoreDamaged(f"{self._path}: its snapshot is damaged; restore the file from a copy")
        return len(first_line)

    def append(self, recorded_at: float, target: str, body: bytes) -> None:
        """Write one record. Not yet safe: `sync` before anybody is told.

        The caller guards it together with the change in memory, of which it is the other half.
        """
        record = pack(recorded_at, target, body)
        _write(self._open_file(), record)
        self._bytes_since_snapshot += len(record)
        self._appended += 1

    def sync(self, position: int) -> None:
        """Return when every record up to `position` is on the disk.

        Who gets the lock first syncs for all who have appended by then; the others find their work done. The
        check is made under the lock: a second fdatasync after a failed one may claim success for lost pages.
        """
        with self._sync_lock:
            self._fuse.check()
            if self._synced >= position:
                return
            with self._fuse.guard("fdatasync of the journal"):
                appended = self._appended
                os.fdatasync(self._open_file())
                self._synced = appended

    def rotate(self, recorded_at: float, state: bytes) -> None:
        """Replace the journal by one that begins with this state. The caller lets nobody append meanwhile."""
        with self._sync_lock, self._fuse.guard("rotating the journal"):
            file = os.open(self._new_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
            _write(file, self._head + pack(recorded_at, SNAPSHOT, state))
            os.fsync(file)
            os.rename(self._new_path, self._path)
            _sync_directory(self._directory)
            old, self._file = self._file, file
            if old is not None:
                os.close(old)
            self._bytes_since_snapshot = 0

    def _open_file(self) -> int:
        if self._file is None:
            raise StoreError("the journal is closed")
        return self._file

    def close(self) -> None:
        """Writes nothing, so closing and being killed leave the same file."""
        with self._sync_lock:
            for file in (self._file, self._lock_file):
                if file is not None:
                    os.close(file)
            self._file = self._lock_file = None


def _lock(directory: Path) -> int | None:
    """Held by the open file, so the kernel gives it back however the process ends."""
    directory.mkdir(parents=True, exist_ok=True)
    _sync_directory(directory.parent)
    file = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(file)
        raise StoreLocked(f"{directory} is in use by another process") from error
    return file


def _write(file: int, data: bytes) -> None:
    """A write may be short (disk nearly full) without an error; the error comes with the rest."""
    rest = memoryview(data)
    while rest:
        written = os.write(file, rest)
        if written == 0:
            raise OSError(errno.EIO, "nothing written")
        rest = rest[written:]


def _sync_directory(directory: Path) -> None:
    """A rename or a new file is safe only when its directory is."""
    file = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
