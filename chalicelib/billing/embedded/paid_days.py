"""Which days of a service the legs of the ledger have paid: what ``verify`` holds the standing against. Pure.

It shares nothing with the planners but the rounding: it reads only what the legs say of themselves.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from chalicelib.billing import OperationKind
from chalicelib.billing.embedded.standing import PastPause
from chalicelib.billing.embedded.tables import LegMap
from chalicelib.money import Kopecks, by_days

#: Rules of the legs that pay days, and of the legs that give them back.
PAYING = {"opening", "opening_by_days", "resumption", "resumption_by_days"}
RETURNING = {"suspension_return"}
#: Rules whose formula must give their sum.
COMPUTED = PAYING | RETURNING | {"tariff_change", "tariff_switch_fee", "suspension_fee", "suspension_fee_return"}

#: Below this a day of the dearest month still costs nothing, so days may be paid without a leg.
LEAST_FEE = Kopecks(16)

_TERM = re.compile(r"([0-9]+) \* ([0-9]+)(?: / ([0-9]+))?", re.ASCII)
_DAY = timedelta(days=1)


@dataclass
class PaidDays:
    """Of one service, leg by leg, oldest first. ``next`` is the first day that is not paid, None before any leg."""

    runs: list[tuple[date, date]] = field(default_factory=list)
    next: date | None = None

    def take(self, leg: LegMap) -> Iterator[tuple[str, str, str]]:
        """What is wrong with a leg: what, expected, found."""
        if leg.rule in COMPUTED and (value := formula_value(leg.formula)) != abs(leg.amount_kopecks):
            yield "formula", str(value), str(leg.amount_kopecks)
        if leg.rule not in PAYING | RETURNING:
            return
        if leg.period_start is None or leg.period_end is None or leg.period_end < leg.period_start:
            yield "days", "a period", "none"
            return
        if days_of(leg.formula) != (leg.period_end - leg.period_start).days + 1:
            yield "days", f"{days_of(leg.formula)} days", f"{leg.period_start} to {leg.period_end}"
        yield from self._pay(leg) if leg.rule in PAYING else self._give_back(leg)

    def _pay(self, leg: LegMap) -> Iterator[tuple[str, str, str]]:
        start, end = leg.period_start, leg.period_end
        assert start is not None
        assert end is not None
        if leg.kind != OperationKind.CHARGE or (self.next is not None and start < self.next):
            yield "days", f"a charge from {self.next}", f"{leg.kind} from {start}"
        self.runs.append((start, end))
        self.next = end + _DAY

    def _give_back(self, leg: LegMap) -> Iterator[tuple[str, str, str]]:
        start, end = leg.period_start, leg.period_end
        assert start is not None
        paid = self.runs[-1] if self.runs else None
        if leg.kind != OperationKind.CORRECTION or paid is None or not paid[0] <= start or end != paid[1]:
            yield "days", f"days of {paid}", f"{leg.kind} of {start} to {end}"
        if paid is not None:
            self.runs[-1:] = [(paid[0], start - _DAY)] if start > paid[0] else []
        self.next = start

    def unpaid_from(self, pauses: Iterable[PastPause]) -> date | None:
        """The first day that is not paid and was not suspended; blocked days stay unpaid."""
        day = self.next
        for pause in sorted(pauses, key=lambda pause: pause.start):
            if day is not None and pause.start <= day <= pause.end:
                day = pause.end + _DAY
        return day

    def charged_in(self, pause: PastPause) -> bool:
        """Whether any day of a suspension was paid and not given back."""
        return any(start <= pause.end and pause.start <= end for start, end in self.runs)


def formula_value(formula: str | None) -> int | None:
    """What a formula gives in kopecks: ``fee * days / total`` by days, ``price * count``, differences of such."""
    terms = [_TERM.fullmatch(term) for term in (formula or "").split(" - ")]
    values = []
    for term in terms:
        if term is None:
            return None
        first, second, total = int(term[1]), int(term[2]), int(term[3] or 0)
        if total and not 0 <= second <= total:
            return None
        values.append(int(by_days(Kopecks(first), second, total)) if total else first * second)
    return abs(values[0] - sum(values[1:]))


def days_of(formula: str | None) -> int | None:
    """The days that a formula counts."""
    term = _TERM.fullmatch(formula or "")
    return int(term[2]) if term else None
