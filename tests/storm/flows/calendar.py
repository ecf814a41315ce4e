"""What the days bring by themselves: a period opens or blocks, a suspension starts and ends, a tariff takes over."""

from collections.abc import Iterable
from datetime import date, timedelta

from chalicelib import bootstrap
from chalicelib.billing import Start
from chalicelib.money import Kopecks
from tests.product import Product
from tests.scene import entry_legs, told, view
from tests.storm.harness.flow import Flow
from tests.storm.harness.ground import ACCOUNT, SERVICE, TOMORROW, at, calendar, cash, ground
from tests.storm.harness.schedules import fire, let_pass

#: 25 November to 1 December, the shortest suspension; 650 ₽ × 29 / 30 come back, 650 ₽ × 22 / 30 are charged again.
PAUSE = (TOMORROW + timedelta(days=1), TOMORROW + timedelta(days=7))
RETURN, RESUMPTION = 628_33, 476_67
#: 24 November to 23 December.
PERIOD = (TOMORROW, date(2026, 12, 23))


def legs(*rules: str) -> list[tuple[str | None, int, date | None, date | None]]:
    """Service, sum and days of every leg of these rules, oldest first."""
    found = [leg for leg in entry_legs() if leg.rule in rules]
    return [(leg.service, int(leg.amount_kopecks), leg.period_start, leg.period_end) for leg in found]


def run_days(shop: Product, _: None) -> None:
    """The schedule; a worker that died has left its row leased for a minute, so it comes a minute later."""
    shop.clock.advance(61)
    fire("open_periods")


def covered(shop: Product) -> None:
    """Twenty-six hours late, and dated by its own day."""
    ground(1000_00)
    at(shop, TOMORROW + timedelta(days=1), 2)


def opened(shop: Product, _: None) -> None:
    assert legs("opening") == [("internet", -650_00, *PERIOD), ("phone", -150_00, *PERIOD)]
    assert (view().state, view().balance_kopecks) == ("active", 200_00)


Flow("opening", covered, run_days, run_days, opened, sparing=True)


def uncovered(shop: Product) -> None:
    ground(799_99)
    at(shop, TOMORROW)


def blocked(shop: Product, _: None) -> None:
    """Nothing is charged; the first money that covers the rest of the period opens it."""
    assert (legs("opening"), view().balance_kopecks) == ([], 799_99)
    assert (view().state, view().state_reason) == ("financial_block", "not_enough_money")
    assert len(told(shop, "blocked")) == 1
    cash(1, "the kopeck that was missing")
    assert (view().state, view().balance_kopecks) == ("active", 0)
    let_pass(shop, minutes=2)
    assert len(told(shop, "unblocked")) == 1


Flow("opening_that_blocks", uncovered, run_days, run_days, blocked, sparing=True)


def dearer_planned(shop: Product) -> None:
    """800 ₽ are there for the tariff in use, and not the 940 ₽ that the planned one makes it."""
    ground(800_00)
    bootstrap.billing().change_tariff(ACCOUNT, SERVICE, "t300", Start.NEXT_PERIOD, Kopecks(0))
    at(shop, TOMORROW)


def old_tariff_goes_on(shop: Product, _: None) -> None:
    opening = [("internet", -650_00, *PERIOD), ("phone", -150_00, *PERIOD)]
    assert (legs("opening"), view().balance_kopecks) == (opening, 0)
    assert (view().services[0].tariff.id, view().services[0].planned_change) == ("t100", None)
    assert len(told(shop, "tariff_change_dropped")) == 1


Flow("opening_that_drops_a_dearer_tariff", dearer_planned, run_days, run_days, old_tariff_goes_on, sparing=True)


def paid_month(shop: Product, days: Iterable[date] = (TOMORROW,), kopecks: int = 1000_00) -> None:
    """The period is open and 200 ₽ are left; then the calendar has run on each of these mornings."""
    ground(kopecks)
    for day in days:
        at(shop, day)
        calendar()


def planned(shop: Product) -> None:
    paid_month(shop)
    bootstrap.billing().suspend(ACCOUNT, SERVICE, *PAUSE, None)


def starts_today(shop: Product) -> None:
    planned(shop)
    let_pass(shop, minutes=2)
    at(shop, PAUSE[0])


def suspended(shop: Product, _: None) -> None:
    """Seven days cost nothing: what was paid for them came back once."""
    assert legs("suspension_return") == [("internet", RETURN, PAUSE[0], PERIOD[1])]
    assert (view().state, view().balance_kopecks) == ("suspended", 200_00 + RETURN)
    assert len(told(shop, "suspension_started")) == 1


Flow("suspension_starts", starts_today, run_days, run_days, suspended, sparing=True)


def running(shop: Product) -> None:
    """Suspended since the 25th; what was said about it was sent."""
    starts_today(shop)
    calendar()
    let_pass(shop, minutes=2)


def ends_today(shop: Product) -> None:
    """Nobody has looked since: the reminder is due as well, each in a transaction of its own."""
    running(shop)
    at(shop, PAUSE[1] + timedelta(days=1))


def resumed(shop: Product, _: None) -> None:
    on = PAUSE[1] + timedelta(days=1)
    assert legs("resumption_by_days") == [("internet", -RESUMPTION, on, PERIOD[1])]
    assert (view().state, view().balance_kopecks) == ("active", 200_00 + RETURN - RESUMPTION)
    assert [len(told(shop, f"suspension_{event}")) for event in ("started", "ends_soon", "ended")] == [1, 1, 1]


Flow("suspension_ends", ends_today, run_days, run_days, resumed, sparing=True)
