"""Autopay at 100,000 accounts, of which 1,000 are due: what a charge costs the store and the processor.

The accounts are clones of one that the product connected and announced; only what is measured is real.
"""

import json
import time
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from chalicelib import bootstrap
from chalicelib.clock import to_text
from chalicelib.store.agenda import Kind
from tests.autopaying import ANNOUNCED, CHARGED, connect, until
from tests.bench.meter import Bill, MeteredEngine
from tests.bench.report import Table
from tests.bench.shop import measured
from tests.product import Product
from tests.scene import ACCOUNT, NEXT_PERIOD
from tests.storm.harness.ground import ground

ACCOUNTS, DUE = 100_000, 1_000
_KEYS = {
    "portal-billing": ("account", "item"),
    "portal-agenda": ("partition", "sort"),
    "portal-autopays": ("account", "item"),
    "portal-messages": ("message_id", None),
}
HEAD = (
    "gateway",
    "accounts",
    "due",
    "charged",
    "requests each",
    "read units each",
    "write units each",
    "CPU s / 1,000",
    "requests to the end",
    "write units to the end",
)
#: What is charged through: name, gateway, settings.
THROUGH: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("robokassa", "robokassa", {}),
    ("uniteller", "uniteller", {}),
    ("uniteller, which prints", "uniteller", {"UNITELLER_FISCAL": "true"}),
)


def tables() -> list[Table]:
    return [Table("autopay", HEAD, [_row(*through) for through in THROUGH])]


def _row(name: str, gateway: str, settings: dict[str, str]) -> tuple[object, ...]:
    with measured(**settings) as (engine, shop):
        _prepare(engine, shop, gateway)
        bills: list[Bill] = []
        begun, done = time.process_time(), 0
        while (part := _tick(engine, bills)) > 0:
            done += part
        spent = time.process_time() - begun
        requests, reads, writes = _sums(bills)
        # notifications, questions, messages, receipts, and every other kind's looks of ten minutes
        bills.append(engine.bill_of(lambda: shop.advance(minutes=10)))
        charged = _charged(engine)
    each = [f"{value / done:.1f}" for value in (requests, reads, writes)]
    last = [f"{value / done:.1f}" for value in _sums(bills)[::2]]
    return (name, f"{ACCOUNTS:,}", f"{DUE:,}", charged, *each, f"{spent * 1000 / done:.1f}", *last)


def _sums(bills: list[Bill]) -> tuple[int, int, int]:
    """Requests, read units, write units."""
    reads, writes = (sum(getattr(bill.units, name) for bill in bills) for name in ("read", "write"))
    return sum(len(bill.requests) for bill in bills), reads, writes


def _tick(engine: MeteredEngine, bills: list[Bill]) -> int:
    done: list[int] = []
    bills.append(engine.bill_of(lambda: done.append(bootstrap.agenda_runner().run(Kind.AUTOPAY)["done"])))
    return done[0]


def _prepare(engine: MeteredEngine, shop: Product, gateway: str) -> None:
    ground(200_00, NEXT_PERIOD)
    connect(shop, gateway)
    until(shop, ANNOUNCED)
    tables = {name[-1]: table for name, table in engine._handlers._store("_tables").items()}
    rows = [(name, json.dumps(row)) for name in _KEYS for row in _rows_of(name, tables[name])]
    shop.clock.advance(int((CHARGED - bootstrap.now()).total_seconds()) + 60)
    for clone in range(1, ACCOUNTS):
        number = str(7 * 10**9 + clone)
        # who is not due is looked up by nobody: his place in the agenda is enough
        for name, text in rows if clone < DUE else [each for each in rows if each[0] == "portal-agenda"]:
            _insert(tables[name], _KEYS[name], _clone(json.loads(text.replace(ACCOUNT, number)), number, clone < DUE))


def _rows_of(name: str, table: Any) -> Iterator[Any]:
    """What is the account's; of its messages the notices, whose names hold its number."""
    for partition in table["items"].values():
        for row in partition.values():
            if ACCOUNT in json.dumps(row["message_id"] if name == "portal-messages" else row):
                yield row


def _clone(row: Any, number: str, due: bool) -> Any:
    """Its agenda rows stand where its own number puts them; who is not due waits another week."""
    shard = zlib.crc32(number.encode()) % bootstrap.settings().agenda_shards
    for kind in (Kind.AUTOPAY, Kind.ACCOUNT_DAY):
        for name in ("partition", "agenda_key"):
            text = row.get(name, {}).get("S", "")
            if text.startswith(f"{kind}#"):
                row[name]["S"] = f"{kind}#{shard}" + (text[text.index("|") :] if "|" in text else "")
    if not due:
        text = json.dumps(row).replace(to_text(CHARGED), to_text(CHARGED + timedelta(days=7)))
        return json.loads(text)
    return row


def _insert(table: Any, keys: tuple[str, str | None], row: Any) -> None:
    partition, sort = row[keys[0]]["S"], row[keys[1]]["S"] if keys[1] else "__no_sort__"
    table["items"].setdefault(partition, {})[sort] = row
    table["ItemCount"] = table.get("ItemCount", 0) + 1


def _charged(engine: MeteredEngine) -> int:
    tables = {name[-1]: table for name, table in engine._handlers._store("_tables").items()}
    rows = (row for part in tables["portal-topups"]["items"].values() for row in part.values())
    return sum("autopay_period" in row and row["status"]["S"] == "credited" for row in rows)
