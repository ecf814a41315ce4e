"""What a call costs in requests to the store: counted, so that nobody adds one unseen."""

import pytest

from tests.portal import Browser, client
from tests.product import Product
from tests.storm.harness.breaker import Breaker, broken

#: Route -> its store requests in order, with a warm session.
COSTS = {
    "/api/health": [],
    "/api/session": ["GetItem subscribers", "GetItem subscribers", "Query billing", "BatchGetItem billing"],
    "/api/accounts/100201": ["GetItem subscribers", "Query billing", "GetItem autopays"],
    "/api/accounts/100201/services": ["GetItem subscribers", "Query billing"],
    "/api/accounts/100201/topup-options": ["GetItem subscribers", "Query billing", "GetItem autopays"],
    "/api/accounts/100201/operations": ["GetItem subscribers", "GetItem billing", "Query ledger", "Query ledger"],
}


@pytest.fixture
def bob(shop: Product) -> Browser:
    browser = client()
    browser.log_in("bob")
    browser.get("/api/accounts/100201")
    return browser


@pytest.mark.parametrize("path", COSTS)
def test_a_read_costs_what_is_listed(shop: Product, bob: Browser, path: str) -> None:
    assert store_requests(shop, bob, path) == COSTS[path]


def test_an_account_view_is_at_most_three_reads(shop: Product, bob: Browser) -> None:
    assert len(store_requests(shop, bob, "/api/accounts/100201")) <= 3


def test_a_cookie_that_cannot_be_ours_costs_nothing(shop: Product) -> None:
    assert store_requests(shop, Browser(cookies={"session": "not ours"}), "/api/session") == []


def store_requests(shop: Product, browser: Browser, path: str) -> list[str]:
    seen = Breaker()
    with broken(shop, seen):
        assert browser.get(path).status == 200
    return [call.removeprefix("store ").replace("portal-", "") for call in seen.calls]
