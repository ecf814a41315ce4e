"""The end of a promised payment: on time, once, and never over money that is on its way."""

import itertools
from collections.abc import Callable
from datetime import date, timedelta

from chalicelib import bootstrap
from chalicelib.store import in_flight
from chalicelib.store.agenda import Kind
from local.store.handlers import Answer
from local.store.transport import Call, set_around
from tests.product import Product
from tests.promising import UNTIL, blocked, history, offer, quiet, take
from tests.scene import ACCOUNT, give, settle, told, view

# the end


def test_the_end_is_announced_a_day_before_and_not_at_night(shop: Product) -> None:
    blocked(shop)
    take()
    shop.advance(days=2, hours=7)
    assert told(shop, "promise_ends_soon") == []
    shop.advance(hours=1, minutes=2)
    [text] = told(shop, "promise_ends_soon")
    assert "15.12.2026" in text
    assert UNTIL - bootstrap.now() >= timedelta(hours=24)


def test_it_ends_on_the_third_day_at_midnight_and_a_debt_blocks(shop: Product) -> None:
    blocked(shop)
    take()
    shop.clock.advance(int((UNTIL - bootstrap.now()).total_seconds()))
    shop.sandboxed("POST", "/sandbox/run-due")
    assert view().state == "active"
    shop.advance(seconds=2)
    shop.sandboxed("POST", "/sandbox/run-due")
    assert (view().state, view().promised) == ("financial_block", None)
    shop.advance(hours=11)
    assert len(told(shop, "promise_ended")) == 1
    quiet(shop)


def test_a_balance_that_covers_is_not_blocked_at_the_end(shop: Product) -> None:
    """A correction is no payment: it leaves the promise as it is, and the balance at nought."""
    settle(shop, balance=700_00)
    shop.advance(days=17)
    assert take().amount_kopecks == 100_00
    shop.advance(days=2)
    give(100_00)
    shop.advance(days=2)
    assert (history(), view().state, view().balance_kopecks) == ([("ended", 100_00)], "active", 0)
    quiet(shop)


def test_a_late_agenda_ends_it_all_the_same_and_once(shop: Product) -> None:
    blocked(shop)
    take()
    shop.sandboxed("POST", "/sandbox/clock", {"advance_days": 9, "jump": True})
    shop.sandboxed("POST", "/sandbox/run-due")
    assert (history(), view().state) == ([("ended", 600_00)], "financial_block")
    assert offer().available_from == date(2026, 12, 16) + timedelta(days=28)
    quiet(shop)


# the end, with money on its way


def at_the_end(shop: Product) -> None:
    shop.clock.advance(int((UNTIL - bootstrap.now()).total_seconds()) + 1)
    bootstrap.agenda_runner().run(Kind.PROMISED_PAYMENT)


def promised(shop: Product) -> None:
    blocked(shop)
    take()
    shop.advance(days=3)


def test_an_end_waits_for_a_payment_that_is_not_credited_and_then_it_is_repaid(shop: Product) -> None:
    promised(shop)
    shop.fault("billing", "post_payment", "timeout_before", times=1000)
    topup = shop.order("sub-bob", ACCOUNT, 600_00).topup
    shop.pay(topup)
    at_the_end(shop)
    shop.advance(hours=5)
    assert (shop.status(topup), view().state) == ("paid", "active")
    shop.sandboxed("DELETE", "/sandbox/faults")
    shop.advance(hours=2)
    assert (history(), view().state, view().balance_kopecks) == ([("repaid", 600_00)], "active", 0)
    assert not told(shop, "promise_ended")


def test_it_waits_for_a_day_at_most_and_then_an_operator_knows(shop: Product) -> None:
    promised(shop)
    shop.fault("billing", "post_payment", "timeout_before", times=1000)
    shop.pay(shop.order("sub-bob", ACCOUNT, 600_00).topup)
    at_the_end(shop)
    for hours, state in ((23, "active"), (1, "financial_block")):
        shop.clock.advance(hours * 3600)
        bootstrap.agenda_runner().run(Kind.PROMISED_PAYMENT)
        assert view().state == state
    assert (view().state, history()) == ("financial_block", [("ended", 600_00)])
    assert [case.kind for case in shop.cases() if case.kind.startswith("promise")] == ["promise_uncredited"]


