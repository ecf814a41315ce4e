"""Signing in and out."""

from chalicelib.store.guesses import GuessRow
from chalicelib.store.sessions import SessionRow, SessionStore
from tests.portal import PASSWORD, Browser, Got, client
from tests.product import Product
from tests.storm.flows.money import signed_in
from tests.storm.harness.flow import Flow


def stranger(shop: Product) -> Browser:
    return client()


def log_in(shop: Product, browser: Browser) -> Got:
    return browser.log_in("bob")


def log_in_by_telephone(shop: Product, browser: Browser) -> Got:
    return browser.log_in("+7 900 111-22-33")


def known_device(shop: Product) -> Browser:
    browser = signed_in(shop)
    del browser.cookies["session"]
    return browser


def sessions() -> list[SessionRow]:
    return list(SessionStore().list("sub-bob"))


def few_sessions(shop: Product, browser: Browser) -> None:
    """The last answer's session lives; an answer that was lost leaves at most one session behind.

    A crash spends the guess it died in, and a counted guess whose answer was lost counts twice; no more.
    The account's own counters start afresh; one that the store would not let go counts one guess of a hundred.
    """
    assert browser.get("/api/session").json["signed_in"]
    assert 1 <= len(sessions()) <= 3
    counters = {row.scope.partition("#")[0]: int(row.failures) for row in GuessRow.scan()}
    assert all(0 <= counters.pop(shared, 0) <= 2 for shared in ("address", "overall"))
    assert all(counters.pop(own, 0) <= 1 for own in ("login", "account"))
    assert counters == {}


Flow("signing_in", stranger, log_in, log_in, few_sessions)
Flow("signing_in_from_a_known_device", known_device, log_in_by_telephone, log_in_by_telephone, few_sessions)


def step_up(shop: Product, browser: Browser) -> Got:
    return browser.post("/api/session/step-up", {"password": PASSWORD})


def stepped_up(shop: Product, browser: Browser) -> None:
    [row] = sessions()
    assert row.step_up_until is not None
    few_sessions(shop, browser)


Flow("stepping_up", signed_in, step_up, step_up, stepped_up)


def guess(shop: Product, browser: Browser) -> None:
    assert browser.post("/api/session/step-up", {"password": "wrong-password-1"}).status in {403, 503}


def not_stepped_up(shop: Product, browser: Browser) -> None:
    """Both wrong guesses count, and one whose answer was lost may count twice."""
    [row] = sessions()
    assert row.step_up_until is None
    [counter] = [row for row in GuessRow.scan() if row.scope.startswith("step_up#")]
    assert 1 <= counter.failures <= 3


Flow("stepping_up_with_a_wrong_password", signed_in, guess, guess, not_stepped_up)


def sign_out(shop: Product, browser: Browser) -> Got | None:
    """Whoever is out already is told so: that is as good."""
    got = browser.delete("/api/session")
    return None if got.status == 401 else got


def nobody(shop: Product, browser: Browser) -> None:
    assert sessions() == []


Flow("signing_out", signed_in, sign_out, sign_out, nobody)


def two_browsers(shop: Product) -> Browser:
    signed_in(shop)
    return signed_in(shop)


def end_others(shop: Product, browser: Browser) -> Got:
    return browser.delete("/api/sessions")


def only_this(shop: Product, browser: Browser) -> None:
    assert len(sessions()) == 1
    assert browser.get("/api/session").json["signed_in"]


Flow("ending_other_sessions", two_browsers, end_others, end_others, only_this)


def end_one(shop: Product, browser: Browser) -> Got | None:
    others = [item["id"] for item in browser.get("/api/sessions").json if not item["current"]]
    return browser.delete(f"/api/sessions/{others[0]}") if others else None


Flow("ending_one_session", two_browsers, end_one, end_one, only_this)
