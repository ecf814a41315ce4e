"""What will happen to an account if nobody does anything. Pure; the screen, the due sum and autopay read it.

It runs the calendar's own steps ahead, so what is shown and what is charged cannot disagree.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.billing import AccountState, Coming, Due, ForecastItem, NextCharge, OperationKind, Tariff
from chalicelib.billing.embedded.calendar import next_step
from chalicelib.billing.embedded.entries import Leg
from chalicelib.billing.embedded.openings import due_now
from chalicelib.billing.embedded.standing import Standing
from chalicelib.billing.embedded.steps import Step
from chalicelib.money import Kopecks

FINANCIAL_BLOCK = "financial_block"
_TITLES = {
    "financial_block": "Не хватит средств на следующий период",
    "promise_end": "Закончится обещанный платёж",
    "suspension_start": "Приостановка услуги",
    "suspension_end": "Возобновление услуги",
    "suspension_dropped": "Приостановка не начнётся: не хватает средств",
}

#: An account that is paid further ahead than this is paid without an end in sight.
HORIZON = timedelta(days=3653)


@dataclass(frozen=True)
class Outlook:
    """``due`` is None when nothing will ever be charged and nothing is owed.

    ``paid_until`` is None while blocked, and when the money outlasts the horizon. ``next_charges`` by service.
    """

    due: Due | None
    paid_until: date | None
    next_charges: Mapping[str, NextCharge]


def steps(standing: Standing, today: date, until: date) -> Iterator[Step]:
    """The steps of the days to come, those that are late first. Each stands on the one before."""
    last = min(until, today + HORIZON)
    while (step := next_step(standing, last, promises=True)) is not None:
        yield step
        standing = step.standing


def forecast(standing: Standing, today: date, until: date, coming: Coming | None = None) -> tuple[ForecastItem, ...]:
    """Events from today to the end of ``until`` in order: one per leg that moves money, and one per change of
    state. A blocked account is opened by money that comes in, so nothing is charged after a block; ``coming`` is
    money that comes into an account that is not."""
    items: list[ForecastItem] = []
    if coming is None or coming.on > until:
        return tuple(_ahead(items, standing, today, until)[0])
    items, before = _ahead(items, standing, today, coming.on)
    balance = Kopecks(before.balance_kopecks + coming.amount_kopecks)
    items.append(_item(coming.on, "autopay", coming.amount_kopecks, balance, "Автоплатёж"))
    return tuple(_ahead(items, before.model_copy(update={"balance_kopecks": balance}), today, until)[0])


def _ahead(
    items: list[ForecastItem], standing: Standing, today: date, until: date
) -> tuple[list[ForecastItem], Standing]:
    for step in steps(standing, today, until):
        items += _items(standing, step, max(step.on, today))
        standing = step.standing
    return items, standing


def outlook(standing: Standing, today: date) -> Outlook:
    """What the main screen says about the money of an account."""
    if standing.state is AccountState.FINANCIAL_BLOCK:
        return Outlook(_missing(due_now(standing, today).total_kopecks, standing, today), None, {})
    due: Due | None = None
    paid_until: date | None = None
    next_charges: dict[str, NextCharge] = {}
    before = standing
    for step in steps(standing, today, today + HORIZON):
        on = max(step.on, today)
        if due is None and step.needed_kopecks is not None:
            due = _missing(step.needed_kopecks, before, on)
        for leg in _charges(step):
            charge = NextCharge(on=on, amount_kopecks=Kopecks(-leg.amount_kopecks))
            next_charges.setdefault(leg.service or "", charge)
        before = step.standing
        if before.state is AccountState.FINANCIAL_BLOCK:
            paid_until = step.on - timedelta(days=1)
            break
    if due is None and standing.balance_kopecks < 0:
        due = _missing(Kopecks(0), standing, today)
    return Outlook(due, paid_until, next_charges)


def missing_for(standing: Standing, on: date, today: date) -> Due | None:
    """What the balance lacks for everything that is planned to begin on a day; None if nothing."""
    before = standing
    for step in steps(standing, today, on):
        if step.on == on and step.needed_kopecks is not None:
            due = _missing(step.needed_kopecks, before, on)
            return due if due.amount_kopecks else None
        before = step.standing
    return None


def _missing(needed: Kopecks, standing: Standing, by: date) -> Due:
    return Due(amount_kopecks=Kopecks(max(0, needed - standing.balance_kopecks)), by=by)


def _charges(step: Step) -> list[Leg]:
    """What it charges, or would if the money were there."""
    legs = [leg for entry in step.entries for leg in entry.legs if leg.kind is OperationKind.CHARGE]
    return legs + list(step.refused)


def _items(before: Standing, step: Step, on: date) -> list[ForecastItem]:
    items = []
    balance = before.balance_kopecks
    if step.kind in _TITLES and step.kind != FINANCIAL_BLOCK:
        items.append(_item(on, step.kind, Kopecks(0), balance, _TITLES[step.kind]))
    for old, new in zip(before.lines, step.standing.lines, strict=True):
        if old.planned is not None and new.planned is None:
            kind, title = _about(old.planned.tariff, new.tariff)
            items.append(_item(on, kind, Kopecks(0), balance, f"{old.title}: {title} «{old.planned.tariff.title}»"))
    for leg in (leg for entry in step.entries for leg in entry.legs):
        balance = Kopecks(balance + leg.amount_kopecks)
        items.append(_item(on, leg.kind.value, leg.amount_kopecks, balance, leg.title))
    if before.state is AccountState.ACTIVE and step.standing.state is AccountState.FINANCIAL_BLOCK:
        items.append(_item(on, FINANCIAL_BLOCK, Kopecks(0), balance, _TITLES[FINANCIAL_BLOCK]))
    return items


def _about(planned: Tariff, now: Tariff) -> tuple[str, str]:
    """A planned tariff that has come, or has not for want of money."""
    if planned == now:
        return "tariff_change", "новый тариф"
    return "tariff_change_dropped", "не хватит средств на тариф"


def _item(on: date, kind: str, amount: Kopecks, balance: Kopecks, title: str) -> ForecastItem:
    return ForecastItem(on=on, kind=kind, amount_kopecks=amount, balance_after_kopecks=balance, title=title)
