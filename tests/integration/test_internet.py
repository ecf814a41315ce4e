"""Tariff change and suspension over HTTP: the shapes, the statuses, what the account shows."""

import pytest

from chalicelib.billing import FIXES
from chalicelib.handlers import texts
from tests.portal import Browser, client
from tests.product import Product
from tests.scene import ACCOUNT, owe, settle

SERVICE = f"/api/accounts/{ACCOUNT}/services/internet"
TARIFFS, CHANGE, SUSPENSION = f"{SERVICE}/tariffs", f"{SERVICE}/tariff-change", f"{SERVICE}/suspension"
CODES = [
    "already_active",
    "cooldown",
    "no_payment_since",
    "debt_too_big",
    "contract_too_young",
    "suspended",
    "not_needed",
    "not_offered",
    "same_tariff",
    "debt",
    "promise_active",
    "already_changed",
    "not_enough_money",
    "planned_exists",
    "no_days_left",
    "already_planned",
    "too_early",
    "too_short",
    "too_long",
    "numbers_changed",
]


@pytest.fixture
def bob(shop: Product) -> Browser:
    settle(shop)
    browser = client()
    assert browser.log_in("bob").status == 200
    return browser


def wish(tariff: str, when: str, charge: int, **more: object) -> dict[str, object]:
    return {"tariff": tariff, "when": when, "expected_charge_kopecks": charge, **more}


def test_tariffs_come_with_their_ways_to_begin(bob: Browser) -> None:
    told = {one["id"]: one for one in bob.get(TARIFFS).json}
    assert (told["t100"]["current"], told["t100"]["code"]) == (True, "same_tariff")
    now, later = told["t300"]["starts"]
    assert (now["when"], now["on"], now["charge_kopecks"], now["refund_kopecks"]) == (
        "now", "2026-11-23", 88_66, 411_67,
    )  # fmt: skip
    assert (later["when"], later["on"], later["charge_kopecks"]) == ("next_period", "2026-12-12", 0)
    assert now["explanation"].startswith("Сегодня спишем 88,66")


def test_a_change_now_is_applied_and_one_for_later_is_scheduled(bob: Browser) -> None:
    got = bob.post(CHANGE, wish("t300", "now", 88_66))
    assert (got.status, got.json) == (200, {"result": "applied", "on": "2026-11-23"})
    got = bob.post(CHANGE, wish("t500", "next_period", 0, expected_fee_kopecks=1000_00))
    assert (got.status, got.json) == (200, {"result": "scheduled", "on": "2026-12-12"})


def test_a_planned_change_is_shown_with_what_is_missing_and_can_be_cancelled(bob: Browser) -> None:
    bob.post(CHANGE, wish("t300", "next_period", 0))
    planned = bob.get(f"/api/accounts/{ACCOUNT}/services").json[0]["planned_change"]
    assert (planned["tariff"]["id"], planned["on"]) == ("t300", "2026-12-12")
    assert planned["missing"] == {"amount_kopecks": 740_00, "by": "2026-12-12"}
    assert [bob.delete(CHANGE).status for _ in range(2)] == [204, 204]
    assert bob.get(f"/api/home?account={ACCOUNT}").json["account"]["services"][0]["planned_change"] is None


def test_other_numbers_are_409_with_the_new_ones(bob: Browser) -> None:
    got = bob.post(CHANGE, wish("t300", "now", 1))
    assert (got.status, got.json["code"], got.json["fix"]) == (409, "numbers_changed", "look_again")
    assert got.json["numbers"] == {"charge_kopecks": 88_66, "fee_kopecks": 790_00}


def test_a_refusal_names_the_way_out(bob: Browser) -> None:
    owe(300_00, "one")
    got = bob.post(CHANGE, wish("t50", "next_period", 0))
    assert (got.status, got.json["code"], got.json["fix"]) == (409, "debt", "pay")


@pytest.mark.parametrize(
    "bad", [{"when": "yesterday"}, {"expected_charge_kopecks": -1}, {"expected_charge_kopecks": 1.5}, {"tariff": ""}]
)
def test_a_wish_that_is_none_is_422(bob: Browser, bad: dict[str, object]) -> None:
    assert bob.post(CHANGE, {**wish("t300", "now", 0), **bad}).status == 422


