"""Autopay over HTTP: the shapes, the statuses, the step-up, the words."""

import uuid
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.services.autopay_words import TERMS_VERSION
from tests.autopaying import ANNOUNCED, CHARGED, card, until
from tests.portal import PASSWORD, Browser, Got, client
from tests.product import Product
from tests.scene import ACCOUNT, settle

PATH = f"/api/accounts/{ACCOUNT}/autopay"


@pytest.fixture
def bob(shop: Product) -> Browser:
    settle(shop)
    browser = client()
    assert browser.log_in("bob").status == 200
    return browser


def wish(**changed: Any) -> dict[str, Any]:
    first = {"id": str(uuid.uuid4()), "amount_kopecks": 100_00, "gateway": "uniteller"}
    return {"terms_version": TERMS_VERSION, "topup": first, **changed}


def step_up(bob: Browser) -> None:
    assert bob.post("/api/session/step-up", {"password": PASSWORD}).status == 204


def connected(shop: Product, bob: Browser, **changed: Any) -> Got:
    step_up(bob)
    got = bob.post(PATH, wish(**changed))
    assert got.status == 201, got.text
    topup = bootstrap.topup_store().get(got.json["id"])
    assert topup is not None
    shop.pay(topup)
    shop.advance(minutes=3)
    return got


def test_off_it_shows_the_example_and_the_terms(bob: Browser) -> None:
    screen = bob.get(PATH).json
    assert (screen["status"], screen["card"], screen["attempts"], screen["in_flight"]) == ("off", None, [], None)
    assert screen["terms"]["version"] == TERMS_VERSION
    assert [gateway["id"] for gateway in screen["gateways"]] == ["robokassa", "uniteller"]
    assert screen["next"] == {
        "period_start": "2026-12-12",
        "announce_on": "2026-12-05",
        "charge_on": "2026-12-09",
        "amount_kopecks": 600_00,
        "balance_kopecks": 200_00,
        "state": "planned",
        "reason": None,
        "breakdown": [
            {"title": "Интернет", "amount_kopecks": -650_00},
            {"title": "Телефон", "amount_kopecks": -150_00},
        ],
    }
    assert bob.get(f"/api/accounts/{ACCOUNT}").json["autopay"]["status"] == "off"


def test_connecting_wants_the_password_the_terms_and_a_first_payment(bob: Browser, shop: Product) -> None:
    assert (bob.post(PATH, wish()).status, bob.post(PATH, wish()).json["code"]) == (403, "step_up_required")
    step_up(bob)
    stale = bob.post(PATH, wish(terms_version="2020-01-01"))
    assert (stale.status, stale.json["code"]) == (409, "terms_changed")
    wanted = wish()
    first, again = bob.post(PATH, wanted), bob.post(PATH, wanted)
    assert (first.status, again.status) == (201, 200)
    assert first.json["checkout"] == again.json["checkout"]
    assert first.json["checkout"]["fields"]["IsRecurrentStart"] == "1"
    assert bob.get(PATH).json["pending_topup"] == wanted["topup"]["id"]


@pytest.mark.parametrize(
    "changed",
    [
        {"cap_kopecks": 1},
        {"cap_kopecks": "100"},
        {"account": ACCOUNT},
        {"topup": {"id": "not-a-uuid", "amount_kopecks": 100_00, "gateway": "uniteller"}},
        {"topup": {"id": str(uuid.uuid4()), "amount_kopecks": 1, "gateway": "uniteller"}},
        {"topup": {"id": str(uuid.uuid4()), "amount_kopecks": 100_00, "gateway": "nobody"}},
    ],
)
def test_bad_input_is_422_and_changes_nothing(bob: Browser, changed: dict[str, Any]) -> None:
    step_up(bob)
    assert bob.post(PATH, wish(**changed)).status == 422
    assert bootstrap.autopay_store().get(ACCOUNT) is None


def test_the_cap_and_a_skip_answer_with_the_screen(bob: Browser, shop: Product) -> None:
    connected(shop, bob)
    lower = bob.patch(PATH, {"cap_kopecks": 700_00})
    assert (lower.status, lower.json["cap_kopecks"]) == (200, 700_00)
    skipped = bob.post(f"{PATH}/skip", {"period_start": "2026-12-12"})
    assert (skipped.status, skipped.json["next"]["state"]) == (200, "skipped")
    assert bob.post(f"{PATH}/skip", {"period_start": "2027-12-12"}).json["code"] == "nothing_to_skip"
    shop.advance(minutes=15)
    assert bob.patch(PATH, {"cap_kopecks": 900_00}).json["code"] == "step_up_required"


def test_disconnecting_is_204_and_then_204_again(bob: Browser, shop: Product) -> None:
    connected(shop, bob)
    assert [bob.delete(PATH).status for _ in range(2)] == [204, 204]
    assert bob.patch(PATH, {"cap_kopecks": 100_00}).json["code"] == "not_connected"


def test_disconnecting_tells_of_a_charge_in_flight(bob: Browser, shop: Product) -> None:
    got = connected(shop, bob)
    parent = bootstrap.topup_store().existing(got.json["id"])
    card(shop, parent, "pending")
    until(shop, CHARGED)
    flying = bob.delete(PATH)
    assert (flying.status, flying.json["in_flight"]["amount_kopecks"]) == (200, 500_00)
    assert bob.get(PATH).json["in_flight"] == flying.json["in_flight"]
    step_up(bob)
    assert bob.post(PATH, wish()).json["code"] == "already_charging"


