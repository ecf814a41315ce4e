"""Routes x identities x methods, generated from the table of routes."""

import json
from datetime import date
from typing import Any

import pytest

from chalicelib.billing import ServiceKind
from chalicelib.billing.embedded import accounts
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.handlers.http import METHODS, Route
from chalicelib.handlers.meta import all_routes
from chalicelib.handlers.openapi import statuses
from chalicelib.money import Kopecks
from chalicelib.services.autopay_words import TERMS_VERSION
from chalicelib.store.subscribers import SubscriberStore
from local.sandbox.faults import CALLS
from tests.portal import Browser, Got, client
from tests.product import START, Product, books

ROUTES = all_routes()
TOPUP = "9b2d5a7e-0c11-4c7b-8f0e-3d6a1b2c4e5f"
SAMPLES: dict[str, Any] = {
    "/api/session": {"login": "bob", "password": "demo-password-1"},
    "/api/session/step-up": {"password": "demo-password-1"},
    "/api/subscriber/password": {"current_password": "demo-password-1", "new_password": "another demo password"},
    "/api/accounts/{account}/services/{service}/password": {"new_password": "Sample-pass-1"},
    "/api/accounts/{account}/topups": {"id": TOPUP, "amount_kopecks": 500_00, "gateway": "robokassa"},
    "PATCH /api/accounts/{account}/autopay": {"cap_kopecks": 500_00},
    "POST /api/accounts/{account}/autopay": {
        "terms_version": TERMS_VERSION,
        "topup": {"id": TOPUP[:-1] + "0", "amount_kopecks": 500_00, "gateway": "robokassa"},
    },
    "/api/accounts/{account}/autopay/skip": {"period_start": "2026-12-12"},
    "/api/accounts/{account}/promised-payment": {"expected_amount_kopecks": 500_00},
    "/api/accounts/{account}/services/{service}/tariff-change": {
        "tariff": "t300", "when": "next_period", "expected_charge_kopecks": 0,
    },
    "/api/accounts/{account}/services/{service}/suspension": {"from": "2026-12-01", "to": "2026-12-10"},
}  # fmt: skip
#: Who comes in by which door. A new route needs a line here: who may use it is decided, not inherited.
DOORS = {
    "public": {
        "POST /api/session", "GET /api/session", "GET /api/topups/{id}/status",
        "GET /api/health", "GET /api/openapi.json",
    },
    "signature": {
        "POST /api/webhooks/robokassa", "GET /api/webhooks/robokassa",
        "POST /api/webhooks/uniteller", "GET /api/webhooks/uniteller",
    },
    "session": {
        "GET /api/home", "DELETE /api/session", "GET /api/sessions", "DELETE /api/sessions",
        "DELETE /api/sessions/{id}",
        "POST /api/session/step-up", "GET /api/subscriber", "PUT /api/subscriber/password",
        "GET /api/accounts", "GET /api/accounts/{account}",
        "GET /api/accounts/{account}/services", "GET /api/accounts/{account}/operations",
        "GET /api/accounts/{account}/forecast", "GET /api/accounts/{account}/topup-options",
        "POST /api/accounts/{account}/topups", "GET /api/topups/{id}",
        "GET /api/accounts/{account}/promised-payment", "POST /api/accounts/{account}/promised-payment",
        "GET /api/accounts/{account}/autopay", "PATCH /api/accounts/{account}/autopay",
        "DELETE /api/accounts/{account}/autopay", "POST /api/accounts/{account}/autopay/skip",
        "GET /api/accounts/{account}/services/{service}/tariffs",
        "POST /api/accounts/{account}/services/{service}/tariff-change",
        "DELETE /api/accounts/{account}/services/{service}/tariff-change",
        "GET /api/accounts/{account}/services/{service}/suspension",
        "POST /api/accounts/{account}/services/{service}/suspension",
        "DELETE /api/accounts/{account}/services/{service}/suspension",
    },
    "step-up": {"PUT /api/accounts/{account}/services/{service}/password", "POST /api/accounts/{account}/autopay"},
}  # fmt: skip
IDENTITIES = ("nobody", "expired", "stranger", "own", "own after step-up")
FOUND = {200, 201, 204}
_RULES = ("/promised-payment", "/tariff-change", "/suspension", "/autopay", "/autopay/skip")
#: Where bob comes in and a business rule may still say no.
RULED = {route for route in DOORS["session"] if route.endswith(_RULES)}
REFUSED = {401: "not_authenticated", 403: "step_up_required", 404: "not_found"}


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def sample_of(route: Route) -> Any:
    """A good body; where a path takes two kinds of them, by the method as well."""
    return SAMPLES.get(name_of(route), SAMPLES.get(route.path))


