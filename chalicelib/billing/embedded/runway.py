"""What an account lacks for uninterrupted service to the end of its next period: the autopay sum. Pure.

It is the forecast itself, run as if money were no object; so every planned tariff, suspension and correction is in it,
and what the screen shows and what is charged cannot disagree.
"""

from datetime import date

from chalicelib.billing import Runway, RunwayItem
from chalicelib.billing.embedded.forecast import forecast
from chalicelib.billing.embedded.openings import unblock
from chalicelib.billing.embedded.periods import period_of
from chalicelib.billing.embedded.standing import Standing
from chalicelib.money import Kopecks

#: More than any account will ever need within two periods.
ENOUGH = Kopecks(10**14)


def runway(standing: Standing, today: date) -> Runway:
    """The next period, what is missing for it, and of what that sum is made.

    A promised payment is left out: it is a limit, and the debt that it leaves is in the balance already. A blocked
    account counts from today, because the money that comes opens it.
    """
    period = period_of(period_of(today, standing.anchor_day).next_start, standing.anchor_day)
    rich = standing.without_promise(today) if standing.promise is not None else standing
    rich = rich.model_copy(update={"balance_kopecks": Kopecks(rich.balance_kopecks + ENOUGH)})
    opened = unblock(rich, today)
    moved = [(leg.title, leg.amount_kopecks) for entry in (opened.entries if opened else ()) for leg in entry.legs]
    items = forecast(opened.standing if opened else rich, today, period.end)
    moved += [(item.title, item.amount_kopecks) for item in items if item.amount_kopecks]
    lowest = balance = standing.balance_kopecks
    for _, amount in moved:
        balance = Kopecks(balance + amount)
        lowest = min(lowest, balance)
    return Runway(
        period_start=period.start,
        period_end=period.end,
        missing_kopecks=Kopecks(max(0, -lowest)),
        balance_kopecks=standing.balance_kopecks,
        items=tuple(RunwayItem(title=title, amount_kopecks=amount) for title, amount in moved),
    )
