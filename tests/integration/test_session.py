"""Signing in and out through the whole portal, as a browser does it."""

import json
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.clock import to_text
from chalicelib.services.subscriber import masked
from chalicelib.store.subscribers import Profile
from local import demo_logins
from local.store import transport
from local.store.engine import Engine
from tests.portal import ORIGIN, PASSWORD, client, portal
from tests.product import Product, product, subscriber
from tests.services.portal_door import counted

DEAD = {"signed_in": False}


def set_cookies(method: str, path: str, body: Any, cookie: str = "") -> list[str]:
    headers = {"Origin": ORIGIN, "Content-Type": "application/json", "Cookie": cookie}
    reply = portal().call(method, path, "", headers, json.dumps(body).encode() if body else b"", "203.0.113.7")
    assert reply.status in {200, 204}
    return [value for name, value in reply.headers if name.lower() == "set-cookie"]


def test_signing_in_answers_who_and_what_is_theirs(shop: Product) -> None:
    browser = client()
    got = browser.log_in("bob")
    assert got.status == 200
    assert got.json["subscriber"] == {"id": "sub-bob", "login": "bob", "name": "Bob"}
    assert [account["account"] for account in got.json["accounts"]] == ["100201", "100202"]
    assert (got.json["signed_in"], got.json["must_change_password"]) == (True, False)
    assert browser.get("/api/session").json == got.json


def test_the_cookies_are_out_of_reach_of_scripts_and_other_sites(shop: Product) -> None:
    session, device = set_cookies("POST", "/api/session", {"login": "bob", "password": PASSWORD})
    assert session.startswith("session=sub-bob.")
    assert session.endswith("; Path=/; Max-Age=7776000; HttpOnly; SameSite=Strict")
    assert device.startswith("device=")
    assert device.endswith("; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict")


def test_over_https_the_cookies_are_secure_and_bound_to_the_host(store: Engine) -> None:
    with product(site_url="https://lk.example.ru"):
        subscriber("sub-bob", "bob", "+79001112233")
        for cookie in set_cookies("POST", "/api/session", {"login": "bob", "password": PASSWORD}):
            assert cookie.startswith("__Host-")
            assert cookie.endswith("; Secure")
            assert "Domain" not in cookie


def test_a_wrong_password_and_an_unknown_login_answer_alike(shop: Product) -> None:
    wrong, unknown = client().log_in("bob", "wrong"), client().log_in("nobody", "wrong")
    assert (wrong.status, wrong.json["code"]) == (401, "not_authenticated")
    assert (unknown.status, unknown.body, unknown.cookies) == (wrong.status, wrong.body, wrong.cookies)
    assert unknown.headers.keys() == wrong.headers.keys()


def test_too_many_guesses_answer_429_and_when_to_come_back(shop: Product) -> None:
    for _ in range(5):
        assert client().log_in("bob", "wrong").status == 401
    got = client().log_in("bob")
    assert (got.status, got.json["code"]) == (429, "too_many_attempts")
    assert got.json["available_from"] > to_text(shop.clock())


@pytest.mark.parametrize(
    "body",
    [
        {"login": "bob", "password": "x" * 1001},
        {"login": "x" * 101, "password": PASSWORD},
        {"login": "", "password": PASSWORD},
        {"login": "bob"},
        {"login": "bob", "password": 12},
        {"login": "bob", "password": PASSWORD, "role": "admin"},
    ],
)
def test_a_body_that_is_not_a_login_is_refused_before_anything_is_looked_up(shop: Product, body: Any) -> None:
    with counted() as calls:
        got = client().post("/api/session", body)
    assert (got.status, got.json["code"]) == (422, "invalid_request")
    assert PASSWORD not in got.text
    assert calls == []


def test_a_planted_session_is_worth_nothing_after_the_sign_in(shop: Product) -> None:
    attacker, victim = client(), client()
    attacker.log_in("charlie")
    victim.cookies.update(attacker.cookies)
    victim.log_in("bob")
    assert victim.cookies["session"] != attacker.cookies["session"]
    assert attacker.get("/api/session").json == DEAD
    assert victim.get("/api/session").json["subscriber"]["login"] == "bob"


