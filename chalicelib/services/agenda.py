"""Runs what is due: leases a row, lets its kind do the work, isolates each failure, counts."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.clock import Clock
from chalicelib.errors import PortalError
from chalicelib.store.agenda import Agenda, AgendaRow, Kind
from chalicelib.store.cases import CaseStore

log = logging.getLogger(__name__)

#: Does one row's work: settles or moves the row together with its fact. An error leaves the row under
#: its lease, to be tried again when that ends; so the work must bear being done twice.
Work = Callable[[AgendaRow], None]

#: A row that still fails after this many leases stands in the operator's list.
FAILURES_BEFORE_A_CASE = 12
#: The same for a row that was due a day ago; once is not enough, for after a long outage everything is old.
FAILURES_OF_AN_OLD_ONE = 3


@dataclass(frozen=True)
class AgendaRunner:
    agenda: Agenda
    cases: CaseStore
    works: Mapping[Kind, Work]
    now: Clock

    def run(self, kind: Kind, time_is_up: Callable[[], bool] = lambda: False) -> Counter[str]:
        """Everything of one kind that is due now; stops early when the time is up: the rest is the next run's."""
        counts: Counter[str] = Counter()
        shards = self.agenda.shards
        # every minute another shard comes first, so that a slow one cannot starve the rest
        first = int(self.now().timestamp()) // 60
        for shard in ((first + step) % shards for step in range(shards)):
            try:
                for row in list(self.agenda.due(kind, shard, self.now())):
                    if time_is_up():
                        counts["out_of_time"] = 1
                        return counts
                    counts[self._one(kind, row)] += 1
            except PortalError:
                log.warning("agenda shard unreadable", extra={"kind": kind, "shard": shard}, exc_info=True)
                counts["shards_failed"] += 1
        return counts

    def run_due(self) -> dict[str, int]:
        """Every kind, once; how many rows were worked on, per kind."""
        ran = {kind: self.run(kind) for kind in self.works}
        return {kind: counts["done"] + counts["failed"] for kind, counts in ran.items()}

    def next_due(self) -> datetime | None:
        return min((at for kind in self.works if (at := self.agenda.next_due(kind))), default=None)

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
            self.cases.open("agenda", f"{kind}:{row.ref}", self.now(), {"attempts": int(row.attempts)})
        except PortalError:
            log.warning("no case could be opened", extra={"kind": kind, "ref": row.ref}, exc_info=True)