def test_it_asks_about_a_young_order_and_finds_the_money(shop: Product) -> None:
    promised(shop)
    shop.clock.advance(int((UNTIL - bootstrap.now()).total_seconds()) - 20)
    shop.pay(shop.order("sub-bob", ACCOUNT, 600_00).topup, webhook="lost")
    at_the_end(shop)
    assert (history(), view().state, view().balance_kopecks) == ([("repaid", 600_00)], "active", 0)


def test_it_waits_half_an_hour_for_a_young_order_and_only_once(shop: Product) -> None:
    promised(shop)
    shop.clock.advance(int((UNTIL - bootstrap.now()).total_seconds()) - 20)
    shop.order("sub-bob", ACCOUNT, 600_00)
    at_the_end(shop)
    assert view().state == "active"
    shop.advance(minutes=29)
    shop.order("sub-bob", ACCOUNT, 600_00)
    assert view().state == "active"
    shop.advance(minutes=2)
    assert (history(), view().state) == ([("ended", 600_00)], "financial_block")


def test_an_order_older_than_half_an_hour_is_not_waited_for(shop: Product) -> None:
    promised(shop)
    shop.clock.advance(int((UNTIL - bootstrap.now()).total_seconds()) - 1801)
    shop.order("sub-bob", ACCOUNT, 600_00)
    at_the_end(shop)
    assert view().state == "financial_block"


def test_a_payment_that_comes_while_the_end_is_decided_is_seen(shop: Product) -> None:
    """Between the look at the top-ups and the transaction a webhook records a payment that the billing cannot take."""
    promised(shop)
    shop.clock.advance(int((UNTIL - bootstrap.now()).total_seconds()) - 1801)
    topup = shop.order("sub-bob", ACCOUNT, 600_00).topup
    shop.fault("billing", "post_payment", "timeout_before", times=2)

    def pay_between(call: Call, proceed: Callable[[], Answer]) -> Answer:
        if call.operation == "TransactWriteItems" and "portal-promises" in str(call.body):
            set_around(None)
            shop.pay(topup)
        return proceed()

    set_around(pay_between)
    at_the_end(shop)
    assert view().state == "active"
    shop.advance(hours=1)
    assert (history(), view().balance_kopecks, view().state) == ([("repaid", 600_00)], 0, "active")


def test_a_payment_that_lands_between_the_two_looks_repays_it(shop: Product) -> None:
    """The billing has said that the promise stands; then the payment comes and is credited at once."""
    promised(shop)
    shop.clock.advance(int((UNTIL - bootstrap.now()).total_seconds()) - 1801)
    topup, looks = shop.order("sub-bob", ACCOUNT, 600_00).topup, itertools.count(1)

    def pay_after_the_second(call: Call, proceed: Callable[[], Answer]) -> Answer:
        answer = proceed()
        if call.operation == "Query" and "portal-billing" in str(call.body) and next(looks) == 2:
            set_around(None)
            shop.pay(topup)
        return answer

    set_around(pay_after_the_second)
    at_the_end(shop)
    assert (history(), view().balance_kopecks) == ([("repaid", 600_00)], 0)


def test_what_is_in_flight_lands_with_its_top_up(shop: Product) -> None:
    settle(shop)
    for outcome, left in (("paid", 0), ("declined", 0), ("abandoned", 1)):
        shop.pay(shop.order("sub-bob", ACCOUNT, 100_00).topup, outcome=outcome)
        shop.advance(minutes=2)
        row = in_flight.of(ACCOUNT)
        assert (len(row.awaiting or ()), len(row.paid or ())) == (left, 0)
    shop.advance(hours=25)
    assert in_flight.of(ACCOUNT).awaiting is None