def test_the_account_and_the_calendar_say_what_comes(bob: Browser, shop: Product) -> None:
    connected(shop, bob)
    until(shop, ANNOUNCED)
    home = bob.get(f"/api/home?account={ACCOUNT}").json
    summary = {"status": "active", "next_on": "2026-12-09", "amount_kopecks": 500_00, "mask": "•• 2487"}
    assert home["account"]["autopay"] == summary | {"card_ends": None}
    assert [event["kind"] for event in home["events"]][0] == "autopay"


TOPUPS = f"/api/accounts/{ACCOUNT}/topups"


def saving(**changed: Any) -> dict[str, Any]:
    body = {"id": str(uuid.uuid4()), "amount_kopecks": 100_00, "gateway": "uniteller", "save_card": True}
    return {**body, **changed}


def kept(shop: Product, bob: Browser) -> None:
    got = bob.post(TOPUPS, saving())
    assert got.status == 201, got.text
    shop.pay(bootstrap.topup_store().existing(got.json["id"]))
    shop.advance(minutes=3)


def test_a_card_is_kept_by_an_ordinary_top_up_without_the_password(bob: Browser, shop: Product) -> None:
    options = bob.get(f"/api/accounts/{ACCOUNT}/topup-options").json
    assert [gateway["can_save_card"] for gateway in options["gateways"]] == [True, True]
    assert "ничего не списывается" in options["card_terms"]["text"]
    body = saving(card_terms_version=options["card_terms"]["version"])
    first, again = bob.post(TOPUPS, body), bob.post(TOPUPS, body)
    assert (first.status, again.status) == (201, 200)
    assert first.json["checkout"] == again.json["checkout"]
    assert first.json["checkout"]["fields"]["IsSaveCard"] == "1"
    assert bob.post(TOPUPS, {**body, "save_card": False}).json["code"] == "conflict"
    shop.pay(bootstrap.topup_store().existing(body["id"]))
    shop.advance(minutes=3)
    screen = bob.get(PATH).json
    card = {"mask": "•• 2487", "expires": "2035-01", "saved_on": "2026-11-23", "ending": False}
    assert (screen["status"], screen["card"], screen["gateway"]) == ("off", card, "uniteller")


@pytest.mark.parametrize(
    ("language", "title"), [("ru", "Банковская карта, СБП (Робокасса)"), ("en", "Bank card, SBP (Robokassa)")]
)
def test_a_company_is_offered_in_the_callers_language(bob: Browser, language: str, title: str) -> None:
    for path in (f"/api/accounts/{ACCOUNT}/topup-options", PATH):
        offered = bob.get(path, Accept_Language=language).json["gateways"]
        assert {gateway["id"]: gateway["title"] for gateway in offered}["robokassa"] == title


@pytest.mark.parametrize("changed", [{"save_card": "yes"}, {"save_card": None}, {"card_terms_version": 1}])
def test_a_wish_to_keep_a_card_is_a_plain_yes_or_no(bob: Browser, changed: dict[str, Any]) -> None:
    assert bob.post(TOPUPS, saving(**changed)).status == 422
    assert bootstrap.autopay_store().get(ACCOUNT) is None


def test_other_terms_of_keeping_than_those_on_screen_are_no_consent(bob: Browser) -> None:
    got = bob.post(TOPUPS, saving(card_terms_version="2020-01-01"))
    assert (got.status, got.json["code"]) == (409, "terms_changed")
    assert bootstrap.autopay_store().get(ACCOUNT) is None


def test_autopay_is_turned_on_at_once_by_a_kept_card(bob: Browser, shop: Product) -> None:
    body = {"terms_version": TERMS_VERSION, "cap_kopecks": 700_00}
    assert bob.post(PATH, body).json["code"] == "step_up_required"
    step_up(bob)
    assert (bob.post(PATH, body).status, bob.post(PATH, body).json["code"]) == (409, "no_saved_card")
    kept(shop, bob)
    assert bob.post(PATH, {**body, "terms_version": "2020-01-01"}).json["code"] == "terms_changed"
    first, again = bob.post(PATH, body), bob.post(PATH, body)
    assert (first.status, again.status) == (201, 200)
    assert first.json == again.json == {"id": None, "status": "active", "checkout": None}
    assert bob.post(PATH, {**body, "cap_kopecks": 800_00}).json["code"] == "already_connected"
    screen = bob.get(PATH).json
    assert (screen["status"], screen["cap_kopecks"], screen["card"]["mask"]) == ("active", 700_00, "•• 2487")


def test_with_autopay_no_other_card_is_kept_and_it_says_where_to_change_it(bob: Browser, shop: Product) -> None:
    connected(shop, bob)
    got = bob.post(TOPUPS, saving())
    assert (got.status, got.json["code"], got.json["fix"]) == (409, "card_by_autopay", "change_card")
    options = bob.get(f"/api/accounts/{ACCOUNT}/topup-options").json
    assert options["card_terms"] is None
    assert not any(gateway["can_save_card"] for gateway in options["gateways"])


def test_a_kept_card_is_forgotten_at_once(bob: Browser, shop: Product) -> None:
    kept(shop, bob)
    assert [bob.delete(PATH).status for _ in range(2)] == [204, 204]
    assert bob.get(PATH).json["card"] is None
    events = [row.event for row in bootstrap.subscribers().store.journal("sub-bob")]
    assert events.count("card_forgotten") == 1
    assert "card_agreed" in events


def test_the_journal_holds_what_was_agreed_and_withdrawn(bob: Browser, shop: Product) -> None:
    connected(shop, bob)
    bob.delete(PATH)
    events = [row.event for row in bootstrap.subscribers().store.journal("sub-bob")]
    assert {"autopay_agreed", "autopay_disconnected"} <= set(events)
