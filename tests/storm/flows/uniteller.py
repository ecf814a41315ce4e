"""Money that comes through Uniteller: told of, asked about, found, taken back."""

from typing import Any

from chalicelib import bootstrap
from chalicelib.store.topups import TopUpRow
from tests.portal import Browser, Got
from tests.product import Product
from tests.storm.flows.money import ID, credited, reconcile, signed_in
from tests.storm.harness.flow import Flow
from tests.storm.harness.schedules import let_pass


def paid_unheard(shop: Product) -> TopUpRow:
    topup: TopUpRow = shop.order("sub-bob", "100201", 500_00, id=ID, gateway="uniteller").topup
    shop.pay(topup, webhook="lost")
    return topup


def told(shop: Product, topup: TopUpRow) -> Got:
    """Signed, and proving nothing: the portal asks, and the answer credits. The company comes again without a 200."""
    return shop.notify(shop.told_fields(topup), "uniteller")


Flow("uniteller_webhook", paid_unheard, told, told, credited)


def turn_taken(shop: Product) -> TopUpRow:
    """Somebody else has just asked: the question waits for its turn."""
    topup = paid_unheard(shop)
    bootstrap.gateways()["uniteller"].get_payment(1)
    return topup


Flow("uniteller_webhook_without_a_turn", turn_taken, told, told, credited)


def hour_later(shop: Product) -> TopUpRow:
    topup = paid_unheard(shop)
    shop.clock.advance(61)
    return topup


Flow("uniteller_asking", hour_later, reconcile, reconcile, credited)


def past_its_end(shop: Product) -> TopUpRow:
    """Nobody has asked for a day, so it is asked about alone."""
    topup = paid_unheard(shop)
    shop.clock.advance(26 * 3600)
    return topup


Flow("uniteller_asking_late", past_its_end, reconcile, reconcile, credited)


def taken_back(shop: Product) -> TopUpRow:
    """Credited; then the bank returns it without the portal."""
    topup = paid_unheard(shop)
    told(shop, topup)
    let_pass(shop, hours=1)
    credited(shop, topup)
    shop.sandboxed("POST", "/sandbox/uniteller/cancel", {"invoice": f"LK-{topup.invoice}", "webhook": "lost"})
    return topup


def told_of_it(shop: Product, topup: TopUpRow) -> Got:
    return shop.notify(shop.told_fields(topup, "canceled"), "uniteller")


def a_case(shop: Product, topup: TopUpRow) -> None:
    credited(shop, topup)
    found = [case.case_id for case in shop.cases()]
    assert found == [f"returned:{topup.topup_id}"], found


Flow("uniteller_return", taken_back, told_of_it, told_of_it, a_case, cases=1)


def wish(shop: Product, browser: Browser) -> Got:
    body = {"id": ID, "amount_kopecks": 500_00, "gateway": "uniteller"}
    return browser.post("/api/accounts/100201/topups", body)


def orderable(shop: Product, browser: Any) -> None:
    topup = bootstrap.topups().store.existing(ID)
    assert shop.status(topup) == "awaiting_payment"
    shop.pay(topup)
    let_pass(shop, hours=1)
    credited(shop, topup)


#: The receipt goes to the subscriber's confirmed address, which is read on the way.
Flow("ordering_with_a_receipt", signed_in, wish, wish, orderable, {"UNITELLER_FISCAL": "true"})