def door_of(route: Route) -> str:
    return next(door for door, routes in DOORS.items() if name_of(route) in routes)


def named(routes: list[Route]) -> list[Any]:
    return [pytest.param(route, id=name_of(route)) for route in routes]


def path_of(route: Route, absent: bool = False, session: str = "0" * 64) -> str:
    """With what is bob's behind the parameters, or with what nobody has."""
    id = session if route.path.startswith("/api/sessions/") else TOPUP
    path = route.path
    for name, value in {"{account}": "100201", "{service}": "internet", "{id}": id}.items():
        other = "9" if value[-1] != "9" else "8"
        path = path.replace(name, value[:-1] + other if absent else value)
    assert "{" not in path, f"what stands behind the parameter of {path}?"
    return path


def call(browser: Browser, route: Route, absent: bool = False, session: str = "0" * 64) -> Got:
    path = path_of(route, absent, session)
    if door_of(route) == "signature" and route.writes:
        return browser.form(path, {"InvId": "1000", "OutSum": "500.00", "SignatureValue": "0" * 64})
    return browser.call(route.method, path, sample_of(route))


def confirm(browser: Browser, login: str) -> None:
    """Signed in, with the password given once more: no door is shut to whoever is at home."""
    assert browser.log_in(login).status == 200
    assert browser.post("/api/session/step-up", {"password": "demo-password-1"}).status == 204


@pytest.fixture
def bob(shop: Product) -> Browser:
    browser = client()
    confirm(browser, "bob")
    shop.order("sub-bob", "100201", id=TOPUP)
    return browser