def test_the_suspension_offer_says_everything_before_the_button(bob: Browser) -> None:
    offer = bob.get(SUSPENSION).json
    assert offer == {
        "allowed": True,
        "code": None,
        "available_from": None,
        "fix": None,
        "earliest": "2026-11-24",
        "latest": "2027-01-22",
        "min_days": 7,
        "max_days": 90,
        "days_left_this_year": 180,
        "free_days_left": 30,
        "fee_per_day_kopecks": 0,
        "refund_kopecks": 390_00,
        "fee_kopecks": None,
        "money_checked_on": "2026-11-24",
        "keeps_charging": ["Телефон"],
        "current": None,
        "message": None,
    }


def test_days_can_be_asked_about(bob: Browser) -> None:
    asked = bob.get(f"{SUSPENSION}?from=2026-12-01&to=2026-12-07").json
    assert (asked["refund_kopecks"], asked["fee_kopecks"], asked["code"]) == (238_33, 0, None)
    assert bob.get(f"{SUSPENSION}?from=2026-12-01&to=2026-12-03").json["code"] == "too_short"
    assert bob.get(f"{SUSPENSION}?from=2026-12-01").status == 422
    for spelt in ("2026-12-01T00:00:00%2B12:00", "1796083200", "2026-12-1"):
        assert bob.get(f"{SUSPENSION}?from={spelt}&to=2026-12-10").status == 422
    assert bob.get(f"{SUSPENSION}?from=2026-12-03&to=2026-12-01").status == 422
    assert bob.get(f"{SUSPENSION}?from=0001-01-01&to=9999-12-31").json["code"] == "too_early"


def test_ordering_is_201_the_account_shows_it_and_delete_takes_it_back(bob: Browser) -> None:
    days = {"from": "2026-11-24", "to": "2026-12-03"}
    got = bob.post(SUSPENSION, {**days, "expected_refund_kopecks": 390_00})
    current = {"start": "2026-11-24", "end": "2026-12-03", "started": False}
    assert (got.status, got.json["current"]) == (201, current)
    assert bob.post(SUSPENSION, days).status == 201
    account = bob.get(f"/api/home?account={ACCOUNT}").json["account"]
    assert account["services"][0]["suspension"] == current
    assert [bob.delete(SUSPENSION).status for _ in range(2)] == [204, 204]
    assert bob.get(SUSPENSION).json["current"] is None


def test_a_suspended_internet_is_resumed_by_delete(bob: Browser, shop: Product) -> None:
    bob.post(SUSPENSION, {"from": "2026-11-24", "to": "2026-12-03"})
    shop.advance(days=1)
    early = bob.delete(SUSPENSION)
    assert (early.status, early.json["code"], early.json["available_from"]) == (409, "too_early", "2026-11-25")
    shop.advance(days=1)
    assert bob.delete(SUSPENSION).status == 204
    assert bob.get(f"/api/accounts/{ACCOUNT}").json["state"] == "active"


def test_another_refund_is_409_with_the_new_one(bob: Browser) -> None:
    got = bob.post(SUSPENSION, {"from": "2026-11-24", "to": "2026-12-03", "expected_refund_kopecks": 1})
    assert (got.status, got.json["numbers"]) == (409, {"refund_kopecks": 390_00})


def test_a_service_that_is_not_internet_has_nothing_to_choose_or_suspend(bob: Browser) -> None:
    phone = f"/api/accounts/{ACCOUNT}/services/phone"
    assert bob.get(f"{phone}/tariffs").json == []
    assert bob.post(f"{phone}/tariff-change", wish("t300", "next_period", 0)).json["code"] == "not_offered"
    assert bob.get(f"{phone}/suspension").status == 404


@pytest.mark.parametrize("code", CODES)
def test_every_refusal_has_its_own_words_in_both_languages(code: str) -> None:
    for language in ("ru", "en"):
        assert texts.message(code, language) != texts.message("internal_error", language)


def test_every_way_out_belongs_to_a_refusal() -> None:
    assert set(FIXES) <= set(CODES)
