"""What may happen to one account at the same time: its days, its money, and what its subscriber asks for.

A stage is a morning on which several of these meet. Each act does what the schedule, the payment company or the
browser would make the portal do; what a click says was on screen when the stage was set.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from chalicelib import bootstrap
from chalicelib.billing import Start
from chalicelib.money import Kopecks
from tests.portal import Got
from tests.product import Product
from tests.promising import take
from tests.scene import give, owe
from tests.storm.flows.calendar import PAUSE, paid_month, planned, running
from tests.storm.flows.money import ID, notify
from tests.storm.harness.ground import ACCOUNT, SERVICE, TOMORROW, at, calendar, ground
from tests.storm.harness.schedules import fire, let_pass
from tests.storm.races import Race, Stage

DAY = timedelta(days=1)
LACKING = 600_00


def paid_order(shop: Product) -> Any:
    """Ordered just now and paid; nobody has told us."""
    topup = shop.order("sub-bob", ACCOUNT, LACKING, id=ID).topup
    shop.pay(topup, webhook="lost")
    return topup


def new_period(shop: Product) -> Any:
    """A period is to be opened, and 600 ₽ are missing for it."""
    ground(200_00)
    at(shop, TOMORROW)
    return paid_order(shop)


def first_day_of_a_suspension(shop: Product) -> Any:
    """The same, and the internet is to be suspended from today on."""
    ground(200_00)
    suspend_from(TOMORROW)
    let_pass(shop, minutes=2)
    at(shop, TOMORROW)
    return paid_order(shop)


def paid_month_begins(shop: Product) -> Any:
    """The period is open, 200 ₽ are left, and the day asks for nothing more."""
    paid_month(shop)
    return paid_order(shop)


def suspension_in_a_paid_month(shop: Product) -> Any:
    """650 ₽ are paid for 30 days, of which 29 are to come back from today on."""
    planned(shop)
    let_pass(shop, minutes=2)
    at(shop, PAUSE[0])
    return paid_order(shop)


def last_day_of_a_suspension(shop: Product) -> Any:
    """Calls have eaten what came back: the days left cannot be paid."""
    running(shop)
    at(shop, PAUSE[1] + DAY)
    owe(700_00, "all of it")
    return paid_order(shop)


def suspension_ends_with_an_opening(shop: Product) -> Any:
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


def end_of_a_promise(shop: Product) -> Any:
    """Since midnight it is over, and yesterday's opening has not been done yet."""
    promised(shop, suspend=False)
    at(shop, TOMORROW + 3 * DAY)
    return paid_order(shop)


def end_of_a_promise_before_a_suspension(shop: Product) -> Any:
    """The same, and a suspension is to begin on this day."""
    promised(shop, suspend=True)
    at(shop, TOMORROW + 3 * DAY)
    return paid_order(shop)


def suspended_while_a_promise_was_never_ended(shop: Product, until: date = TOMORROW + 4 * DAY) -> Any:
    """A correction has paid the debt, so the suspension has begun; the promise's own end is late."""
    promised(shop, suspend=True)
    at(shop, TOMORROW + 2 * DAY)
    calendar()
    give(700_00)
    at(shop, TOMORROW + 3 * DAY)
    calendar()
    let_pass_without_promises(shop)
    at(shop, until)
    return paid_order(shop)


def suspension_over_while_a_promise_was_never_ended(shop: Product) -> Any:
    return suspended_while_a_promise_was_never_ended(shop, TOMORROW + 10 * DAY)


def let_pass_without_promises(shop: Product) -> None:
    """What was said so far is sent; the schedule of promises stands still."""
    fire("deliver_messages")


def suspend_from(start: date) -> None:
    bootstrap.billing().suspend(ACCOUNT, SERVICE, start, start + 6 * DAY, None)


def days(shop: Product, _: Any) -> None:
    fire("open_periods")


def expiry(shop: Product, _: Any) -> None:
    fire("promised_payment_expiry")


def top_up(shop: Product, topup: Any) -> Got:
    return notify(shop, topup)


def dearer_now(shop: Product, _: Any) -> Any:
    """790 ₽ instead of 650 ₽ for the whole period, as it was shown on its first day."""
    return change("t300", Start.NOW, 140_00)


def cheaper_next(shop: Product, _: Any) -> Any:
    return change("t50", Start.NEXT_PERIOD, 0)


