"""Runs what is due: leases a row, lets its kind do the work, isolates each failure, counts.

A schedule looks into every part of its kind. A part with more than one look can hold is handed to a
worker by one message on the queue, where there is a queue; the worker goes on until the part is empty
or its time is up, and then hands on the rest. Nothing rests on a message: the next minute looks again.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.clock import Clock
from chalicelib.errors import PortalError, UpstreamError
from chalicelib.store.agenda import Agenda, AgendaRow, Kind
from chalicelib.store.cases import CaseKind, CaseStore

log = logging.getLogger(__name__)

#: Does one row's work: settles or moves the row together with its fact. An error leaves the row under
#: its lease, to be tried again when that ends; so the work must bear being done twice.
Work = Callable[[AgendaRow], None]
TimeIsUp = Callable[[], bool]

#: A row that still fails after this many leases stands in the operator's list.
FAILURES_BEFORE_A_CASE = 12
#: The same for a row that was due a day ago; once is not enough, for after a long outage everything is old.
FAILURES_OF_AN_OLD_ONE = 3


class Sender(Protocol):
    def send(self, body: Mapping[str, str | int]) -> None:
        """:raises UpstreamError: not sent, or perhaps sent."""


@dataclass(frozen=True)
class AgendaRunner:
    agenda: Agenda
    cases: CaseStore
    works: Mapping[Kind, Work]
    now: Clock
    queue: Sender | None = None

    def run(self, kind: Kind, time_is_up: TimeIsUp = lambda: False) -> Counter[str]:
        """What is due of one kind now; stops early when the time is up: the rest is a worker's or the next run's.

        Beside the counts of rows stands ``lag_seconds``: how late the oldest of them was.
        """
        counts: Counter[str] = Counter(lag_seconds=0)
        shards = self.agenda.shards
        # every minute another shard comes first, so that a slow one cannot starve the rest
        first = int(self.now().timestamp()) // 60
        for shard in ((first + step) % shards for step in range(shards)):
            with _readable(kind, shard, counts):
                rows = self._due(kind, shard, counts)
                if len(rows) == self.agenda.batch and self._hand_on(kind, shard, counts):
                    continue
                if not self._all(kind, rows, time_is_up, counts) and not self._hand_on(kind, shard, counts):
                    break
        return counts

    def work(self, kind: Kind, shard: int, seconds: float, time_is_up: TimeIsUp) -> Counter[str]:
        """A worker's part: one shard until it is empty or the time is up, alone in it for so many seconds at most."""
        counts: Counter[str] = Counter(lag_seconds=0)
        with _readable(kind, shard, counts):
            place = self.agenda.enter(kind, shard, self.now(), self.now() + timedelta(seconds=seconds))
            if place is None:
                counts["busy"] = 1
                return counts
            try:
                emptied = self._emptied(kind, shard, time_is_up, counts)
            finally:
                # before the message: whoever gets it must find the place free
                self.agenda.leave(place)
            if not emptied:
                self._hand_on(kind, shard, counts)
        return counts

    def run_due(self) -> dict[str, int]:
        """Every kind, once; how many rows were worked on, per kind."""
        ran = {kind: self.run(kind) for kind in self.works}
        return {kind: counts["done"] + counts["failed"] for kind, counts in ran.items()}

    def next_due(self) -> datetime | None:
        return min((at for kind in self.works if (at := self.agenda.next_due(kind))), default=None)

    def _due(self, kind: Kind, shard: int, counts: Counter[str]) -> list[AgendaRow]:
        now = self.now()
        rows = list(self.agenda.due(kind, shard, now))
        if rows:
            counts["lag_seconds"] = max(counts["lag_seconds"], int((now - rows[0].due_at).total_seconds()))
        return rows

    def _emptied(self, kind: Kind, shard: int, time_is_up: TimeIsUp, counts: Counter[str]) -> bool:
        """Look after look. One in which nothing could be done is the last: what fails at once is not hammered."""
        before = -1
        while counts["done"] > before and (rows := self._due(kind, shard, counts)):
            before = counts["done"]
            if not self._all(kind, rows, time_is_up, counts):
                return False
        return True

    def _all(self, kind: Kind, rows: list[AgendaRow], time_is_up: TimeIsUp, counts: Counter[str]) -> bool:
        """Every row of one look; False when the time was up before the last."""
        for row in rows:
            if time_is_up():
                counts["out_of_time"] = 1
                return False
            counts[self._one(kind, row)] += 1
        return True

    def _hand_on(self, kind: Kind, shard: int, counts: Counter[str]) -> bool:
        """Wake a worker for the shard; False if there is no queue or it did not answer."""
        if self.queue is None:
            return False
        try:
            self.queue.send({"kind": kind, "shard": shard})
        except UpstreamError:
            log.warning("shard not handed on", extra={"kind": kind, "shard": shard}, exc_info=True)
            return False
        counts["handed_on"] += 1
        return True

    def _one(self, kind: Kind, row: AgendaRow) -> str:
        try:
            if not self.agenda.take(row, self.now()):
                return "taken"
            self.works[kind](row)
            return "done"
        except Exception:
            log.exception("agenda row failed", extra={"kind": kind, "ref": row.ref, "attempts": row.attempts})
            self._give_up(kind, row)
            return "failed"

    def _give_up(self, kind: Kind, row: AgendaRow) -> None:
        old = self.now() - row.due_at > timedelta(hours=24)
        if row.attempts < (FAILURES_OF_AN_OLD_ONE if old else FAILURES_BEFORE_A_CASE):
            return
        try:
            self.cases.open(CaseKind.AGENDA, f"{kind}:{row.ref}", self.now(), {"attempts": int(row.attempts)})
        except PortalError:
            log.warning("no case could be opened", extra={"kind": kind, "ref": row.ref}, exc_info=True)


@contextmanager
def _readable(kind: Kind, shard: int, counts: Counter[str]) -> Iterator[None]:
    """A shard whose rows cannot be read is counted, and the others go on."""
    try:
        yield
    except PortalError:
        log.warning("agenda shard unreadable", extra={"kind": kind, "shard": shard}, exc_info=True)
        counts["shards_failed"] += 1
