"""The opening of a billing period: what a day asks for, and whether the money covers it. Pure.

All recurring services except TV are charged in one entry with a leg per service, so an account is never half
opened. A tariff that was planned for this day takes over here, in the same decision.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from chalicelib.billing import AccountState, BillingPeriod, OperationKind, ServicePeriod
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.periods import period_of
from chalicelib.billing.embedded.standing import Line, Standing
from chalicelib.billing.embedded.steps import Said, Step
from chalicelib.money import Kopecks, by_days

BLOCK_REASON = "not_enough_money"


@dataclass(frozen=True)
class Opening:
    """The charge of ``lines`` for the days from ``start`` to the end of ``period``; ``id`` names it for ever."""

    account: str
    id: str
    start: date
    period: BillingPeriod
    lines: tuple[Line, ...]
    rule: str = "opening"

    @property
    def left(self) -> int:
        return (self.period.next_start - self.start).days

    @property
    def total_days(self) -> int:
        return (self.period.next_start - self.period.start).days

    def fee(self, line: Line) -> Kopecks:
        return by_days(line.tariff.fee_kopecks, self.left, self.total_days)

    @property
    def total_kopecks(self) -> Kopecks:
        return Kopecks(sum(self.fee(line) for line in self.lines))

    def entry(self) -> NewEntry | None:
        legs = self.legs()
        return NewEntry(self.account, self.id, legs) if legs else None

    def legs(self) -> tuple[Leg, ...]:
        """One per service; a fee that rounds to nothing has none. The formula is in kopecks and days."""
        span = ServicePeriod(start=self.start, end=self.period.end)
        rule = self.rule if self.left == self.total_days else f"{self.rule}_by_days"
        return tuple(
            Leg(
                kind=OperationKind.CHARGE,
                amount_kopecks=Kopecks(-self.fee(line)),
                title=line.title,
                contra=f"revenue:{line.kind}",
                service=line.service,
                period=span,
                rule=rule,
                formula=f"{line.tariff.fee_kopecks} * {self.left} / {self.total_days}",
            )
            for line in self.lines
            if self.fee(line)
        )

    def paid(self) -> Iterable[Line]:
        """The lines with their days paid."""
        return (line.model_copy(update={"unpaid_from": self.period.next_start}) for line in self.lines)


def opening_of(standing: Standing, lines: tuple[Line, ...], start: date) -> Opening:
    """Of these lines from a day on. The id holds the first service: on one day two services may open apart."""
    period = period_of(start, standing.anchor_day)
    first = lines[0].service if lines else "-"
    return Opening(standing.account, f"opening:{standing.account}:{start.isoformat()}:{first}", start, period, lines)


def due_now(standing: Standing, today: date) -> Opening:
    """What a blocked account has to pay for: its services from today, for no fee accrues in a block.

    A planned tariff whose day has come takes over; a dearer one is dropped, for there was no money for it that day.
    """
    lines = tuple(switched(standing, line, today, dearer=False) for line in _unpaid(standing, today))
    return opening_of(standing, lines, today)


def _unpaid(standing: Standing, today: date) -> tuple[Line, ...]:
    return tuple(line for line in standing.charged if line.unpaid_from <= today)


def open_period(standing: Standing, day: date) -> Step:
    """Charge what is unpaid from this day, if balance and promise cover it; else block from this day."""
    unpaid = tuple(line for line in standing.charged if line.unpaid_from == day)
    wished, plain = (opening_of(standing, lines, day) for lines in candidates(standing, unpaid, day))
    for opening in (wished, plain):
        if standing.available_on(day) >= opening.total_kopecks:
            return _opened(standing, unpaid, opening, wished.total_kopecks)
    return _blocked(standing, unpaid, plain, wished)


def unblock(standing: Standing, today: date) -> Step | None:
    """Money has come in: if it covers the rest of an unpaid period and the debt, the block is lifted today."""
    if standing.state is not AccountState.FINANCIAL_BLOCK:
        return None
    opening = due_now(standing, today)
    if standing.available_on(today) < opening.total_kopecks:
        return None
    entry = opening.entry()
    on = {"state": AccountState.ACTIVE, "state_reason": None}
    after = standing.with_lines(opening.paid()).after(entry).model_copy(update=on)
    key = f"{today.isoformat()}:{standing.payments_kopecks}"
    tariffs = about_tariffs(standing, _unpaid(standing, today), opening.lines, today)
    said = (*tariffs, Said("unblocked", key, {"account": standing.account}))
    return Step(today, "unblock", after, (entry,) if entry else (), said)


def candidates(standing: Standing, unpaid: tuple[Line, ...], day: date) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """What may be charged, the wished first: with every tariff planned by this day, then without the dearer ones."""
    wished = tuple(switched(standing, line, day) for line in unpaid)
    return wished, tuple(switched(standing, line, day, dearer=False) for line in unpaid)


def switched(standing: Standing, line: Line, day: date, dearer: bool = True) -> Line:
    """With its planned tariff, if that is due; without the plan, if it is dearer and may not be."""
    if line.planned is None or line.planned.on > day:
        return line
    new = line.planned.tariff
    if not dearer and new.fee_kopecks > line.tariff.fee_kopecks:
        return line.model_copy(update={"planned": None})
    changed_in = period_of(day, standing.anchor_day).start
    return line.model_copy(update={"planned": None, "tariff": new, "changed_in": changed_in})


def _opened(standing: Standing, before: tuple[Line, ...], opening: Opening, needed: Kopecks) -> Step:
    entry = opening.entry()
    after = standing.with_lines(opening.paid()).after(entry)
    said = about_tariffs(standing, before, opening.lines, opening.start)
    return Step(opening.start, "charge", after, (entry,) if entry else (), said, needed)


def _blocked(standing: Standing, unpaid: tuple[Line, ...], plain: Opening, wished: Opening) -> Step:
    """Nothing is charged. A dearer tariff that was planned is dropped; one that costs no more takes over."""
    state = {"state": AccountState.FINANCIAL_BLOCK, "state_reason": BLOCK_REASON}
    after = standing.with_lines(plain.lines).model_copy(update=state)
    tariffs = about_tariffs(standing, unpaid, plain.lines, plain.start)
    said = (*tariffs, Said("blocked", plain.start.isoformat(), {"account": standing.account}))
    return Step(plain.start, "financial_block", after, (), said, wished.total_kopecks, wished.legs())


def about_tariffs(standing: Standing, before: tuple[Line, ...], after: tuple[Line, ...], day: date) -> tuple[Said, ...]:
    """One message for what has changed and one for what was dropped: a transaction holds no message per service."""
    planned = [(old, old.planned, new) for old, new in zip(before, after, strict=True) if old.planned != new.planned]
    said = []
    for event in ("tariff_changed", "tariff_change_dropped"):
        told = [
            (old, plan.tariff)
            for old, plan, new in planned
            if plan is not None and (new.tariff == plan.tariff) is (event == "tariff_changed")
        ]
        if told:
            services, tariffs = [old.title for old, _ in told], [to.title for _, to in told]
            facts = {"account": standing.account, "service": ", ".join(services), "tariff": ", ".join(tariffs)}
            said.append(Said(event, f"{told[0][0].service}:{day.isoformat()}", facts))
    return tuple(said)
