"""Voluntary suspension: what may be ordered, what comes back, what it costs, and how it ends early."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.billing import SuspensionOffer
from chalicelib.billing.embedded.verify import verify
from chalicelib.errors import InvalidRequest, NotFound, Rejected
from chalicelib.money import Kopecks
from local.store.engine import Engine
from tests.product import Product, product, subscriber
from tests.scene import ACCOUNT, NEXT_PERIOD, TODAY, entry_legs, owe, settle, told, view

TOMORROW = date(2026, 11, 24)
#: 650 ₽ × 18 / 30, the paid days from tomorrow on
REFUND = 390_00


def days(first: date, count: int) -> tuple[date, date]:
    return first, first + timedelta(days=count - 1)


def suspend(run: tuple[date, date], expected: int | None = None) -> None:
    known = Kopecks(expected) if expected is not None else None
    bootstrap.billing().suspend(ACCOUNT, "internet", *run, known)


def offer(*run: date) -> SuspensionOffer:
    return bootstrap.billing().suspension_offer(ACCOUNT, "internet", *run)


def resume() -> None:
    bootstrap.billing().resume(ACCOUNT, "internet")


def refused(run: tuple[date, date], expected: int | None = None) -> Rejected:
    before = view()
    with pytest.raises(Rejected) as no:
        suspend(run, expected)
    assert view() == before
    return no.value


@pytest.fixture
def with_rules(store: Engine, request: pytest.FixtureRequest) -> Any:
    """The product with other numbers than the defaults."""
    with product(**request.param) as made:
        subscriber("sub-bob", "bob", "+79001112233")
        yield made


def test_it_starts_tomorrow_and_the_unused_days_come_back(shop: Product) -> None:
    settle(shop)
    assert (offer().allowed, offer().earliest, offer().refund_kopecks) == (True, TOMORROW, REFUND)
    suspend(days(TOMORROW, 10), REFUND)
    shop.advance(hours=12)
    assert (view().state, view().balance_kopecks) == ("suspended", 200_00 + REFUND)
    assert not verify().differences


def test_it_ends_by_itself_and_the_days_left_are_charged(shop: Product) -> None:
    settle(shop)
    suspend(days(TOMORROW, 10))
    shop.advance(days=11)
    # on again on 4 December, with 8 of 30 days left
    assert (view().state, view().balance_kopecks) == ("active", 200_00 + REFUND - 173_33)
    assert len(told(shop, "suspension_ended")) == 1


def test_no_day_of_it_is_charged_over_an_opening(shop: Product) -> None:
    settle(shop, balance=1000_00)
    suspend(days(TOMORROW, 30))
    shop.advance(days=40)
    spans = [
        (leg.period_start, leg.period_end)
        for leg in entry_legs()
        if leg.service == "internet" and leg.rule != "suspension_return"
    ]
    assert spans == [(date(2026, 11, 12), date(2026, 12, 11)), (date(2026, 12, 24), date(2027, 1, 11))]
    assert not verify().differences


def test_what_keeps_being_charged_is_listed(shop: Product) -> None:
    settle(shop)
    assert offer().keeps_charging == ("Телефон",)


def test_the_day_on_which_the_money_is_looked_at_is_told(shop: Product) -> None:
    settle(shop)
    assert offer().money_checked_on == TOMORROW
    assert offer(*days(date(2026, 12, 1), 7)).money_checked_on == date(2026, 12, 1)


def test_messages_tell_of_the_order_the_start_the_end_near_and_the_end(shop: Product) -> None:
    settle(shop)
    suspend(days(TOMORROW, 10))
    shop.advance(days=12)
    events = ("planned", "started", "ends_soon", "ended")
    assert [len(told(shop, f"suspension_{event}")) for event in events] == [1, 1, 1, 1]
    assert "24.11.2026" in told(shop, "suspension_planned")[0]


# codes


def test_a_second_one_is_refused_while_one_is_planned_or_runs(shop: Product) -> None:
    settle(shop)
    suspend(days(TOMORROW, 10))
    assert refused(days(date(2026, 12, 20), 10)).code == "already_planned"
    shop.advance(days=2)
    assert refused(days(date(2026, 12, 20), 10)).code == "already_planned"
    assert offer().current is not None


def test_a_debt_refuses(shop: Product) -> None:
    settle(shop, balance=0)
    owe(1, "one")
    assert (refused(days(TOMORROW, 7)).code, refused(days(TOMORROW, 7)).fix) == ("debt", "pay")


def test_a_blocked_account_has_days_to_pay_for_first(shop: Product) -> None:
    settle(shop)
    shop.advance(days=19)
    assert refused(days(date(2026, 12, 20), 7)).code == "debt"


def test_an_active_promise_refuses(shop: Product) -> None:
    settle(shop)
    shop.advance(days=19)
    bootstrap.billing().grant_promise(ACCOUNT, "p1", Kopecks(600_00))
    assert refused(days(date(2026, 12, 20), 7)).code == "promise_active"


def test_seven_days_pass_between_two(shop: Product) -> None:
    settle(shop, balance=2000_00)
    suspend(days(TOMORROW, 7))
    shop.advance(days=13)
    no = refused(days(date(2026, 12, 20), 7))
    assert (no.code, no.available_from) == ("cooldown", date(2026, 12, 8))
    shop.advance(days=2)
    suspend(days(date(2026, 12, 20), 7))


@pytest.mark.parametrize(
    ("first", "count", "code"),
    [
        (TODAY, 10, "too_early"),
        (date(2026, 11, 1), 40, "too_early"),
        (TODAY + timedelta(days=61), 10, "too_early"),
        (TOMORROW, 6, "too_short"),
        (TOMORROW, 91, "too_long"),
    ],
)
def test_dates_outside_the_limits_are_refused(shop: Product, first: date, count: int, code: str) -> None:
    settle(shop)
    assert refused(days(first, count)).code == code


@pytest.mark.parametrize(("first", "count"), [(TOMORROW, 7), (TOMORROW, 90), (TODAY + timedelta(days=60), 7)])
def test_dates_at_the_limits_are_taken(shop: Product, first: date, count: int) -> None:
    settle(shop)
    suspend(days(first, count))
    current = view().services[0].suspension
    assert current is not None
    assert (current.start, current.end, current.started) == (*days(first, count), False)


def test_what_is_planned_too_far_ahead_says_when_it_may_be(shop: Product) -> None:
    settle(shop)
    assert refused(days(TODAY + timedelta(days=70), 7)).available_from == TODAY + timedelta(days=10)


def test_an_end_before_the_start_is_no_range(shop: Product) -> None:
    settle(shop)
    with pytest.raises(InvalidRequest):
        suspend((TOMORROW, TODAY))


@pytest.mark.parametrize("with_rules", [{"suspension_days_a_year": 20}], indirect=True)
def test_each_year_has_its_own_days_and_a_run_counts_in_both(with_rules: Product) -> None:
    settle(with_rules, balance=3000_00)
    suspend(days(TOMORROW, 18))
    assert offer().days_left_this_year == 2
    with_rules.advance(days=28)
    assert (offer().code, offer().earliest) == (None, date(2026, 12, 30))
    assert refused(days(date(2026, 12, 29), 7)).code == "no_days_left"
    suspend(days(date(2026, 12, 30), 22))
    assert offer().days_left_this_year == 0


@pytest.mark.parametrize("with_rules", [{"suspension_days_a_year": 9}], indirect=True)
def test_no_days_left_tells_the_first_of_january(with_rules: Product) -> None:
    settle(with_rules, balance=1000_00)
    suspend(days(TOMORROW, 9))
    with_rules.advance(days=18)
    no = offer(*days(date(2026, 12, 20), 7))
    assert (no.code, no.available_from) == ("no_days_left", date(2027, 1, 1))


@pytest.mark.parametrize(
    "with_rules", [{"suspension_free_days": 5, "suspension_fee_per_day_kopecks": 3_00}], indirect=True
)
def test_days_beyond_the_free_ones_are_charged_at_the_start_and_given_back_unused(with_rules: Product) -> None:
    settle(with_rules)
    run = days(TOMORROW, 10)
    assert (offer(*run).fee_kopecks, offer().free_days_left) == (15_00, 5)
    suspend(run)
    with_rules.advance(days=1)
    assert view().balance_kopecks == 200_00 + REFUND - 15_00
    with_rules.advance(days=2)
    resume()
    # three days used, all free: the fee comes back; 16 of 30 days are charged again
    assert view().balance_kopecks == 200_00 + REFUND - 346_67
    assert not verify().differences


@pytest.mark.parametrize("with_rules", [{"suspension_from_today": "true"}], indirect=True)
def test_a_provider_may_let_it_start_today(with_rules: Product) -> None:
    settle(with_rules)
    assert offer().earliest == TODAY
    suspend(days(TODAY, 7), offer().refund_kopecks)
    assert (view().state, view().balance_kopecks) == ("suspended", 200_00 + 411_67)
    with pytest.raises(Rejected) as no:
        resume()
    assert (no.value.code, no.value.available_from) == ("too_early", TOMORROW)


# ending it


def test_a_planned_one_can_be_cancelled_and_nothing_has_moved(shop: Product) -> None:
    settle(shop)
    before = view()
    suspend(days(TOMORROW, 10))
    resume()
    resume()
    assert view() == before
    shop.advance(days=3)
    assert view().state == "active"


def test_it_can_be_ended_after_a_day_and_that_day_is_charged(shop: Product) -> None:
    settle(shop)
    suspend(days(TOMORROW, 10))
    shop.advance(days=1)
    with pytest.raises(Rejected) as no:
        resume()
    assert (no.value.code, no.value.available_from) == ("too_early", date(2026, 11, 25))
    shop.advance(days=1)
    resume()
    # 25 November to 11 December: 17 of 30 days
    assert (view().state, view().balance_kopecks) == ("active", 200_00 + REFUND - 368_33)
    assert offer().days_left_this_year == 179


# numbers, twice, lost


def test_another_refund_than_the_shown_one_is_refused_with_the_new_one(shop: Product) -> None:
    settle(shop)
    no = refused(days(TOMORROW, 10), REFUND + 1)
    assert (no.code, no.numbers) == ("numbers_changed", {"refund_kopecks": REFUND})


def test_the_refund_of_a_later_start_is_what_comes_back_then(shop: Product) -> None:
    """On 20 December the period of the 12th will have been paid: 23 of 31 days come back."""
    settle(shop, balance=1000_00)
    run = days(date(2026, 12, 20), 7)
    shown = offer(*run).refund_kopecks
    suspend(run, shown)
    shop.advance(days=26, hours=12)
    assert shown == 482_26
    assert [leg.amount_kopecks for leg in entry_legs() if leg.rule == "suspension_return"] == [shown]


def test_one_that_starts_with_a_period_brings_nothing_back(shop: Product) -> None:
    settle(shop)
    assert offer(*days(NEXT_PERIOD, 7)).refund_kopecks == 0


def test_the_same_days_again_change_nothing(shop: Product) -> None:
    settle(shop)
    suspend(days(TOMORROW, 10), REFUND)
    before = view()
    suspend(days(TOMORROW, 10), REFUND)
    assert view() == before


def test_two_orders_at_once_are_one(shop: Product) -> None:
    settle(shop)
    codes = []

    def order(count: int) -> None:
        try:
            suspend(days(TOMORROW, count))
        except Rejected as no:
            codes.append(no.code)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(order, [8, 9]))
    assert codes == ["already_planned"]


def test_only_the_internet_can_be_suspended(shop: Product) -> None:
    settle(shop)
    for service in ("phone", "nothing"):
        with pytest.raises(NotFound):
            bootstrap.billing().suspension_offer(ACCOUNT, service)
        with pytest.raises(NotFound):
            bootstrap.billing().suspend(ACCOUNT, service, *days(TOMORROW, 7), None)
