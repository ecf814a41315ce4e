"""Autopay: agreed to, connected, announced, charged once, skipped, withdrawn, and given back if it was too late."""

from datetime import timedelta

from chalicelib import bootstrap
from chalicelib.services.autopay_words import TERMS_VERSION
from chalicelib.store.topups import TopUpRow
from tests.autopaying import (
    ANNOUNCED,
    CHARGED,
    SECOND,
    agree,
    calls,
    card,
    charges,
    connect,
    consents,
    screen,
    state,
    turned,
    until,
)
from tests.portal import PASSWORD, Browser, Got
from tests.product import Product
from tests.scene import ACCOUNT, NEXT_PERIOD, told, view
from tests.storm.flows.money import ID, signed_in
from tests.storm.harness.flow import Flow
from tests.storm.harness.ground import ground
from tests.storm.harness.schedules import fire, let_pass

PATH = f"/api/accounts/{ACCOUNT}/autopay"


def stepped_up(shop: Product) -> Browser:
    browser = signed_in(shop)
    assert browser.post("/api/session/step-up", {"password": PASSWORD}).status == 204
    return browser


def at_the_form(shop: Product) -> Browser:
    ground(200_00, NEXT_PERIOD)
    return stepped_up(shop)


def order(shop: Product, browser: Browser) -> Got:
    first = {"id": ID, "amount_kopecks": 100_00, "gateway": "uniteller"}
    return browser.post(PATH, {"terms_version": TERMS_VERSION, "topup": first})


def agreed_once(shop: Product, browser: Browser) -> None:
    assert (screen().status, screen().pending_topup, len(consents())) == ("pending", ID, 1)
    given_up(shop)
    assert (screen().status, charges(None)) == ("off", [])


def given_up(shop: Product) -> None:
    """The order is never paid, and nobody waits for it any more."""
    let_pass(shop, days=4)


Flow("autopay_agreed", at_the_form, order, order, agreed_once)


def first_paid(shop: Product) -> TopUpRow:
    ground(200_00, NEXT_PERIOD)
    topup = agree("robokassa")
    shop.pay(topup)
    shop.clock.advance(61)
    return topup


def look(shop: Product, _: object) -> None:
    fire("autopay")


def connected_once(shop: Product, topup: TopUpRow) -> None:
    """On by this card with one consent, said once; nothing is charged before its day."""
    live = [row for row in consents() if row.withdrawn_at is None]
    assert (screen().status, screen().gateway, len(live)) == ("active", "robokassa", 1)
    assert (len(told(shop, "autopay_connected")), charges(None)) == (1, [])


Flow("autopay_connected", first_paid, look, look, connected_once)


def day_of_the_notice(shop: Product) -> None:
    ground(200_00, NEXT_PERIOD)
    connect(shop, "robokassa")
    shop.clock.advance(int((ANNOUNCED - bootstrap.now()).total_seconds()) + 1)


def announced_once(shop: Product, _: None) -> None:
    assert (state(), len(told(shop, "autopay_announced"))) == ("announced", 1)
    until(shop, CHARGED, minutes=10)
    assert [int(one.amount_kopecks) for one in charges()] == [500_00]


Flow("autopay_announced", day_of_the_notice, look, look, announced_once)


def due(shop: Product, gateway: str) -> TopUpRow:
    """Announced and noticed; this very minute it is to be charged."""
    ground(200_00, NEXT_PERIOD)
    parent = connect(shop, gateway)
    until(shop, ANNOUNCED)
    shop.clock.advance(int((CHARGED - bootstrap.now()).total_seconds()) + 1)
    return parent


def charge(shop: Product, _: object) -> None:
    shop.clock.advance(61)
    fire("autopay")


def charged_once(shop: Product, _: object) -> None:
    """One call at most, whatever became of it; a charge that nobody sent is no charge, and nobody sends it later."""
    until(shop, CHARGED, minutes=60 * 24 * 5)
    assert calls(shop) <= 1
    outcome = (state(), len(charges()), view().balance_kopecks, calls(shop))
    assert outcome in [("charged", 1, 0, 1), ("unknown", 0, 300_00, 0), ("unknown", 0, 300_00, 1)], outcome
    assert view().state == ("active" if outcome[0] == "charged" else "financial_block")


