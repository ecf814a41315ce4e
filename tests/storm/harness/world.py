"""A fresh product for each case: the store is filled once and put back from its dump, as is what a case begins from.

Two weeks of days before a charge take ten times as long as the charge; they are lived once in a process.
"""

import copy
import hashlib
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chalicelib import bootstrap
from local.store.engine import Engine
from local.store.schema import create_tables
from local.store.transport import attach, set_around
from tests.product import Product, digest, product, subscriber

_filled: list[bytes] = []
_engine: list[Engine] = []


@dataclass(frozen=True)
class Stage:
    """What outlives a process: rows, the memory of the companies, the time; and what the case holds on to."""

    rows: bytes
    companies: bytes
    offset: timedelta
    state: Any


_stages: dict[Hashable, Stage] = {}


def staged(shop: Product, key: Hashable, prepare: Callable[[], Any]) -> Any:
    """What ``prepare`` leads to, lived through the first time and put back from then on.

    Always as a new process finds it, the first time too: nothing that the preparation has cached is there any more.
    """
    if key not in _stages:
        state, company = prepare(), shop.sandbox._state._connection
        rows = _engine[0]._handlers.dump()
        _stages[key] = Stage(rows, company.serialize(), shop.clock.offset, copy.deepcopy(state))
    stage = _stages[key]
    _engine[0]._handlers.load(stage.rows)
    shop.sandbox._state._connection.deserialize(stage.companies)
    shop.clock.restore(stage.offset)
    bootstrap.forget()
    return copy.deepcopy(stage.state)


def fingerprint(shop: Product) -> Hashable:
    """Of everything that outlives a process: whatever begins as equal as this goes on alike."""
    companies = "\n".join(shop.sandbox._state._connection.iterdump())
    return digest(_engine[0]), hashlib.sha256(companies.encode()).hexdigest(), shop.clock.offset


@contextmanager
def world(engine: Engine, **settings: object) -> Iterator[Product]:
    """Bob with two accounts, and charlie. One agenda shard, so that a flow's calls are not mostly empty looks."""
    attach(engine)
    set_around(None)
    _engine[:] = [engine]
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
