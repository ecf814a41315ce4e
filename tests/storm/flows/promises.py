"""A promised payment: taken, over, or repaid, and money that is on its way when it ends."""

from datetime import date, timedelta

from chalicelib import bootstrap
from chalicelib.store.topups import TopUpRow
from tests.portal import Browser, Got
from tests.product import Product
from tests.promising import history, offer, take
from tests.scene import owe, told, view
from tests.storm.flows.money import ID, notify, signed_in
from tests.storm.harness.flow import Flow
from tests.storm.harness.ground import ACCOUNT, TOMORROW, at, calendar, ground
from tests.storm.harness.schedules import fire, let_pass

#: What a new period lacks with 200 ₽.
LACKING = 600_00
#: The first day without a promise that was taken on 24 November.
END = TOMORROW + timedelta(days=4)
MESSAGES = ("taken", "ends_soon", "ended")


def uncovered(shop: Product) -> None:
    """On the first day of a period that the balance does not pay for."""
    ground(200_00)
    at(shop, TOMORROW)
    calendar()
    assert view().state == "financial_block"


def blocked(shop: Product) -> Browser:
    uncovered(shop)
    return signed_in(shop)


def promise(shop: Product, browser: Browser) -> Got:
    return browser.post(f"/api/accounts/{ACCOUNT}/promised-payment", {"expected_amount_kopecks": LACKING})


def granted_once(shop: Product, browser: Browser) -> None:
    """It brings the service back, is no money, ends once, and each step was told once."""
    assert history() == [("active", LACKING)]
    assert (view().state, view().balance_kopecks, view().available_kopecks) == ("active", -LACKING, 0)
    let_pass(shop, days=4)
    assert (history(), view().state) == ([("ended", LACKING)], "financial_block")
    assert view().balance_kopecks == -LACKING
    assert [len(told(shop, f"promise_{event}")) for event in MESSAGES] == [1, 1, 1]


Flow("promise_taken", blocked, promise, promise, granted_once, sparing=True)


def over(shop: Product) -> None:
    """Half a day after the last instant of a promise that nobody has repaid; its schedule is late."""
    uncovered(shop)
    take(LACKING)
    let_pass(shop, minutes=2)
    at(shop, END)


def expire(shop: Product, _: object) -> None:
    shop.clock.advance(61)
    fire("promised_payment_expiry")


def debt_blocks(shop: Product, _: None) -> None:
    assert (history(), view().state) == ([("ended", LACKING)], "financial_block")
    assert (view().balance_kopecks, view().state_reason) == (-LACKING, "promise_ended")
    assert [len(told(shop, f"promise_{event}")) for event in MESSAGES] == [1, 0, 1]
    assert offer().available_from == END + timedelta(days=28)


Flow("promise_ends", over, expire, expire, debt_blocks, sparing=True)


def paid_at_the_end(shop: Product) -> TopUpRow:
    """Ordered just before the end and paid; nobody has told us."""
    over(shop)
    topup = shop.order("sub-bob", ACCOUNT, LACKING, id=ID).topup
    shop.pay(topup, webhook="lost")
    return topup


def repaid(shop: Product, topup: TopUpRow) -> None:
    """The money was found in time: no end, no block."""
    assert shop.status(topup) == "credited"
    assert (history(), view().state, view().balance_kopecks) == ([("repaid", LACKING)], "active", 0)
    assert [len(told(shop, event)) for event in ("promise_ended", "payment_credited")] == [0, 1]


Flow("promise_ends_with_money_on_its_way", paid_at_the_end, expire, expire, repaid, sparing=True)


def uncredited_at_the_end(shop: Product) -> TopUpRow:
    """Heard of and acknowledged; the billing did not take it, and does not yet when the promise is over."""
    topup = paid_at_the_end(shop)
    shop.fault("billing", "post_payment", "timeout_before", times=2)
    notify(shop, topup)
    assert shop.status(topup) == "paid"
    return topup


Flow("promise_waits_for_a_credit", uncredited_at_the_end, expire, expire, repaid, sparing=True)


def blocked_under_a_promise(shop: Product) -> TopUpRow:
    """Promised the day before the opening, then a call was made: the opening asks for more than was promised."""
    ground(200_00)
    take(LACKING)
    owe(100_00, "one")
    at(shop, TOMORROW)
    calendar()
    assert view().state == "financial_block"
    topup = shop.order("sub-bob", ACCOUNT, LACKING + 100_00, id=ID).topup
    shop.pay(topup, webhook="lost")
    return topup


def hear(shop: Product, topup: TopUpRow) -> Got:
    return notify(shop, topup)


def repaid_and_open(shop: Product, topup: TopUpRow) -> None:
    """One transaction repays the promise, opens the period and lifts the block."""
    assert (view().state, view().balance_kopecks, view().promised) == ("active", 0, None)
    assert shop.status(topup) == "credited"
    assert [len(told(shop, event)) for event in ("blocked", "unblocked", "payment_credited")] == [1, 1, 1]
    at(shop, date(2026, 11, 28))
    let_pass(shop, hours=1)
    assert (history(), view().state) == ([("repaid", LACKING)], "active")
    assert bootstrap.billing().promise_offer(ACCOUNT).active is None


Flow("repaying_a_promise", blocked_under_a_promise, hear, hear, repaid_and_open, sparing=True)
