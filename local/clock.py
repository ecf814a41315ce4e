"""A clock that can be moved: real time plus an offset, or standing still while a day is stepped through."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from chalicelib.clock import Clock, utc_now


class MovableClock:
    """Call it for the time, aware and in UTC. Safe between threads.

    ``on_move`` is told every new offset, so that somebody may keep it. It is told while the clock
    stands still too: a process killed in mid-step wakes up where it was, not where it was going.
    """

    def __init__(self, real: Clock = utc_now, offset: timedelta = timedelta(0)) -> None:
        self._real = real
        self._offset = offset
        self._still: datetime | None = None
        self._lock = threading.RLock()
        self.on_move: Callable[[timedelta], None] = lambda offset: None

    def __call__(self) -> datetime:
        with self._lock:
            return self._still or (self._real() + self._offset).astimezone(UTC)

    @property
    def offset(self) -> timedelta:
        with self._lock:
            return self._offset

    def advance(self, seconds: float) -> None:
        """Forward, or back with a minus. A clock that stands still goes on from the new instant."""
        self.set(self() + timedelta(seconds=seconds))

    def set(self, now: datetime) -> None:
        """Go on from this instant. :raises ValueError: it has no time zone."""
        self._move(now, still=False)

    def freeze(self, now: datetime) -> None:
        """Stand still at this instant until ``set`` or ``resume``. :raises ValueError: it has no time zone."""
        self._move(now, still=True)

    def resume(self) -> None:
        """Go on from wherever it stands; nothing if it goes already."""
        with self._lock:
            still = self._still
        if still is not None:
            self.set(still)

    def restore(self, offset: timedelta) -> None:
        """Take up an offset that was kept, without telling ``on_move``."""
        with self._lock:
            self._offset, self._still = offset, None

    def _move(self, now: datetime, still: bool) -> None:
        if now.tzinfo is None:
            raise ValueError("an instant without a time zone")
        with self._lock:
            self._offset = now - self._real()
            self._still = now.astimezone(UTC) if still else None
            offset = self._offset
        self.on_move(offset)  # outside the lock: whoever keeps it has a lock of its own, and asks for the time under it