Flow("autopay_at_robokassa", lambda shop: due(shop, "robokassa"), charge, charge, charged_once, cases=None)
Flow("autopay_at_uniteller", lambda shop: due(shop, "uniteller"), charge, charge, charged_once, cases=None)


def declining(shop: Product) -> TopUpRow:
    parent = due(shop, "uniteller")
    card(shop, parent, "no_funds")
    return parent


def declined_and_tried_again(shop: Product, parent: TopUpRow) -> None:
    """Each try has an invoice of its own, and the one that succeeds is the last."""
    card(shop, parent, "good")
    until(shop, CHARGED, minutes=60 * 24 * 5)
    assert (len(charges()), state()) in [(1, "charged"), (0, "unknown")]
    assert calls(shop) <= 2


Flow("autopay_declined", declining, charge, charge, declined_and_tried_again, cases=None, sparing=True)


def announced(shop: Product) -> Browser:
    ground(200_00, NEXT_PERIOD)
    connect(shop, "robokassa")
    until(shop, ANNOUNCED)
    return stepped_up(shop)


def withdraw(shop: Product, browser: Browser) -> Got:
    return browser.delete(PATH)


def never_charged(shop: Product, _: object) -> None:
    until(shop, CHARGED, minutes=60)
    [consent] = consents()
    assert (screen().status, charges(None), calls(shop)) == ("off", [], 0)
    assert consent.withdrawn_at is not None
    assert len(told(shop, "autopay_disconnected")) == 1


Flow("autopay_withdrawn", announced, withdraw, withdraw, never_charged)


def skip(shop: Product, browser: Browser) -> Got:
    return browser.post(f"{PATH}/skip", {"period_start": NEXT_PERIOD.isoformat()})


def skipped(shop: Product, _: object) -> None:
    until(shop, CHARGED, minutes=60)
    assert (state(), charges(None)) == ("skipped", [])


Flow("autopay_skipped", announced, skip, skip, skipped)


def cap(shop: Product, browser: Browser) -> Got:
    return browser.patch(PATH, {"cap_kopecks": 100_00})


def above_the_cap(shop: Product, _: object) -> None:
    until(shop, CHARGED, minutes=60)
    assert (state(), charges(None), len(told(shop, "autopay_above_cap"))) == ("above_cap", [], 1)


Flow("autopay_cap_lowered", announced, cap, cap, above_the_cap)


def withdrawn_in_flight(shop: Product) -> TopUpRow:
    """The charge was under way when the consent was withdrawn; now the company says that it was paid."""
    parent = due(shop, "uniteller")
    card(shop, parent, "pending")
    fire("autopay")
    browser = stepped_up(shop)
    assert browser.delete(PATH).status == 200
    card(shop, parent, "good")
    shop.clock.advance(int(timedelta(minutes=10).total_seconds()))
    fire("ask_gateways")
    [flying] = charges()
    assert not flying.refunded_kopecks
    return parent


def given_back(shop: Product, _: object) -> None:
    let_pass(shop, days=1)
    assert [int(one.refunded_kopecks) for one in charges()] == [500_00]
    assert (view().balance_kopecks, screen().status) == (300_00, "off")


Flow("autopay_given_back", withdrawn_in_flight, charge, charge, given_back, sparing=True)


def paid_twice(shop: Product) -> TopUpRow:
    """A try was declined, the next one paid; now the company has taken the first one too, and nobody has looked."""
    parent = due(shop, "robokassa")
    card(shop, parent, "no_funds")
    until(shop, CHARGED, minutes=90)
    card(shop, parent, "good")
    until(shop, SECOND, minutes=90)
    turned(shop, charges("declined")[0])
    shop.clock.advance(1)
    return parent


def kept_once(shop: Product, _: object) -> None:
    let_pass(shop, days=1)
    assert sorted(int(one.refunded_kopecks) for one in charges()) in [[0, 500_00], [0, 0]]
    if not shop.cases():
        assert (view().balance_kopecks, state()) == (800_00, "charged")


Flow("autopay_paid_twice", paid_twice, look, look, kept_once, cases=None, sparing=True)
