"""The product that is measured: the demo subscribers with fourteen months of history, a clock that stands still."""

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib import bootstrap
from local import demo, demo_logins
from local.store.schema import create_tables
from local.store.transport import attach, detach
from tests.bench.meter import MeteredEngine
from tests.product import Product, product

SUBSCRIBER, LOGIN, ACCOUNT, SECOND_ACCOUNT = "sub-bob", "bob", "100201", "100202"


@contextmanager
def measured(**settings: str) -> Iterator[tuple[MeteredEngine, Product]]:
    with MeteredEngine() as engine:
        attach(engine)
        try:
            create_tables()
            with product(invoice_start=1000, topups_per_day=100_000, **settings) as shop:
                demo.seed(bootstrap.now(), bootstrap.settings())
                demo_logins.seed(bootstrap.now, bootstrap.settings())
                yield engine, shop
        finally:
            detach()
