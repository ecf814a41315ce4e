"""Reads that leave a mark: when the session was last seen, and which account to show first."""

from chalicelib.store.sessions import SessionStore
from tests.portal import Browser, Got
from tests.product import Product
from tests.storm.flows.money import signed_in
from tests.storm.harness.flow import Flow


def next_day(shop: Product) -> Browser:
    browser = signed_in(shop)
    shop.clock.advance(24 * 3600)
    return browser


def home(shop: Product, browser: Browser) -> Got:
    return browser.get("/api/home?account=100202")


def account(shop: Product, browser: Browser) -> Got:
    return browser.get("/api/accounts/100202")


def remembered(shop: Product, browser: Browser) -> None:
    [row] = SessionStore().list("sub-bob")
    assert row.last_account == "100202"


Flow("home", next_day, home, home, remembered)
Flow("account", next_day, account, account, remembered)
