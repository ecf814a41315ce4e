"""How the jobs run on the way to an instant: on time, a day late, each twice and killed where chance chooses."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib import bootstrap
from tests.product import Product
from tests.storm.harness.breaker import Crash
from tests.storm.harness.line import Hook, Outgoing, hooked
from tests.storm.harness.schedules import waiting

#: A kill every so many calls, on the average.
RARE = 150
#: Hours between two looks of a worker that is late.
GAPS = (26, 23, 25, 21, 24)
NOTICE = timedelta(hours=72)


class OnTime:
    #: what a person may have to look at, and what may stay unsaid
    excused: frozenset[str] = frozenset()
    unsaid: frozenset[str] = frozenset()

    def settled(self, hour: datetime, minutes: int) -> datetime:
        """When what was due at this hour is done."""
        return hour + timedelta(minutes=minutes)

    def live(self, shop: Product, until: datetime) -> None:
        timeline = shop.sandbox._timeline
        before, timeline._runner = timeline._runner, self.runner()
        try:
            shop.advance(seconds=(until - shop.clock()).total_seconds())
        finally:
            timeline._runner = before

    def runner(self) -> "Due":
        return Due()

    def may_be_charged(self, wanted: datetime, noticed: datetime) -> datetime:
        """When a charge that is due then is over: a notice of its day leaves the hour as it is."""
        return wanted + timedelta(minutes=30)


@dataclass
class OnceADay(OnTime):
    """The jobs run about once a day at odd hours, up to 26 of them apart; all that is late then runs at once.

    Whoever wants to see what an hour has brought sees it at the first look from that hour on.
    """

    looks: int = 0
    #: what happens at night, or right after a look, is not said any more when it is a day old
    excused = frozenset({"undelivered"})
    unsaid = frozenset({"payment_credited"})

    def settled(self, hour: datetime, minutes: int) -> datetime:
        return hour

    def live(self, shop: Product, until: datetime) -> None:
        while shop.clock() < until:
            self.looks += 1
            gap = timedelta(hours=GAPS[self.looks % len(GAPS)])
            shop.sandboxed("POST", "/sandbox/clock", {"advance_seconds": int(gap.total_seconds()), "jump": True})

    def may_be_charged(self, wanted: datetime, noticed: datetime) -> datetime:
        return max(wanted, noticed + NOTICE)


class Due:
    """The product's agenda, spared the looks that find nothing: they would be two of three calls in these years."""

    def next_due(self) -> datetime | None:
        return min((max(row.due_at, row.lease_until or row.due_at) for row in waiting()), default=None)

    def run_due(self) -> dict[str, int]:
        now, runner = bootstrap.now(), bootstrap.agenda_runner()
        due = {row.kind for row in waiting() if row.due_at <= now}
        ran = {kind: runner.run(kind) for kind in runner.works if kind in due}
        return {kind: counts["done"] + counts["failed"] for kind, counts in ran.items()}


class Twice(OnTime):
    """Whatever ran, runs once more at the same instant, as a schedule that fires twice."""

    def runner(self) -> Due:
        return _Doubled()


class _Doubled(Due):
    def run_due(self) -> dict[str, int]:
        first, _ = super().run_due(), super().run_due()
        return first


@dataclass
class Killed(Twice):
    """Every job twice; dies at outgoing calls before or after they are made, comes back as a new process, and goes on.

    Spared is what lies between the commit of an intent and its outcome, where a death has tests of its own: it leaves
    a charge that nobody ever sends, and, at Robokassa, a refund that only a person may look at (Uniteller gives a whole
    payment back once, however often it is asked).
    """

    seed: str
    gateway: str
    deaths: int = 0
    chance: random.Random = field(init=False)
    spared: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.spared = ("AutopayCharges._send", *(["Refunds._send"] if self.gateway == "robokassa" else []))

    def live(self, shop: Product, until: datetime) -> None:
        while shop.clock() < until:
            try:
                with _killable(shop, self._pass):
                    super().live(shop, until)
            except Crash:
                self.deaths += 1
                bootstrap.forget()

    def _pass(self, call: Outgoing) -> Any:
        drawn = self.chance.random() * RARE
        if drawn >= 1 or _inside(self.spared):
            return call.proceed()
        if drawn < 0.5:
            call.proceed()
        raise Crash


@contextmanager
def _killable(shop: Product, hook: Hook) -> Iterator[None]:
    """A line that was broken before stays broken."""
    before = shop.wire.around
    with hooked(shop, hook):
        inner = shop.wire.around
        shop.wire.around = lambda name, proceed: before(name, lambda: inner(name, proceed))
        yield


def _inside(names: tuple[str, ...]) -> bool:
    frame: Any = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_qualname in names:
            return True
        frame = frame.f_back
    return False
