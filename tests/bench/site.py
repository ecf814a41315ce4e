"""Bytes and files of the site: the two first screens as Chromium loads them, and everything there is."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.report import Table
from tests.browser.conftest import NOWHERE
from tests.browser.product import Product
from tests.browser.test_weight import (
    FIRST_SCREEN_BYTES,
    FIRST_SCREEN_FILES,
    SERVED,
    SITE,
    WHOLE_SITE_BYTES,
    of_home,
    of_login,
)

CHROMIUM = "/usr/bin/chromium"
KIB = 1024


@contextmanager
def running() -> Iterator[Product]:
    """``make run`` in a process of its own, with data of its own."""
    with TemporaryDirectory() as folder:
        product = Product(Path(folder) / "data")
        try:
            product.wait()
            yield product
        finally:
            product.stop()


@contextmanager
def browsing(site: Product) -> Iterator[Page]:
    """A phone's window of a fresh Chromium that can reach this machine only."""
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", NOWHERE]
    with sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        browser: Browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        context = browser.new_context(
            base_url=site.url, locale="ru-RU", timezone_id="Europe/Moscow", viewport={"width": 390, "height": 844}
        )
        yield context.new_page()
        browser.close()


def tables() -> list[Table]:
    rows: list[tuple[object, ...]] = []
    first = f"{FIRST_SCREEN_BYTES // KIB} KB, {FIRST_SCREEN_FILES} files"
    with running() as site, browsing(site) as page:
        for name, files in (("log-in", of_login(page)), ("main screen", of_home(page, site))):
            rows.append((name, _kib(sum(files.values())), len(files), first))
    whole = [path for path in SITE.rglob("*") if path.suffix in SERVED and not path.name.endswith(".d.ts")]
    packed = sum(len(gzip.compress(path.read_bytes(), mtime=0)) for path in whole)
    rows.append(("the whole site, both languages", _kib(packed), len(whole), f"{WHOLE_SITE_BYTES // KIB} KB"))
    return [Table("site", ("what", "KB, gzip", "files", "limit"), rows)]


def _kib(size: int) -> str:
    return f"{size / KIB:.1f}"
