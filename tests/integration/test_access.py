"""Routes x identities x methods, generated from the table of routes."""

import json
from typing import Any

import pytest

from chalicelib.handlers.http import METHODS, Route
from chalicelib.handlers.meta import all_routes
from chalicelib.store.subscribers import SubscriberStore
from tests.portal import Browser, Got, client
from tests.product import Product

ROUTES = all_routes()
TOPUP = "9b2d5a7e-0c11-4c7b-8f0e-3d6a1b2c4e5f"
SAMPLES: dict[str, Any] = {
    "/api/session": {"login": "bob", "password": "demo-password-1"},
    "/api/session/step-up": {"password": "demo-password-1"},
    "/api/accounts/{account}/topups": {"id": TOPUP, "amount_kopecks": 500_00, "gateway": "robokassa"},
}
#: What of bob's stands behind a path's parameters.
BOBS = {"{account}": "100201", "{id}": TOPUP}


def named(routes: list[Route]) -> list[Any]:
    return [pytest.param(route, id=f"{route.method} {route.path}") for route in routes]


def path_of(route: Route, absent: bool = False, session: str = "0" * 64) -> str:
    path = route.path
    for name, value in {**BOBS, "{session_id}": session}.items():
        path = path.replace(name, value[:-1] + "9" if absent else value)
    return path


def call(browser: Browser, route: Route, absent: bool = False, session: str = "0" * 64) -> Got:
    return browser.call(route.method, path_of(route, absent, session), SAMPLES.get(route.path))


@pytest.fixture
def bob(shop: Product) -> Browser:
    browser = client()
    assert browser.log_in("bob").status == 200
    shop.order("sub-bob", "100201", id=TOPUP)
    return browser


@pytest.mark.parametrize("route", named([route for route in ROUTES if not route.public]))
def test_nobody_comes_in_without_a_live_session(shop: Product, route: Route) -> None:
    for cookies in ({}, {"session": "sub-bob.x"}, {"session": "\x00"}, {"session": "a.b.c" * 100}):
        got = call(Browser(cookies=dict(cookies)), route)
        assert (got.status, got.json["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("route", named([route for route in ROUTES if not route.public and "{" in route.path]))
def test_anothers_object_looks_exactly_like_an_absent_one(bob: Browser, shop: Product, route: Route) -> None:
    charlie = client("203.0.113.9")
    charlie.log_in("charlie")
    bobs = bob.get("/api/sessions").json[0]["id"]
    foreign, absent = call(charlie, route, session=bobs), call(charlie, route, absent=True, session=bobs)
    assert foreign.status == 404
    assert (foreign.status, foreign.body) == (absent.status, absent.body)
    assert {*foreign.headers} == {*absent.headers}


@pytest.mark.parametrize("route", named([route for route in ROUTES if route.checks_origin]))
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8001", ""])
def test_a_change_is_taken_from_our_own_pages_only(bob: Browser, route: Route, origin: str) -> None:
    got = bob.call(route.method, path_of(route), SAMPLES.get(route.path), {"Origin": origin})
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
    path, good = path_of(route), SAMPLES[route.path]
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
