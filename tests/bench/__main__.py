"""``make bench``: what things cost in counted units. Seconds are nobody's promise; requests and bytes are."""

import gzip
import os
import sys
from pathlib import Path

os.environ["PORTAL_STORE_STRICT"] = "ydb"

from chalicelib.store.agenda import Kind
from local.store.engine import Engine
from local.store.schema import create_tables
from local.store.transport import attach, set_around
from tests.portal import client
from tests.product import Product, product, subscriber
from tests.storm.harness import Breaker

ROOT = Path(__file__).resolve().parents[2]
READS = ("/api/health", "/api/session", "/api/home", "/api/accounts", "/api/accounts/100201",
         "/api/accounts/100201/operations", "/api/accounts/100201/topup-options")  # fmt: skip


def requests_of(act: object) -> list[str]:
    seen = Breaker()
    set_around(seen.store)
    try:
        assert callable(act)
        act()
    finally:
        set_around(None)
    return seen.calls


def routes(shop: Product) -> None:
    browser = client()
    signing_in = requests_of(lambda: browser.log_in("bob"))
    print(f"{'POST /api/session':50} {len(signing_in)} store requests")
    for path in READS:
        browser.get(path)
        print(f"{'GET ' + path:50} {len(requests_of(lambda path=path: browser.get(path)))} store requests")


def money(shop: Product) -> None:
    ordering = requests_of(lambda: shop.order("sub-bob", "100201"))
    print(f"{'ordering a top-up':50} {len(ordering)} store requests")
    topup = shop.order("sub-bob", "100201").topup
    crediting = requests_of(lambda: shop.notify(shop.result_fields(topup)))
    print(f"{'webhook to credited':50} {len(crediting)} store requests")


def agenda(shop: Product) -> None:
    """A tick costs what is due, not what exists."""
    from chalicelib import bootstrap

    for existing in (0, 300):
        for _ in range(existing):
            shop.order("sub-bob", "100202")
        idle = requests_of(lambda: bootstrap.agenda_runner().run(Kind.ASK_GATEWAY))
        print(f"{f'agenda tick, nothing due, {existing} more waiting':50} {len(idle)} store requests")


def weight() -> None:
    site = ROOT / "static_site"
    shown = [file for file in site.rglob("*") if file.suffix in {".html", ".js", ".css", ".svg"}]
    packed = sum(len(gzip.compress(file.read_bytes(), mtime=0)) for file in shown)
    print(f"{'whole site, gzip':50} {packed} bytes in {len(shown)} files")


def main() -> int:
    with Engine() as engine:
        attach(engine)
        create_tables()
        with product(invoice_start=1000, topups_per_day=1000) as shop:
            subscriber("sub-bob", "bob", "+79001112233")
            shop.account("100201", "sub-bob")
            shop.account("100202", "sub-bob")
            routes(shop)
            money(shop)
            agenda(shop)
    weight()
    return 0


if __name__ == "__main__":
    sys.exit(main())
