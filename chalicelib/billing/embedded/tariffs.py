"""Changing a tariff: what may be chosen, what it costs, and the decision. Pure.

From the next period a change is free and its money is looked at by the opening. At once is for an upgrade only:
the days left are charged at the new fee, less what they have cost at the old one; today is the first new day.
"""

from dataclasses import dataclass
from datetime import date

from chalicelib.billing import (
    FIXES,
    AccountState,
    ChangeOutcome,
    OperationKind,
    ServiceKind,
    ServicePeriod,
    Start,
    TariffChanged,
    TariffOffer,
    TariffStart,
)
from chalicelib.billing.embedded.catalogue import Catalogue, CatalogueTariff
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.periods import period_of
from chalicelib.billing.embedded.standing import Line, Planned, Standing
from chalicelib.billing.embedded.steps import Said, Step
from chalicelib.errors import Rejected
from chalicelib.money import Kopecks, by_days, shown

_MONTHS = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
]


@dataclass(frozen=True)
class Wish:
    """What the subscriber asks for, with the numbers that were on screen; ``stamp`` makes its message the only one."""

    tariff: str
    when: Start
    expected_kopecks: Kopecks
    expected_fee_kopecks: Kopecks | None
    stamp: str


@dataclass(frozen=True)
class Decision:
    """``step`` is None where the wish was fulfilled before."""

    step: Step | None
    told: TariffChanged


def offers(standing: Standing, line: Line, today: date, catalogue: Catalogue) -> tuple[TariffOffer, ...]:
    """The tariff in use first, then what it may be changed to in the catalogue's order."""
    if line.kind is not ServiceKind.INTERNET:
        return ()
    refusal = _refusal(standing, line)
    own = TariffOffer(**line.tariff.model_dump(), current=True, allowed=False, code="same_tariff")
    return (
        own,
        *(
            TariffOffer(
                **tariff.terms.model_dump(),
                current=False,
                allowed=refusal is None,
                code=refusal,
                fix=FIXES.get(refusal or ""),
                starts=() if refusal else _starts(standing, line, tariff, today),
            )
            for tariff in catalogue.reachable(line.tariff, line.kind)
        ),
    )


def change(standing: Standing, line: Line, wish: Wish, today: date, catalogue: Catalogue) -> Decision:
    """:raises Rejected: a rule says no, or ``numbers_changed``; the same wish again is neither."""
    done = _fulfilled(line, wish, today)
    if done is not None:
        return Decision(None, done)
    offer = next((offer for offer in offers(standing, line, today, catalogue) if offer.id == wish.tariff), None)
    if offer is None:
        raise Rejected("not_offered")
    if not offer.allowed:
        raise _rejected(offer.code or "not_offered")
    start = next((start for start in offer.starts if start.when is wish.when), None)
    if start is None:
        poor = standing.state is AccountState.FINANCIAL_BLOCK
        raise _rejected("not_enough_money" if poor else "not_offered")
    if start.code is not None:
        raise _rejected(start.code)
    now = {"charge_kopecks": start.charge_kopecks, "fee_kopecks": offer.fee_kopecks}
    if (start.charge_kopecks, offer.fee_kopecks) != (
        wish.expected_kopecks,
        offer.fee_kopecks if wish.expected_fee_kopecks is None else wish.expected_fee_kopecks,
    ):
        raise Rejected("numbers_changed", fix=FIXES["numbers_changed"], numbers=now)
    tariff = catalogue.tariff(wish.tariff)
    assert tariff is not None, "what is offered stands in the catalogue"
    if wish.when is Start.NOW:
        return _at_once(standing, line, tariff, start, today)
    return _planned(standing, line, tariff, start, today, wish.stamp)


def cancel(standing: Standing, line: Line, today: date) -> Step | None:
    """None if nothing is planned: it was cancelled before, or the period has begun with it."""
    if line.planned is None:
        return None
    return Step(today, "tariff_cancel", standing.with_line(line.model_copy(update={"planned": None})))


def _refusal(standing: Standing, line: Line) -> str | None:
    """Why no tariff can be chosen at all; what the subscriber must do first comes first."""
    if standing.state is AccountState.ADMIN_BLOCK:
        return "not_offered"
    if line.paused:
        return "suspended"
    if standing.promise is not None:
        return "promise_active"
    if standing.balance_kopecks < 0:
        return "debt"
    return "planned_exists" if line.planned is not None else None


def _starts(standing: Standing, line: Line, tariff: CatalogueTariff, today: date) -> tuple[TariffStart, ...]:
    ways = []
    paid_ahead = standing.state is AccountState.ACTIVE and line.unpaid_from > today
    if tariff.fee_kopecks > line.tariff.fee_kopecks and paid_ahead:
        ways.append(_now(standing, line, tariff, today))
    period = period_of(today, standing.anchor_day)
    on = max(period.next_start, line.unpaid_from)
    days = (period_of(on, standing.anchor_day).next_start - on).days
    words = f"Сегодня ничего не спишем. С {_day(on)} — {shown(tariff.fee_kopecks)} в месяц"
    ways.append(
        TariffStart(
            when=Start.NEXT_PERIOD,
            on=on,
            charge_kopecks=Kopecks(0),
            refund_kopecks=Kopecks(0),
            days_left=days,
            days_total=days,
            explanation=f"{words} вместо {shown(line.tariff.fee_kopecks)}.",
        )
    )
    return tuple(ways)


