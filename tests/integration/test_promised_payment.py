"""Promised payment over HTTP: the shapes, the statuses, the words."""

import pytest

from chalicelib.handlers import texts
from tests.portal import Browser, client
from tests.product import Product
from tests.scene import ACCOUNT, pay, settle

PATH = f"/api/accounts/{ACCOUNT}/promised-payment"


@pytest.fixture
def bob(shop: Product) -> Browser:
    """Bob on 12 December, blocked, with 600 roubles too little."""
    settle(shop)
    shop.advance(days=19)
    browser = client()
    assert browser.log_in("bob").status == 200
    return browser


def test_the_offer_says_what_until_when_and_what_it_costs(bob: Browser) -> None:
    offer = bob.get(PATH).json
    assert offer == {
        "allowed": True,
        "code": None,
        "available_from": None,
        "fix": None,
        "amount_kopecks": 600_00,
        "pay_first_kopecks": None,
        "days": 3,
        "fee_kopecks": 0,
        "until": "2026-12-15T20:59:59Z",
        "active": None,
        "history": [],
        "message": None,
    }


def test_taking_it_is_201_and_shows_everywhere(bob: Browser) -> None:
    got = bob.post(PATH, {"expected_amount_kopecks": 600_00})
    assert (got.status, got.json["state"], got.json["amount_kopecks"]) == (201, "active", 600_00)
    promised = {"amount_kopecks": 600_00, "until": "2026-12-15T20:59:59Z"}
    assert bob.get(PATH).json["active"] == promised
    account = bob.get(f"/api/home?account={ACCOUNT}").json["account"]
    assert (account["promised"], account["available_kopecks"], account["state"]) == (promised, 0, "active")


def test_a_second_click_is_the_same_answer_and_a_later_one_is_refused(bob: Browser, shop: Product) -> None:
    first = bob.post(PATH, {"expected_amount_kopecks": 600_00})
    again = bob.post(PATH, {"expected_amount_kopecks": 600_00})
    assert (again.status, again.body) == (201, first.body)
    shop.advance(minutes=5)
    late = bob.post(PATH, {"expected_amount_kopecks": 600_00})
    assert (late.status, late.json["code"]) == (409, "already_active")
    assert late.json["message"] == texts.message("already_active", "ru")


def test_another_sum_is_409_with_the_new_one(bob: Browser) -> None:
    pay(100_00, "between")
    got = bob.post(PATH, {"expected_amount_kopecks": 600_00})
    assert (got.status, got.json["code"], got.json["numbers"]) == (409, "numbers_changed", {"amount_kopecks": 500_00})


def test_a_refusal_says_when_and_what_to_do(bob: Browser, shop: Product) -> None:
    bob.post(PATH, {"expected_amount_kopecks": 600_00})
    shop.advance(days=4)
    got = bob.post(PATH, {"expected_amount_kopecks": 600_00})
    assert (got.status, got.json["code"], got.json["available_from"]) == (409, "cooldown", "2027-01-13")


@pytest.mark.parametrize(("language", "word"), [("ru", "Закончился"), ("en", "Over")])
def test_the_history_has_its_states_in_words(bob: Browser, shop: Product, language: str, word: str) -> None:
    bob.post(PATH, {"expected_amount_kopecks": 600_00})
    shop.advance(days=4)
    [past] = bob.get(PATH, Accept_Language=language).json["history"]
    assert (past["state"], past["state_title"], past["until"]) == ("ended", word, "2026-12-15T20:59:59Z")


@pytest.mark.parametrize("amount", [0, -1, 1.5, "60000", True, None])
def test_a_sum_that_is_none_is_422(bob: Browser, amount: object) -> None:
    assert bob.post(PATH, {"expected_amount_kopecks": amount}).status == 422


def test_an_answer_that_the_billing_lost_is_202_and_found_out(bob: Browser, shop: Product) -> None:
    shop.fault("billing", "grant_promise", "timeout_after")
    got = bob.post(PATH, {"expected_amount_kopecks": 600_00})
    assert (got.status, got.json["code"]) == (202, "outcome_unknown")
    shop.advance(minutes=2)
    assert bob.get(PATH).json["history"][0]["state"] == "active"
