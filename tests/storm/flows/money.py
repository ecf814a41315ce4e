"""Money on its way in: ordered, paid, credited, and the subscriber told."""

from typing import Any

from chalicelib import bootstrap
from chalicelib.store.agenda import Kind, row
from chalicelib.store.cases import CaseStore
from chalicelib.store.topups import TopUpRow
from tests.portal import Browser, Got, client
from tests.product import Product
from tests.storm.harness.flow import Flow
from tests.storm.harness.schedules import fire, let_pass

#: Chooses the shards, and so the calls, the same way every time.
ID = "3f1c9a52-7d0e-4b6a-8f21-5c9d0e7ab314"


def paid_unheard(shop: Product, kopecks: int = 500_00) -> TopUpRow:
    """Ordered and paid; the company's notification is still on its way."""
    topup = shop.order("sub-bob", "100201", kopecks, id=ID).topup
    shop.pay(topup, webhook="lost")
    return topup


def notify(shop: Product, topup: TopUpRow) -> Got:
    """The company's notification; without our OK it comes again."""
    return shop.notify(shop.result_fields(topup))


def credited(shop: Product, topup: TopUpRow) -> None:
    assert shop.status(topup) == "credited"
    assert shop.balance("100201") == 500_00
    assert bootstrap.billing().account("100201").state == "active"
    assert [message["event"] for message in shop.messages()].count("payment_credited") == 1


Flow("webhook", paid_unheard, notify, notify, credited)


def blocked_and_paid(shop: Product) -> TopUpRow:
    """A debt and a financial block; the payment leaves 500.00 after the rest of the month is opened."""
    shop.block("100201", 88_33)
    return paid_unheard(shop, 1000_00)


Flow("unblocking", blocked_and_paid, notify, notify, credited)


def wish(shop: Product, browser: Browser) -> Got:
    """The browser asks again with the same id after a lost answer."""
    body = {"id": ID, "amount_kopecks": 500_00, "gateway": "robokassa"}
    return browser.post("/api/accounts/100201/topups", body)


def signed_in(shop: Product) -> Browser:
    browser = client()
    assert browser.log_in("bob").status == 200
    return browser


def orderable(shop: Product, browser: Browser) -> None:
    topup = bootstrap.topups().store.existing(ID)
    assert shop.status(topup) == "awaiting_payment"
    shop.pay(topup)
    let_pass(shop, hours=1)
    credited(shop, topup)


Flow("ordering", signed_in, wish, wish, orderable)


def hour_later(shop: Product) -> TopUpRow:
    topup = paid_unheard(shop)
    shop.clock.advance(61)
    return topup


def reconcile(shop: Product, topup: TopUpRow) -> None:
    """Nobody told us: the schedule asks the gateway and credits, another one sends the message."""
    shop.clock.advance(61)
    fire("ask_gateways")
    fire("settle_topups")
    fire("deliver_messages")


# Two shards: what is broken in one must not starve the other.
Flow("reconciliation", hour_later, reconcile, reconcile, credited, {"agenda_shards": 2})


def uncredited(shop: Product) -> TopUpRow:
    """Heard of and acknowledged while the billing was down."""
    topup = paid_unheard(shop)
    shop.fault("billing", "post_payment", "timeout_before")
    assert notify(shop, topup).text == f"OK{topup.invoice}"
    assert shop.status(topup) == "paid"
    return topup


def settle(shop: Product, topup: TopUpRow) -> None:
    shop.clock.advance(61)
    fire("settle_topups")


Flow("settling", uncredited, settle, settle, credited)


def unsure(shop: Product) -> TopUpRow:
    """The billing posted it and its answer was lost: it is asked before anything is repeated."""
    topup = paid_unheard(shop)
    shop.fault("billing", "find_payment", "timeout_before")
    shop.fault("billing", "post_payment", "timeout_after")
    assert notify(shop, topup).text == f"OK{topup.invoice}"
    assert shop.status(topup) == "paid"
    return topup


Flow("settling_what_was_posted", unsure, settle, settle, credited)


def ask(shop: Product, topup: TopUpRow) -> None:
    """A minute later nobody has paid: the question moves on and the order is still open."""
    shop.clock.advance(61)
    fire("ask_gateways")


def open_order(shop: Product) -> Any:
    return shop.order("sub-bob", "100201", id=ID).topup


def expired(shop: Product, topup: TopUpRow) -> None:
    """Nobody ever paid: after a day the order ends, after three it is asked about for the last time."""
    assert shop.status(topup) == "awaiting_payment"
    for hours in (24, 48):
        shop.clock.advance(hours * 3600)
        fire("ask_gateways")
    assert shop.status(topup) == "expired"
    assert shop.balance("100201") == 0


Flow("asking_in_vain", open_order, ask, ask, expired)


def another_sum(shop: Product, topup: TopUpRow) -> None:
    """Signed by the company, and not what was ordered: nothing is credited, a person is told, no OK."""
    got = shop.notify(shop.result_fields(topup, OutSum="1.00"))
    assert got.status in {409, 503}


def quarantined(shop: Product, topup: TopUpRow) -> None:
    [case] = shop.cases()
    assert case.ref == topup.topup_id
    expired(shop, topup)


def closed_too_early(shop: Product) -> TopUpRow:
    """An operator has closed the case; the company goes on telling us the same."""
    topup: TopUpRow = open_order(shop)
    another_sum(shop, topup)
    [case] = shop.cases()
    CaseStore().closing(case, "anna", "seen", shop.clock(), shop.clock()).commit()
    return topup


Flow("quarantine", open_order, another_sum, another_sum, quarantined, cases=1)
Flow("quarantine_again", closed_too_early, another_sum, another_sum, quarantined, cases=1)


def with_stale_row(shop: Product) -> TopUpRow:
    """A row of the agenda that its fact no longer points at, as an overtaken worker may leave it."""
    topup = hour_later(shop)
    row(Kind.ASK_GATEWAY, ID, shop.clock(), 1).save()
    return topup


Flow("stale_agenda_row", with_stale_row, reconcile, reconcile, credited)
