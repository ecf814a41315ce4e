"""The network's password: who sets it, what it may be, where it stays."""

import logging
import string

import pytest

from chalicelib import bootstrap, seams
from chalicelib.billing import ServiceKind
from chalicelib.billing.embedded import accounts, passwords
from chalicelib.billing.embedded.accounts import NewService
from chalicelib.billing.embedded.books import read
from chalicelib.billing.embedded.tables import HeadRow
from chalicelib.money import Kopecks
from chalicelib.services.internet_password import MADE_LENGTH, refusal
from chalicelib.store.subscribers import SubscriberStore
from tests.portal import PASSWORD, Browser, client
from tests.product import Product, books

PATH = "/api/accounts/100201/services/internet/password"
CHOSEN = "Canary-pass-7"


@pytest.fixture
def bob(shop: Product) -> Browser:
    return confirmed("bob")


def confirmed(login: str) -> Browser:
    browser = client()
    assert browser.log_in(login).status == 200
    assert browser.post("/api/session/step-up", {"password": PASSWORD}).status == 204
    return browser


def opened(account: str = "100201", service: str = "internet") -> str | None:
    """As the export for the network opens it."""
    standing = read(account)[2]
    line = standing.line(service)
    if line is None or line.password is None:
        return None
    keys = bootstrap.billing().keys  # type: ignore[attr-defined]
    found: str = keys.decrypt(line.password, passwords.context(standing.subscriber_id, account, service))
    return found


def test_a_chosen_one_is_set_and_not_given_back(bob: Browser) -> None:
    got = bob.put(PATH, {"new_password": CHOSEN})
    assert (got.status, got.body) == (204, b"")
    assert opened() == CHOSEN


def test_a_made_one_is_shown_once(bob: Browser) -> None:
    got = bob.put(PATH, {"generate": True})
    assert got.status == 200
    assert opened() == got.json["password"]
    assert len(got.json["password"]) == MADE_LENGTH
    assert got.json["password"] not in bob.get("/api/accounts/100201").text


def test_made_ones_differ_and_hold_nothing_that_is_misread(bob: Browser) -> None:
    made = [bob.put(PATH, {"generate": True}).json["password"] for _ in range(20)]
    assert len(set(made)) == 20
    assert not set("".join(made)) & set("0O1lI2Zo" + string.punctuation)


def test_it_is_made_of_the_system_s_chance(bob: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes beyond the last whole round are thrown away, and three drafts of one kind of letters alone."""
    chance = iter([255, 254, *range(100)])
    monkeypatch.setattr(seams, "random_bytes", lambda size: bytes([next(chance)]) if size == 1 else b"x" * size)
    assert bob.put(PATH, {"generate": True}).json["password"] == "NPQRSTUVWXY3"


def test_setting_it_again_replaces_it(bob: Browser) -> None:
    for chosen in (CHOSEN, "Other-pass-8", "Other-pass-8"):
        assert bob.put(PATH, {"new_password": chosen}).status == 204
        assert opened() == chosen


def test_it_wants_the_password_of_the_portal_first(shop: Product) -> None:
    browser = client()
    browser.log_in("bob")
    got = browser.put(PATH, {"new_password": CHOSEN})
    assert (got.status, got.json["code"]) == (403, "step_up_required")
    assert opened() is None


@pytest.mark.parametrize("path", ["100201/services/phone", "100201/services/absent", "999999/services/internet"])
def test_only_ones_own_internet_has_one(bob: Browser, path: str) -> None:
    phone = NewService("phone", ServiceKind.TELEPHONY, "Телефон", "calls", "Calls", Kopecks(100))
    accounts.add_service(books(), "100201", phone)
    for body in ({"new_password": CHOSEN}, {"new_password": "x"}, {"generate": True}):
        assert bob.put(f"/api/accounts/{path}/password", body).status == 404
    assert confirmed("charlie").put(PATH, {"generate": True}).status == 404


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Aa1-567", "string_too_short"), ("Aa1-5678" * 4 + "x", "string_too_long"), ("Пароль-для-сети1", "not_ascii"),
        ("two words 1", "not_ascii"), ("tab\tPass-1", "not_ascii"), ("Del\x7fPass-1", "not_ascii"),
        ("onlyletters", "too_simple"), ("1234567890", "too_simple"), ("aA1aA1aA1", "too_simple"),
        ("x100201x", "like_login"), ("My-Bob-Home", "like_login"),
        ("Aa1-5678", None), ("Aa1-5678" * 4, None), ("\\\"'$`%,;{}7", None),
    ],
)  # fmt: skip
def test_what_may_be_chosen(password: str, reason: str | None) -> None:
    assert refusal(password, ["100201", "bob"]) == reason


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "new_password"), ({"new_password": "short"}, "new_password"), ({"generate": False}, "generate"),
        ({"new_password": CHOSEN, "generate": True}, "generate"), ({"new_password": 12345678}, "new_password"),
        ({"new_password": CHOSEN, "account": "100202"}, "account"),
    ],
)  # fmt: skip
def test_a_wish_that_is_not_clear_is_refused(bob: Browser, body: dict[str, object], field: str) -> None:
    got = bob.put(PATH, body)
    assert (got.status, list(got.json["fields"])) == (422, [field])
    assert opened() is None


def test_it_is_journalled_and_told_without_the_password(bob: Browser, shop: Product) -> None:
    shop.advance(hours=15)  # it is night, and this is worth being woken for
    bob = confirmed("bob")
    assert bob.put(PATH, {"new_password": CHOSEN}).status == 204
    shop.advance(seconds=1)
    [message] = [one for one in shop.messages() if one["event"] == "internet_password_changed"]
    assert "100201" in message["text"]
    assert CHOSEN not in str(shop.messages())
    assert "internet_password_set" in {row.event for row in SubscriberStore().journal("sub-bob")}


def test_it_is_in_no_log_no_row_and_no_refusal(bob: Browser, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "chalicelib"):
        assert bob.put(PATH, {"new_password": CHOSEN}).status == 204
        refused = bob.put(PATH, {"new_password": CHOSEN, "generate": True})
    assert CHOSEN not in caplog.text + refused.text
    assert CHOSEN not in str([row.standing for row in HeadRow.scan()])


@pytest.mark.parametrize(("kind", "after"), [("timeout_after", CHOSEN), ("timeout_before", None)])
def test_a_lost_answer_says_to_set_it_again(bob: Browser, shop: Product, kind: str, after: str | None) -> None:
    shop.fault("billing", "set_internet_password", kind)
    got = bob.put(PATH, {"new_password": CHOSEN})
    assert (got.status, got.json["code"], opened()) == (503, "upstream_unavailable", after)
    assert bob.put(PATH, {"new_password": CHOSEN}).status == 204


def test_a_planned_tariff_and_a_block_leave_it_where_it_is(bob: Browser, shop: Product) -> None:
    assert bob.put(PATH, {"new_password": CHOSEN}).status == 204
    shop.block("100201", 5_00)
    assert opened() == CHOSEN
