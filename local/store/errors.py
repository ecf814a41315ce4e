"""What the local store refuses to do, and the fuse that stops it once it can no longer keep its promise."""

from collections.abc import Iterator
from contextlib import contextmanager


class StoreError(RuntimeError):
    """Never an OSError: botocore would repeat the call, and a broken store must not be asked again."""


class StoreLocked(StoreError):
    """The directory, or this process, already has an active engine."""


class StoreDamaged(StoreError):
    """Acknowledged data on the disk cannot be read back; starting would lose it silently."""


class StoreBroken(StoreError):
    """Memory and disk may disagree; only a restart, which reads the disk, tells what holds."""


class StoreIncompatible(StoreError):
    """Another ministack than the one this store was written against."""


class Fuse:
    """Blows at the first failure inside a guarded section; afterwards every check refuses.

    After a failed write or fdatasync nobody can say what reached the disk: the kernel reports the error once
    and may then report success for pages it has dropped. Repeating is therefore not safe, and neither is
    answering reads, which could show writes that were never acknowledged.
    """

    def __init__(self) -> None:
        self._reason: str | None = None

    def check(self) -> None:
        """Refuse when blown."""
        if self._reason is not None:
            raise StoreBroken(f"the local store has stopped and needs a restart: {self._reason}")

    @contextmanager
    def guard(self, doing: str) -> Iterator[None]:
        """Blow on anything that escapes, a KeyboardInterrupt too: it may leave half a change behind."""
        self.check()
        try:
            yield
        except StoreBroken:
            raise
        except BaseException as error:
            self._reason = f"{doing} failed: {error!r}"
            if isinstance(error, Exception):
                raise StoreBroken(f"the local store stops: {self._reason}") from error
            raise