def test_signing_out_kills_the_session_and_deletes_the_cookie_only_of_the_session(shop: Product) -> None:
    browser = client()
    browser.log_in("bob")
    copied = client()
    copied.cookies.update(browser.cookies)
    assert browser.delete("/api/session").status == 204
    assert browser.cookies.keys() == {"device"}
    assert copied.get("/api/session").json == DEAD
    assert copied.get("/api/accounts").status == 401
    assert copied.delete("/api/session").status == 401


def test_sessions_are_listed_and_ended_one_by_one_or_all_others(shop: Product) -> None:
    here, *others = [client() for _ in range(4)]
    for browser in (here, *others):
        browser.log_in("bob")
    listed = here.get("/api/sessions").json
    assert [set(item) for item in listed] == [{"id", "device", "started_at", "last_seen_at", "current"}] * 4
    assert [item["current"] for item in listed] == [True, False, False, False]
    assert here.delete(f"/api/sessions/{listed[1]['id']}").status == 204
    assert sum(other.get("/api/session").json["signed_in"] for other in others) == 2
    assert here.delete("/api/sessions").status == 204
    assert [other.get("/api/session").json for other in others] == [DEAD] * 3
    assert len(here.get("/api/sessions").json) == 1


def test_anothers_session_cannot_be_ended_nor_told_from_an_absent_one(shop: Product) -> None:
    bob, charlie = client(), client()
    bob.log_in("bob")
    charlie.log_in("charlie")
    id = charlie.get("/api/sessions").json[0]["id"]
    foreign, absent = bob.delete(f"/api/sessions/{id}"), bob.delete(f"/api/sessions/{'0' * 64}")
    assert (foreign.status, foreign.body) == (404, absent.body)
    assert charlie.get("/api/session").json["signed_in"]


def test_a_step_up_takes_the_password(shop: Product) -> None:
    browser = client()
    browser.log_in("bob")
    assert browser.post("/api/session/step-up", {"password": "wrong"}).json["code"] == "wrong_password"
    assert browser.post("/api/session/step-up", {"password": PASSWORD}).status == 204
    identity = bootstrap.sessions().identify(browser.cookies["session"])
    assert identity is not None
    assert bootstrap.sessions().stepped_up(identity)


def test_an_issued_password_opens_nothing_but_signing_out(shop: Product) -> None:
    Profile("sub-bob").update([Profile.must_change_password.set(True)])
    browser = client()
    assert browser.log_in("bob").json["must_change_password"]
    for path in ("/api/subscriber", "/api/sessions", "/api/accounts"):
        assert browser.get(path).json["code"] == "password_change_required"
    assert browser.delete("/api/session").status == 204


def test_when_the_billing_is_down_no_session_begins(shop: Product) -> None:
    transport.set_around(
        lambda call, proceed: (
            transport.error_answer("ThrottlingException", "no") if "billing" in str(call.body) else proceed()
        )
    )
    got = client().log_in("bob")
    transport.set_around(None)
    assert (got.status, got.cookies) == (503, {})
    browser = client()
    browser.log_in("bob")
    assert len(browser.get("/api/sessions").json) == 1


def test_the_subscriber_sees_own_contacts_masked(shop: Product) -> None:
    browser = client()
    browser.log_in("bob")
    got = browser.get("/api/subscriber")
    assert (got.json["name"], got.json["login"]) == ("Bob", "bob")
    assert [contact["address"] for contact in got.json["contacts"]] == ["+7 900 ***-**-33"]
    assert "111" not in got.text


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("+79121234545", "+7 912 ***-**-45"),
        ("boris@example.ru", "b***@example.ru"),
        ("+375291234567", "+3***67"),
    ],
)
def test_a_masked_contact_is_recognised_but_cannot_be_written_to(address: str, shown: str) -> None:
    assert masked(address) == shown


def test_the_demo_logins_work_and_seeding_again_keeps_what_was_changed(store: Engine) -> None:
    with product() as demo:
        demo_logins.seed(demo.clock, bootstrap.settings())
        Profile("sub-alice").update([Profile.name.set("Changed")])
        demo_logins.seed(demo.clock, bootstrap.settings())
        for login in ("alice", "bob@example.ru", "8 900 000-00-33"):
            assert client().log_in(login, demo_logins.PASSWORD).status == 200
        assert client().log_in("alice").json["subscriber"]["name"] == "Changed"
