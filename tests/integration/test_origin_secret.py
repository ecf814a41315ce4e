"""Behind a distribution nothing is answered without its secret, and only with it is its word believed."""

import hmac
from collections.abc import Iterator

import pytest

from chalicelib.store.subscribers import SubscriberStore
from local.store.engine import Engine
from tests.portal import Browser, client
from tests.product import product, subscriber

SECRET = "a-secret-of-the-distribution-0123456789"


@pytest.fixture
def browser(store: Engine) -> Iterator[Browser]:
    with product(origin_secret=SECRET):
        subscriber("sub-bob", "bob", "+79001112233")
        yield client("130.176.0.1")


@pytest.mark.parametrize("given", ["", "a", SECRET[:-1], SECRET + "0", SECRET.upper(), "é" * len(SECRET)])
@pytest.mark.parametrize("path", ["/api/health", "/api/session", "/api/accounts", "/api/webhooks/robokassa"])
def test_without_the_secret_nothing_is_answered(browser: Browser, path: str, given: str) -> None:
    got = browser.get(path, X_Origin_Secret=given)
    assert got.status == 403
    assert got.json["code"] == "forbidden"


def test_with_it_the_caller_is_whom_the_distribution_saw(browser: Browser) -> None:
    seen = ["203.0.113.9:443", "2001:db8::7:50000"]
    for address in seen:
        browser.headers |= {"X-Origin-Secret": SECRET, "CloudFront-Viewer-Address": address}
        assert browser.log_in("bob").status == 200
    assert {row.address for row in SubscriberStore().journal("sub-bob")} == {"203.0.113.9", "2001:db8::7"}


def test_the_secret_is_judged_by_the_constant_time_comparison(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hmac, "compare_digest", lambda given, expected: False)
    assert browser.get("/api/health", X_Origin_Secret=SECRET).status == 403
