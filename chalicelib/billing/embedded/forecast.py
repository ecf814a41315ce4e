"""What will happen to an account if nobody does anything. Pure; the screen, the due sum and autopay read it.

Today it knows openings and the block that follows one that is not covered. Everything that later
moves money at a known date (an ending promise, a suspension, a planned tariff) becomes one more event
here and nowhere else, so that what is shown and what is charged cannot disagree.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.billing import AccountState, Due, ForecastItem, NextCharge
from chalicelib.billing.embedded.openings import Opening, Standing, first_day, plan
from chalicelib.money import Kopecks

CHARGE = "charge"
FINANCIAL_BLOCK = "financial_block"
_BLOCK_TITLE = "Не хватит средств на следующий период"

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


def forecast(standing: Standing, today: date, until: date) -> tuple[ForecastItem, ...]:
    """Events from today to the end of ``until`` in order; charges are negative, a block moves no money.

    A blocked account is asked only whether today's opening is covered: it is opened by money that comes in,
    not by the sum that shrinks as the days pass.
    """
    items: list[ForecastItem] = []
    balance = standing.balance_kopecks
    for opening in _openings(standing, today, min(until, today + HORIZON)):
        on = max(opening.start, today)
        if balance + standing.promise_kopecks < opening.total_kopecks:
            if standing.state is not AccountState.FINANCIAL_BLOCK or items:
                items.append(_item(on, FINANCIAL_BLOCK, Kopecks(0), balance, _BLOCK_TITLE))
            break
        for fee in opening.fees:
            balance = Kopecks(balance - fee.amount_kopecks)
            items.append(_item(on, CHARGE, Kopecks(-fee.amount_kopecks), balance, fee.service.title))
    return tuple(items)


def outlook(standing: Standing, today: date) -> Outlook:
    """What the main screen says about the money of an account."""
    opening = next(_openings(standing, today, today + HORIZON), None)
    blocked = standing.state is AccountState.FINANCIAL_BLOCK
    accrues = opening is not None and not blocked
    return Outlook(
        due=_due(standing, opening, today),
        paid_until=_paid_until(standing, today) if accrues else None,
        next_charges=_next_charges(opening, today) if opening is not None and accrues else {},
    )


def _openings(standing: Standing, today: date, until: date) -> Iterator[Opening]:
    """The openings to come, covered or not: the first for what is left of an unpaid period, then whole ones."""
    day = first_day(standing, today)
    while day <= until:
        opening = plan(standing, day)
        if opening is None or not opening.fees:
            return
        yield opening
        day = opening.period.next_start


def _due(standing: Standing, opening: Opening | None, today: date) -> Due | None:
    """Blocked: what unblocks today, the rest of an unpaid period and the debt. Else: what the next opening lacks."""
    if standing.state is AccountState.FINANCIAL_BLOCK:
        now = plan(standing, today)
        return _missing(standing, now.total_kopecks if now else Kopecks(0), today)
    if opening is not None:
        return _missing(standing, opening.total_kopecks, max(opening.start, today))
    return _missing(standing, Kopecks(0), today) if standing.balance_kopecks < 0 else None


def _missing(standing: Standing, needed: Kopecks, by: date) -> Due:
    return Due(amount_kopecks=Kopecks(max(0, needed - standing.balance_kopecks)), by=by)


def _paid_until(standing: Standing, today: date) -> date | None:
    """The last day before the first opening that is not covered."""
    blocks = [item.on for item in forecast(standing, today, today + HORIZON) if item.kind == FINANCIAL_BLOCK]
    return blocks[0] - timedelta(days=1) if blocks else None


def _next_charges(opening: Opening, today: date) -> dict[str, NextCharge]:
    on = max(opening.start, today)
    return {fee.service.service: NextCharge(on=on, amount_kopecks=fee.amount_kopecks) for fee in opening.fees}


def _item(on: date, kind: str, amount: Kopecks, balance: Kopecks, title: str) -> ForecastItem:
    return ForecastItem(on=on, kind=kind, amount_kopecks=amount, balance_after_kopecks=balance, title=title)
