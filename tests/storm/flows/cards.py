"""Saved cards: kept on consent, asked about, told of before their end, charged only by autopay, forgotten at once."""

from chalicelib import bootstrap
from chalicelib.services.autopay_words import TERMS_VERSION
from chalicelib.store.autopays import NO_CARD
from chalicelib.store.topups import TopUpRow
from tests.autopaying import ANNOUNCED, agree, calls, card, charges, consents, keep, row, saving, screen
from tests.portal import Browser, Got
from tests.product import Product
from tests.scene import ACCOUNT, NEXT_PERIOD, told
from tests.storm.flows.autopay import PATH, at_the_form, given_up, look, stepped_up
from tests.storm.flows.money import ID
from tests.storm.harness.flow import Flow
from tests.storm.harness.ground import ground


def order(shop: Product, browser: Browser) -> Got:
    body = {"id": ID, "amount_kopecks": 100_00, "gateway": "uniteller", "save_card": True}
    return browser.post(f"/api/accounts/{ACCOUNT}/topups", body)


def agreed_once(shop: Product, browser: Browser) -> None:
    assert (screen().status, row().pending_topup, len(consents())) == ("off", ID, 1)
    given_up(shop)
    assert (row().pending_topup, screen().card, charges(None)) == (None, None, [])


Flow("card_agreed", at_the_form, order, order, agreed_once)


def paid(shop: Product) -> TopUpRow:
    ground(200_00, NEXT_PERIOD)
    topup = saving("robokassa")
    shop.pay(topup)
    shop.clock.advance(61)
    return topup


def kept_once(shop: Product, topup: TopUpRow) -> None:
    live = [one.id for one in consents() if one.withdrawn_at is None]
    assert (screen().status, row().parent_invoice, [row().card_consent]) == ("off", topup.invoice, live)
    assert charges(None) == []


Flow("card_kept", paid, look, look, kept_once)


def taken_over(shop: Product) -> TopUpRow:
    """Autopay is on, and the company has not been asked about the card."""
    ground(200_00, NEXT_PERIOD)
    topup = agree()
    shop.pay(topup)
    shop.clock.advance(61)
    look(shop, None)
    shop.clock.advance(1)
    assert (screen().status, calls(shop, "saved_card")) == ("active", 0)
    return topup


def known(shop: Product, _: object) -> None:
    """A silent company is asked again hours later: that alone may be still to come."""
    shop.advance(hours=4)
    assert (screen().status, row().expires, row().ask_card_at) == ("active", "2035-01", None)


Flow("card_asked", taken_over, look, look, known)


def at_its_end(shop: Product) -> None:
    ground(900_00, NEXT_PERIOD)
    topup = agree()
    card(shop, topup, "good", expires="2026-12")
    shop.pay(topup)
    shop.advance(minutes=3)
    shop.clock.advance(int((ANNOUNCED - bootstrap.now()).total_seconds()) + 1)


def told_once(shop: Product, _: None) -> None:
    assert len(told(shop, "autopay_card_expires")) == 1


Flow("card_end_told", at_its_end, look, look, told_once)


def at_the_kept_card(shop: Product) -> Browser:
    ground(200_00, NEXT_PERIOD)
    keep(shop, "robokassa")
    return stepped_up(shop)


def turn_on(shop: Product, browser: Browser) -> Got:
    return browser.post(PATH, {"terms_version": TERMS_VERSION})


def on_once(shop: Product, _: object) -> None:
    live = [one.purpose for one in consents() if one.withdrawn_at is None]
    assert (screen().status, live, len(told(shop, "autopay_connected"))) == ("active", ["card", "autopay"], 1)


Flow("autopay_by_a_kept_card", at_the_kept_card, turn_on, turn_on, on_once)


def forget(shop: Product, browser: Browser) -> Got:
    return browser.delete(PATH)


def forgotten(shop: Product, _: object) -> None:
    [consent] = consents()
    assert consent.withdrawn_at is not None
    assert {name: getattr(row(), name) for name in NO_CARD} == NO_CARD


Flow("card_forgotten", at_the_kept_card, forget, forget, forgotten)
