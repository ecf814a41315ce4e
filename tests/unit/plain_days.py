"""What ten years of days should bring, by plain arithmetic that shares nothing with the product.

Day by day: a set of paid days for each service, months found by walking, sums as fractions. Two services: internet,
which may be suspended and change its tariff, and a telephone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import floor

DAY = timedelta(days=1)
SERVICES = ("internet", "phone")


def starts_a_period(day: date, anchor: int) -> bool:
    """The anchor's day, or the last day of a month that has none."""
    return day.day == anchor or (day.day < anchor and (day + DAY).month != day.month)


def from_here(day: date, anchor: int) -> list[date]:
    """The days of a period from this one on."""
    found = [day]
    while not starts_a_period(found[-1] + DAY, anchor):
        found.append(found[-1] + DAY)
    return found


def whole_period(day: date, anchor: int) -> list[date]:
    while not starts_a_period(day, anchor):
        day -= DAY
    return from_here(day, anchor)


@dataclass
class PlainDays:
    anchor: int
    balance: int
    fees: dict[str, int]
    blocked: bool = False
    plan: tuple[date, int] | None = None
    pause: tuple[date, date] | None = None
    paused: bool = False
    paid: dict[str, set[date]] = field(default_factory=lambda: {name: set() for name in SERVICES})
    #: (day, service, signed sum), oldest first
    moves: list[tuple[date, str, int]] = field(default_factory=list)
    suspended: set[date] = field(default_factory=set)

    def midnight(self, day: date) -> None:
        if self.paused and self.pause is not None and day == self.pause[1] + DAY:
            self._resume(day)
        if not self.paused and self.pause is not None and day == self.pause[0]:
            self._suspend(day)
        if not self.blocked:
            unpaid = [name for name in self._running() if day not in self.paid[name]]
            if unpaid and not self._charge(unpaid, day, drop_first=False):
                self.blocked = True
        if self.paused:
            self.suspended.add(day)

    def money(self, day: date, amount: int) -> None:
        """A payment, or a call if it is negative, at noon."""
        self.balance += amount
        if self.blocked and amount > 0:
            unpaid = [name for name in self._running() if day not in self.paid[name]]
            self.blocked = not self._charge(unpaid, day, drop_first=True)

    def _running(self) -> list[str]:
        return [name for name in SERVICES if not (name == "internet" and self.paused)]

    def _resume(self, day: date) -> None:
        self.paused, self.pause = False, None
        if not self.blocked and not self._charge(["internet"], day, drop_first=False):
            self.blocked = True

    def _suspend(self, day: date) -> None:
        if self.blocked or self.balance < 0:
            self.pause = None
            return
        back = sorted(each for each in self.paid["internet"] if each >= day)
        if back:
            self._move(day, "internet", self._part(self.fees["internet"], back, day))
            self.paid["internet"] -= set(back)
        self.paused = True

    def _charge(self, names: list[str], day: date, drop_first: bool) -> bool:
        """Whether it was covered. A dearer planned tariff is tried first, or is too late after a block."""
        ways = [dict(self.fees)]
        if "internet" in names and self.plan is not None and self.plan[0] <= day:
            fee, self.plan = self.plan[1], None
            new = {**self.fees, "internet": fee}
            ways = [new] if fee <= self.fees["internet"] else ways if drop_first else [new, *ways]
        days = from_here(day, self.anchor)
        for self.fees in ways:
            sums = [(name, self._part(self.fees[name], days, day)) for name in names]
            if self.balance >= sum(amount for _, amount in sums):
                for name, amount in sums:
                    self._move(day, name, -amount)
                    self.paid[name] |= set(days)
                return True
        return False

    def _part(self, fee: int, days: list[date], day: date) -> int:
        return floor(Fraction(fee * len(days), len(whole_period(day, self.anchor))) + Fraction(1, 2))

    def _move(self, day: date, name: str, amount: int) -> None:
        self.balance += amount
        self.moves.append((day, name, amount))


def days(first: date, count: int) -> Iterator[date]:
    for number in range(count):
        yield first + number * DAY