def change(tariff: str, when: Start, expected: int) -> Any:
    return bootstrap.internet().change_tariff("sub-bob", ACCOUNT, SERVICE, tariff, when, Kopecks(expected), None)


def suspend(shop: Product, _: Any) -> None:
    """Next week, whatever that brings. The offer that is answered is a new look, at whatever stands by then."""
    start = bootstrap.now().date() + 7 * DAY
    bootstrap.internet().suspend("sub-bob", ACCOUNT, SERVICE, start, start + 6 * DAY, None)


def resume(shop: Product, _: Any) -> None:
    bootstrap.internet().resume("sub-bob", ACCOUNT, SERVICE)


def promise(shop: Product, _: Any) -> Any:
    return bootstrap.promised_payments().take("sub-bob", ACCOUNT, Kopecks(LACKING), "ru")


def smaller_promise(shop: Product, _: Any) -> Any:
    """What the days after a suspension lack."""
    return bootstrap.promised_payments().take("sub-bob", ACCOUNT, Kopecks(349_00), "ru")


ACTS: Mapping[str, Callable[[Product, Any], Any]] = {
    "days": days,
    "overlapping days": days,
    "top-up": top_up,
    "dearer tariff now": dearer_now,
    "the same click": dearer_now,
    "cheaper tariff next": cheaper_next,
    "suspension": suspend,
    "the same suspension": suspend,
    "resumption": resume,
    "promise": promise,
    "the same promise": promise,
    "smaller promise": smaller_promise,
    "promise expiry": expiry,
    "overlapping expiry": expiry,
}


def _stage(prepare: Callable[[Product], Any]) -> Stage:
    return Stage(prepare.__name__.replace("_", " "), lambda shop, race: prepare(shop), ACTS, ("days",))


#: In every run of the tests: the days, money and a promise's two ends on the same rows.
RACES = [
    Race(_stage(new_period), ("days", "top-up")),
    Race(_stage(end_of_a_promise), ("promise expiry", "top-up")),
]
#: Every other pair, and who clicks twice: in the storm.
FAR_RACES = [
    Race(_stage(stage), acts)
    for stage, races in {
        new_period: (
            ("days", "overlapping days"), ("days", "cheaper tariff next"), ("days", "suspension"), ("days", "promise"),
            ("top-up", "cheaper tariff next"), ("top-up", "suspension"), ("top-up", "promise"),
            ("cheaper tariff next", "suspension"), ("cheaper tariff next", "promise"), ("suspension", "promise"),
            ("promise", "the same promise"), ("days", "top-up", "promise"),
        ),
        paid_month_begins: (
            ("dearer tariff now", "the same click"), ("dearer tariff now", "top-up"),
            ("dearer tariff now", "cheaper tariff next"), ("dearer tariff now", "suspension"),
            ("suspension", "the same suspension"), ("suspension", "resumption"), ("suspension", "top-up"),
        ),
        first_day_of_a_suspension: (
            ("days", "overlapping days"), ("days", "top-up"), ("days", "cheaper tariff next"), ("days", "promise"),
            ("days", "resumption"), ("top-up", "resumption"),
        ),
        suspension_in_a_paid_month: (
            ("days", "dearer tariff now"), ("days", "top-up"), ("days", "resumption"), ("days", "overlapping days"),
        ),
        last_day_of_a_suspension: (
            ("days", "overlapping days"), ("days", "resumption"), ("days", "top-up"), ("days", "cheaper tariff next"),
            ("days", "smaller promise"), ("resumption", "top-up"), ("resumption", "cheaper tariff next"),
            ("resumption", "smaller promise"), ("top-up", "smaller promise"),
        ),
        suspension_ends_with_an_opening: (
            ("days", "overlapping days"), ("days", "resumption"), ("days", "top-up"), ("days", "promise"),
        ),
        end_of_a_promise: (
            ("promise expiry", "overlapping expiry"), ("promise expiry", "days"), ("promise expiry", "promise"),
            ("promise expiry", "cheaper tariff next"), ("promise expiry", "suspension"), ("days", "top-up"),
            ("promise expiry", "days", "top-up"),
        ),
        end_of_a_promise_before_a_suspension: (("promise expiry", "days"), ("promise expiry", "resumption")),
        suspended_while_a_promise_was_never_ended: (("promise expiry", "resumption"), ("promise expiry", "top-up")),
        suspension_over_while_a_promise_was_never_ended: (("promise expiry", "days"), ("promise expiry", "resumption")),
    }.items()
    for acts in races
]  # fmt: skip
