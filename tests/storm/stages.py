"""Mornings on which several things meet on one account: what the races of accounts begin from.

Each function sets the stage and gives back the order of a payment that is made and not heard of.
"""

from datetime import date, timedelta

from chalicelib import bootstrap
from chalicelib.store.topups import TopUpRow
from tests.product import Product
from tests.promising import take
from tests.scene import give, owe
from tests.storm.flows.calendar import PAUSE, paid_month, planned, running
from tests.storm.flows.money import ID
from tests.storm.harness.ground import ACCOUNT, SERVICE, TOMORROW, at, calendar, ground
from tests.storm.harness.schedules import fire, let_pass

DAY = timedelta(days=1)
LACKING = 600_00


def paid_order(shop: Product) -> TopUpRow:
    """Ordered just now and paid; nobody has told us."""
    topup: TopUpRow = shop.order("sub-bob", ACCOUNT, LACKING, id=ID).topup
    shop.pay(topup, webhook="lost")
    return topup


def new_period(shop: Product) -> TopUpRow:
    """A period is to be opened, and 600 ₽ are missing for it."""
    ground(200_00)
    at(shop, TOMORROW)
    return paid_order(shop)


def first_day_of_a_suspension(shop: Product) -> TopUpRow:
    """The same, and the internet is to be suspended from today on."""
    ground(200_00)
    suspend_from(TOMORROW)
    let_pass(shop, minutes=2)
    at(shop, TOMORROW)
    return paid_order(shop)


def paid_month_begins(shop: Product) -> TopUpRow:
    """The period is open, 200 ₽ are left, and the day asks for nothing more."""
    paid_month(shop)
    return paid_order(shop)


def suspension_in_a_paid_month(shop: Product) -> TopUpRow:
    """650 ₽ are paid for 30 days, of which 29 are to come back from today on."""
    planned(shop)
    let_pass(shop, minutes=2)
    at(shop, PAUSE[0])
    return paid_order(shop)


def last_day_of_a_suspension(shop: Product) -> TopUpRow:
    """Calls have eaten what came back: the days left cannot be paid."""
    running(shop)
    at(shop, PAUSE[1] + DAY)
    owe(700_00, "all of it")
    return paid_order(shop)


def suspension_ends_with_an_opening(shop: Product) -> TopUpRow:
    """Seven free days were suspended; on the day after them the first period opens."""
    ground(200_00, date(2026, 12, 1))
    suspend_from(TOMORROW)
    let_pass(shop, minutes=2)
    at(shop, TOMORROW)
    calendar()
    let_pass(shop, minutes=2)
    at(shop, date(2026, 12, 1))
    return paid_order(shop)


def promised(shop: Product, *, suspend: bool) -> None:
    """A promise of 23 to 26 November for the opening of the 26th; the internet suspended from the 27th or not."""
    ground(200_00, TOMORROW + 2 * DAY)
    if suspend:
        suspend_from(TOMORROW + 3 * DAY)
    take(LACKING)
    let_pass(shop, minutes=2)


def end_of_a_promise(shop: Product) -> TopUpRow:
    """Since midnight it is over, and yesterday's opening has not been done yet."""
    promised(shop, suspend=False)
    at(shop, TOMORROW + 3 * DAY)
    return paid_order(shop)


def end_of_a_promise_before_a_suspension(shop: Product) -> TopUpRow:
    """The same, and a suspension is to begin on this day."""
    promised(shop, suspend=True)
    at(shop, TOMORROW + 3 * DAY)
    return paid_order(shop)


def suspended_while_a_promise_was_never_ended(shop: Product, until: date = TOMORROW + 4 * DAY) -> TopUpRow:
    """A correction has paid the debt, so the suspension has begun; the promise's own end is late."""
    promised(shop, suspend=True)
    at(shop, TOMORROW + 2 * DAY)
    calendar()
    give(700_00)
    at(shop, TOMORROW + 3 * DAY)
    calendar()
    # what was said so far is sent; the schedule of promises stands still
    fire("deliver_messages")
    at(shop, until)
    return paid_order(shop)


def suspension_over_while_a_promise_was_never_ended(shop: Product) -> TopUpRow:
    return suspended_while_a_promise_was_never_ended(shop, TOMORROW + 10 * DAY)


def suspend_from(start: date) -> None:
    bootstrap.billing().suspend(ACCOUNT, SERVICE, start, start + 6 * DAY, None)