def _now(standing: Standing, line: Line, tariff: CatalogueTariff, today: date) -> TariffStart:
    period = period_of(today, standing.anchor_day)
    left, total = _days(line, standing, today)
    new, old = by_days(tariff.fee_kopecks, left, total), by_days(line.tariff.fee_kopecks, left, total)
    charge = Kopecks(new - old + tariff.switch_fee_kopecks)
    code = None
    if line.changed_in is not None and line.changed_in >= period.start:
        code = "already_changed"
    elif standing.balance_kopecks < charge:
        code = "not_enough_money"
    share = f"{left} из {total} дней"
    words = (
        f"Сегодня спишем {shown(charge)}: {shown(new)} за {share} по новому тарифу"
        f" ({shown(tariff.fee_kopecks)} в месяц) минус {shown(old)} неиспользованных по старому"
        f" ({shown(line.tariff.fee_kopecks)} в месяц)"
    )
    fee = f" плюс {shown(tariff.switch_fee_kopecks)} за смену тарифа" if tariff.switch_fee_kopecks else ""
    return TariffStart(
        when=Start.NOW,
        on=today,
        allowed=code is None,
        code=code,
        charge_kopecks=charge,
        refund_kopecks=old,
        days_left=left,
        days_total=total,
        explanation=f"{words}{fee}. С {_day(line.unpaid_from)} — {shown(tariff.fee_kopecks)} в месяц.",
    )


def _days(line: Line, standing: Standing, today: date) -> tuple[int, int]:
    """The days that are paid from today on, of how many in the period."""
    period = period_of(today, standing.anchor_day)
    end = min(line.unpaid_from, period.next_start)
    return (end - today).days, (period.next_start - period.start).days


def _fulfilled(line: Line, wish: Wish, today: date) -> TariffChanged | None:
    """The answer to a wish that came true before: a second click, or a repeat after a lost answer."""
    planned = line.planned
    if wish.when is Start.NEXT_PERIOD and planned is not None and planned.tariff.id == wish.tariff:
        return TariffChanged(result=ChangeOutcome.SCHEDULED, on=planned.on)
    if wish.when is Start.NOW and line.changed_on == today and line.tariff.id == wish.tariff:
        return TariffChanged(result=ChangeOutcome.APPLIED, on=today)
    return None


def _at_once(standing: Standing, line: Line, tariff: CatalogueTariff, start: TariffStart, today: date) -> Decision:
    left, total = start.days_left, start.days_total
    span = ServicePeriod(start=today, end=period_of(today, standing.anchor_day).end)
    change = (
        Kopecks(start.charge_kopecks - tariff.switch_fee_kopecks),
        f"{line.title}: смена тарифа на «{tariff.title}»",
        "tariff_change",
        f"{tariff.fee_kopecks} * {left} / {total} - {line.tariff.fee_kopecks} * {left} / {total}",
    )
    fee = (
        tariff.switch_fee_kopecks,
        f"{line.title}: плата за смену тарифа",
        "tariff_switch_fee",
        f"{tariff.switch_fee_kopecks} * 1",
    )
    legs = tuple(
        Leg(OperationKind.CHARGE, Kopecks(-amount), title, f"revenue:{line.kind}", line.service, span, rule, formula)
        for amount, title, rule, formula in (change, fee)
        if amount
    )
    entry = NewEntry(standing.account, f"tariff:{standing.account}:{line.service}:{today}", legs) if legs else None
    period = period_of(today, standing.anchor_day)
    fresh = {"tariff": tariff.terms, "changed_in": period.start, "changed_on": today}
    after = standing.with_line(line.model_copy(update=fresh)).after(entry)
    facts = {"account": standing.account, "service": line.title, "tariff": tariff.title}
    said = Said("tariff_changed", f"{line.service}:{today}", facts)
    step = Step(today, "tariff_change", after, (entry,) if entry else (), (said,))
    return Decision(step, TariffChanged(result=ChangeOutcome.APPLIED, on=today))


def _planned(
    standing: Standing, line: Line, tariff: CatalogueTariff, start: TariffStart, today: date, stamp: str
) -> Decision:
    planned = line.model_copy(update={"planned": Planned(tariff=tariff.terms, on=start.on)})
    facts = {"account": standing.account, "service": line.title, "tariff": tariff.title, "on": start.on.isoformat()}
    said = Said("tariff_change_planned", f"{line.service}:{stamp}", facts)
    step = Step(today, "tariff_plan", standing.with_line(planned), said=(said,))
    return Decision(step, TariffChanged(result=ChangeOutcome.SCHEDULED, on=start.on))


def _rejected(code: str) -> Rejected:
    return Rejected(code, fix=FIXES.get(code))


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}"