@pytest.mark.parametrize("route", named([route for route in ROUTES if not route.public]))
def test_nobody_comes_in_without_a_live_session(shop: Product, route: Route) -> None:
    for cookies in ({}, {"session": "sub-bob.x"}, {"session": "\x00"}, {"session": "a.b.c" * 100}):
        got = call(Browser(cookies=dict(cookies)), route)
        assert (got.status, got.json["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "http_500", "nonsense"])
@pytest.mark.parametrize("route", named([route for route in ROUTES if door_of(route) != "signature"]))
def test_with_the_billing_in_trouble_a_route_answers_as_it_declares(
    shop: Product, bob: Browser, route: Route, kind: str
) -> None:
    for spared in (set(), {"owns", "accounts"}, {"owns", "accounts", "account"}):
        for verb in CALLS["billing"] - spared:
            shop.fault("billing", verb, kind, times=100)
        browser = client() if name_of(route) == "POST /api/session" else bob
        got = call(browser, route)
        assert got.status in statuses(route), got.text
        shop.sandboxed("DELETE", "/sandbox/faults")


def test_every_route_has_its_door() -> None:
    listed = [name for routes in DOORS.values() for name in routes]
    assert sorted(listed) == sorted(name_of(route) for route in ROUTES), "say in DOORS who may use the new route"
    for route in ROUTES:
        assert route.public == (door_of(route) in {"public", "signature"}), route.path
        assert route.step_up == (door_of(route) == "step-up"), route.path
        assert (route.takes == "form") == (door_of(route) == "signature"), route.path


def as_identity(identity: str, shop: Product) -> Browser:
    """``stranger`` is charlie; the others hold, or held, a session of bob's."""
    browser = client("203.0.113.9")
    if identity == "nobody":
        return browser
    assert browser.log_in("charlie" if identity == "stranger" else "bob").status == 200
    if identity == "expired":
        shop.clock.advance(400 * 24 * 3600)
    if identity == "own after step-up":
        assert browser.post("/api/session/step-up", {"password": "demo-password-1"}).status == 204
    return browser


def expected(route: Route, identity: str) -> set[int]:
    door, owned = door_of(route), "{" in route.path
    if door == "signature":
        return {400, 405}
    if door == "public":
        return FOUND
    if identity in {"nobody", "expired"}:
        return {401}
    if door == "step-up" and identity != "own after step-up":
        return {403}
    if identity == "stranger" and owned:
        return {404}
    return FOUND | {409} if name_of(route) in RULED else FOUND


@pytest.mark.parametrize("identity", IDENTITIES)
@pytest.mark.parametrize("route", named(ROUTES))
def test_who_may_come_in(bob: Browser, shop: Product, route: Route, identity: str) -> None:
    other = bob.get("/api/sessions").json[0]["id"]
    got = call(as_identity(identity, shop), route, session=other)
    assert got.status in expected(route, identity), got.text
    if got.status in REFUSED:
        assert got.json["code"] == REFUSED[got.status]


@pytest.mark.parametrize("route", named([route for route in ROUTES if not route.public and "{" in route.path]))
def test_anothers_object_looks_exactly_like_an_absent_one(bob: Browser, shop: Product, route: Route) -> None:
    charlie = client("203.0.113.9")
    confirm(charlie, "charlie")
    bobs = bob.get("/api/sessions").json[0]["id"]
    foreign, absent = call(charlie, route, session=bobs), call(charlie, route, absent=True, session=bobs)
    assert foreign.status == 404
    assert (foreign.status, foreign.body) == (absent.status, absent.body)
    assert without_request_id(foreign) == without_request_id(absent)
    assert bob.get("/api/session").json["signed_in"]


def without_request_id(got: Got) -> dict[str, str]:
    return {name: value for name, value in got.headers.items() if name != "x-request-id"}


CANARIES = ("Канарейка", "canary", "100777", "charlie", "Charlie", "4445566", "77077", "7e57ab1e")


def plant_canaries(shop: Product) -> dict[str, str]:
    """Charlie's things, each with a word that nothing of bob's holds; gives what stands behind path parameters."""
    day, topup = date(2026, 1, 12), "7e57ab1e-0000-4000-8000-00000000beef"
    accounts.create(NewAccount("100777", "sub-charlie", "Канарейка дома", "ул. Канарейка", 12, day), START)
    service = NewService("canary", ServiceKind.INTERNET, "Канарейка", "canary", "Канарейка", Kopecks(77077), 1)
    accounts.add_service(books(), "100777", service)
    shop.pay(shop.order("sub-charlie", "100777", 77077, id=topup).topup)
    assert shop.balance("100777") == 77077
    charlie = as_identity("stranger", shop)
    return {"{account}": "100777", "{topup}": topup, "{session}": charlie.get("/api/sessions").json[0]["id"]}


@pytest.mark.parametrize("route", named(ROUTES))
def test_nothing_of_charlies_stands_in_an_answer_to_bob(bob: Browser, shop: Product, route: Route) -> None:
    theirs = plant_canaries(shop)
    id = theirs["{session}"] if route.path.startswith("/api/sessions/") else theirs["{topup}"]
    path = route.path.replace("{account}", theirs["{account}"]).replace("{id}", id).replace("{service}", "canary")
    sample = sample_of(route)
    for answer in (call(bob, route), bob.call(route.method, path, sample), bob.get(f"{path}?account=100777")):
        shown = f"{answer.text} {dict(answer.headers)}"
        assert [canary for canary in (*CANARIES, theirs["{session}"]) if canary in shown] == []


def test_the_canaries_would_be_seen(bob: Browser, shop: Product) -> None:
    """Charlie's own answers hold every kind of them, or the test above would prove nothing."""
    plant_canaries(shop)
    charlie = as_identity("stranger", shop)
    paths = ("/api/home?account=100777", "/api/accounts/100777/operations", "/api/subscriber",
             "/api/topups/7e57ab1e-0000-4000-8000-00000000beef")  # fmt: skip
    shown = " ".join(charlie.get(path).text for path in paths)
    assert [canary for canary in CANARIES if canary not in shown] == ["4445566"]  # masked even for charlie


@pytest.mark.parametrize("route", named([route for route in ROUTES if route.checks_origin]))
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8001", ""])
def test_a_change_is_taken_from_our_own_pages_only(bob: Browser, route: Route, origin: str) -> None:
    got = bob.call(route.method, path_of(route), sample_of(route), {"Origin": origin})
    assert got.status == 403
    assert got.json["code"] == "bad_origin"
    assert bob.get("/api/session").json["signed_in"]


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_a_method_that_is_not_offered_is_405_in_our_shape(bob: Browser, path: str) -> None:
    offered = {route.method for route in ROUTES if route.path == path}
    route = next(route for route in ROUTES if route.path == path)
    for method in sorted(set(METHODS) - offered):
        got = bob.call(method, path_of(route))
        assert (got.status, got.json["code"]) == (405, "method_not_allowed")
        assert set(got.headers["allow"].split(", ")) == offered


@pytest.mark.parametrize("route", named([route for route in ROUTES if route.takes == "json"]))
def test_a_body_must_be_json_of_the_declared_fields(bob: Browser, route: Route) -> None:
    path, good = path_of(route), sample_of(route)
    assert bob.call(route.method, path, good, {"Content-Type": "text/plain"}).status == 415
    assert bob.call(route.method, path, json.dumps(good).encode(), {"Content-Type": ""}).status == 415
    assert bob.call(route.method, path, b"{").json["code"] == "bad_json"
    assert bob.call(route.method, path, b'{"a": 1, "a": 2}').json["code"] == "bad_json"
    assert bob.call(route.method, path, b'{"amount_kopecks": NaN}').json["code"] == "bad_json"
    assert bob.call(route.method, path, b"\xff\xfe").json["code"] == "bad_json"
    assert bob.call(route.method, path, b'"' + b"x" * 70_000 + b'"').status == 413
    for extra in ("balance", "role", "account", "subscriber_id", "status"):
        got = bob.call(route.method, path, {**good, extra: "1"})
        assert (got.status, list(got.json["fields"])) == (422, [extra])


@pytest.mark.parametrize("route", named(ROUTES))
def test_every_answer_names_its_request_and_is_never_stored(bob: Browser, route: Route) -> None:
    got = call(bob, route)
    assert got.headers["x-request-id"]
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.status in {200, 201, 204, 400, 404, 405, 409, 415}


def test_an_odd_cookie_of_somebody_else_does_not_hide_ours(bob: Browser) -> None:
    for odd in ('x={"a": 1}', "x=a b", "имя=1", "=", ";;", 'q="'):
        sent = f"{odd}; session={bob.cookies['session']}"
        assert Browser().get("/api/session", Cookie=sent).json["signed_in"], odd


def test_an_unknown_path_is_404_in_our_shape_in_the_callers_language(shop: Product) -> None:
    got = client().get("/api/nothing", Accept_Language="en-GB")
    assert (got.status, got.json) == (404, {"code": "not_found", "message": "There is no such page or record."})


def test_a_forged_forwarded_address_is_not_believed(shop: Product) -> None:
    browser = client("203.0.113.50")
    for _ in range(3):
        browser.headers["X-Forwarded-For"] = browser.headers["CloudFront-Viewer-Address"] = "198.51.100.1:1"
        browser.log_in("bob", "wrong-password-1")
    browser.log_in("bob")
    assert {row.address for row in SubscriberStore().journal("sub-bob")} == {"203.0.113.50"}
