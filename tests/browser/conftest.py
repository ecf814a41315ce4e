"""A real browser against the real product; no test may reach another host or break the site's own policy."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, Response, expect

from tests.browser.product import Product

HERE = Path(__file__).parent
NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
REPORT_VIOLATIONS = """document.addEventListener('securitypolicyviolation', (event) =>
  window.__violation(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`))"""

expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("product") / "data")
    try:
        product.wait()
        yield product
    finally:
        product.stop()


@pytest.fixture(scope="session")
def base_url(site: Product) -> str:
    return site.url


@pytest.fixture(scope="session", autouse=True)
def _test_marks(playwright: Any) -> None:
    playwright.selectors.set_test_id_attribute("data-test")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", NOWHERE]
    environment = {**os.environ, "LANGUAGE": "ru", "LANG": "ru_RU.UTF-8"}
    return {
        **browser_type_launch_args,
        "executable_path": shutil.which("chromium"),
        "args": arguments,
        "env": environment,
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_context_args,
        "locale": "ru-RU",
        "timezone_id": "Europe/Moscow",
        "viewport": {"width": 1280, "height": 900},
        "reduced_motion": "reduce",
    }


@pytest.fixture
def page(page: Page, site: Product) -> Iterator[Page]:
    """Fails the test on a violated policy, an error of a script, a broken server or a foreign host."""
    bad: list[str] = []
    watch(page, site, bad)
    yield page
    assert not bad, bad


def watch(page: Page, site: Product, bad: list[str]) -> None:
    """Every misbehaviour of this page becomes a line of ``bad``."""
    page.expose_function("__violation", lambda what: bad.append(f"policy: {what}"))
    page.add_init_script(REPORT_VIOLATIONS)
    page.on("pageerror", lambda error: bad.append(f"script: {error}"))
    page.on("console", lambda message: _console(message, bad))
    page.on("request", lambda request: _foreign(request, site, bad))
    page.on("response", lambda response: _broken(response, bad))


def _console(message: ConsoleMessage, bad: list[str]) -> None:
    failed = "Failed to load resource" in message.text
    # a 401 is an answer, and a test may take the network away
    expected = failed and ("/api/" in message.location["url"] or "ERR_INTERNET_DISCONNECTED" in message.text)
    if message.type == "error" and not expected:
        bad.append(f"console: {message.text}")


def _foreign(request: Request, site: Product, bad: list[str]) -> None:
    if not request.url.startswith((site.url + "/", "data:", "blob:")):
        bad.append(f"foreign host: {request.url}")


def _broken(response: Response, bad: list[str]) -> None:
    if response.status >= 500:
        bad.append(f"{response.status}: {response.url}")
