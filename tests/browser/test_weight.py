"""What the first visit costs a phone."""

import gzip
import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response, expect

from tests.browser.product import Product, sign_in

SITE = Path(__file__).resolve().parents[2] / "static_site"
FIRST_SCREEN_BYTES, FIRST_SCREEN_FILES = 25 * 1024, 12
#: Screens come one by one when they are opened: what a visitor waits for is the first one, this only stops a flood.
WHOLE_SITE_BYTES = 84 * 1024
SERVED = {".html", ".js", ".css", ".svg", ".txt"}


def loaded(page: Page, ready: str) -> dict[str, int]:
    """Path of each file of the site and its bytes on the wire, up to the finished screen."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("/")
    expect(page.locator(ready)).to_be_visible()
    found = {urlsplit(each.url).path: each for each in answers if "/api/" not in each.url}
    found.pop("/favicon.svg", None)
    sizes = {path: each.request.sizes()["responseBodySize"] for path, each in found.items()}
    assert all(sizes.values()), f"a cached file weighs nothing: {sizes}"
    return sizes


def of_login(page: Page) -> dict[str, int]:
    return loaded(page, "#password")


def of_home(page: Page, site: Product) -> dict[str, int]:
    """Once more by somebody who is signed in, with nothing cached."""
    sign_in(page, site, "bob")
    page.goto("about:blank")
    cdp = page.context.new_cdp_session(page)
    cdp.send("Network.enable")
    cdp.send("Network.setCacheDisabled", {"cacheDisabled": True})
    return loaded(page, '[data-test="balance"]')


def test_the_login_is_light(page: Page) -> None:
    files = of_login(page)
    assert "/styles.css" in files
    assert sum(files.values()) <= FIRST_SCREEN_BYTES, files
    assert len(files) <= FIRST_SCREEN_FILES, files


def test_the_main_screen_is_light(page: Page, site: Product) -> None:
    files = of_home(page, site)
    assert "/screens/home.js" in files
    assert sum(files.values()) <= FIRST_SCREEN_BYTES, files
    assert len(files) <= FIRST_SCREEN_FILES, files


def test_the_whole_site_is_light() -> None:
    files = [path for path in SITE.rglob("*") if path.suffix in SERVED and not path.name.endswith(".d.ts")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) <= WHOLE_SITE_BYTES


def test_preloaded_are_exactly_the_modules_of_every_first_screen(page: Page, site: Product) -> None:
    listed = re.findall(r'rel="modulepreload" href="([^"]+)"', (SITE / "index.html").read_text("utf-8"))
    common = of_login(page).keys() & of_home(page, site).keys()
    assert {f"/{name}" for name in listed} == {path for path in common if path.endswith(".js")} - {"/app.js"}
