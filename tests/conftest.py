"""What every test may ask for: a store that behaves like DynamoDB, and a clock that stands still."""

import os

# Read by the store's modules when they are imported, hence before any import of ours.
os.environ["PORTAL_STORE_STRICT"] = "ydb"
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.store import transaction
from local.store.engine import Engine
from local.store.schema import create_tables
from local.store.transport import attach, detach, set_around

if TYPE_CHECKING:
    from tests.product import Product


class SettableClock:
    """A clock that moves only when a test moves it. It is the ``Clock`` itself: call it for the time."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: Any) -> datetime:
        """``advance(days=1, minutes=-5)``; returns the new time."""
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """One per module: a process has one engine at a time, and some modules make their own."""
    with Engine() as memory:
        attach(memory)
        yield memory
        detach()


@pytest.fixture
def store(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An empty store with every table, no faults, and no real waiting between tries."""
    monkeypatch.setattr(transaction, "pause", lambda seconds: None)
    attach(engine)
    engine.reset()
    create_tables()
    yield engine
    set_around(None)


@pytest.fixture
def shop(store: Engine) -> Iterator["Product"]:
    """The whole product with bob (two accounts) and charlie; invoices begin at 1000."""
    from tests.product import product, subscriber

    with product(invoice_start=1000) as made:
        subscriber("sub-bob", "bob", "+79001112233")
        subscriber("sub-charlie", "charlie", "+79004445566")
        made.account("100201", "sub-bob")
        made.account("100202", "sub-bob")
        yield made
