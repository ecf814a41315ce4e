"""What may happen to one account at the same time: its days, its money, and what its subscriber asks for.

Each act does what the schedule, the payment company or the browser would make the portal do, on one of ``stages``;
what a click says was on screen when the stage was set.
"""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib import bootstrap
from chalicelib.billing import Start
from chalicelib.billing.embedded.calendar import next_step
from chalicelib.money import Kopecks
from tests.portal import Got
from tests.product import Product, books
from tests.storm import stages
from tests.storm.flows.money import notify
from tests.storm.harness.ground import ACCOUNT, SERVICE
from tests.storm.harness.schedules import fire
from tests.storm.races import Race, Stage
from tests.storm.stages import DAY, LACKING


def days(shop: Product, _: Any) -> None:
    fire("open_periods")


def one_step(shop: Product, _: Any) -> None:
    """Only the earliest thing that the days owe: each step is a transaction, and others may come after it."""
    books().change(ACCOUNT, lambda standing: next_step(standing, books().today()))


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
    "one step of the days": one_step,
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


#: On these mornings the days owe two things at once.
OF_TWO_STEPS = {
    stages.first_day_of_a_suspension,
    stages.last_day_of_a_suspension,
    stages.suspension_ends_with_an_opening,
    stages.end_of_a_promise_before_a_suspension,
    stages.suspension_over_while_a_promise_was_never_ended,
}


def _stage(prepare: Callable[[Product], Any]) -> Stage:
    first = ("one step of the days", "days") if prepare in OF_TWO_STEPS else ("days",)
    return Stage(prepare.__name__.replace("_", " "), lambda shop, race: prepare(shop), ACTS, first)


#: In every run of the tests: the days, money and a promise's two ends on the same rows.
RACES = [
    Race(_stage(stages.new_period), ("days", "top-up")),
    Race(_stage(stages.end_of_a_promise), ("promise expiry", "top-up")),
]
#: Every other pair, and who clicks twice: in the storm.
FAR_RACES = [
    Race(_stage(stage), acts)
    for stage, races in {
        stages.new_period: (
            ("days", "overlapping days"), ("days", "cheaper tariff next"), ("days", "suspension"), ("days", "promise"),
            ("top-up", "cheaper tariff next"), ("top-up", "suspension"), ("top-up", "promise"),
            ("cheaper tariff next", "suspension"), ("cheaper tariff next", "promise"), ("suspension", "promise"),
            ("promise", "the same promise"), ("days", "top-up", "promise"),
        ),
        stages.paid_month_begins: (
            ("dearer tariff now", "the same click"), ("dearer tariff now", "top-up"),
            ("dearer tariff now", "cheaper tariff next"), ("dearer tariff now", "suspension"),
            ("suspension", "the same suspension"), ("suspension", "resumption"), ("suspension", "top-up"),
        ),
        stages.first_day_of_a_suspension: (
            ("days", "overlapping days"), ("days", "top-up"), ("days", "cheaper tariff next"), ("days", "promise"),
            ("days", "resumption"), ("top-up", "resumption"),
        ),
        stages.suspension_in_a_paid_month: (
            ("days", "dearer tariff now"), ("days", "top-up"), ("days", "resumption"), ("days", "overlapping days"),
        ),
        stages.last_day_of_a_suspension: (
            ("days", "overlapping days"), ("days", "resumption"), ("days", "top-up"), ("days", "cheaper tariff next"),
            ("days", "smaller promise"), ("resumption", "top-up"), ("resumption", "cheaper tariff next"),
            ("resumption", "smaller promise"), ("top-up", "smaller promise"),
        ),
        stages.suspension_ends_with_an_opening: (
            ("days", "overlapping days"), ("days", "resumption"), ("days", "top-up"), ("days", "promise"),
        ),
        stages.end_of_a_promise: (
            ("promise expiry", "overlapping expiry"), ("promise expiry", "days"), ("promise expiry", "promise"),
            ("promise expiry", "cheaper tariff next"), ("promise expiry", "suspension"), ("days", "top-up"),
            ("promise expiry", "days", "top-up"),
        ),
        stages.end_of_a_promise_before_a_suspension: (("promise expiry", "days"), ("promise expiry", "resumption")),
        stages.suspended_while_a_promise_was_never_ended: (
            ("promise expiry", "resumption"), ("promise expiry", "top-up"),
        ),
        stages.suspension_over_while_a_promise_was_never_ended: (
            ("promise expiry", "days"), ("promise expiry", "resumption"),
        ),
    }.items()
    for acts in races
]  # fmt: skip
