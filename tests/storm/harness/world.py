"""A fresh product for each case: the store is filled once and put back from its dump."""

from collections.abc import Iterator
from contextlib import contextmanager

from local.store.engine import Engine
from local.store.schema import create_tables
from local.store.transport import attach, set_around
from tests.product import Product, product, subscriber

_filled: list[bytes] = []


@contextmanager
def world(engine: Engine, **settings: object) -> Iterator[Product]:
    """Bob with two accounts, and charlie. One agenda shard, so that a flow's calls are not mostly empty looks."""
    attach(engine)
    set_around(None)
    with product(**{"invoice_start": 1000, "agenda_shards": 1, **settings}) as shop:
        if _filled:
            engine._handlers.load(_filled[0])
        else:
            engine.reset()
            create_tables()
            _people(shop)
            _filled.append(engine._handlers.dump())
        yield shop


def _people(shop: Product) -> None:
    subscriber("sub-bob", "bob", "+79001112233")
    subscriber("sub-charlie", "charlie", "+79004445566")
    for account in ("100201", "100202"):
        shop.account(account, "sub-bob")
