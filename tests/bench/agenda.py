"""A tick of the agenda costs what is due, whatever exists: counted at 1,000 and at 100,000 top-ups.

The top-ups that exist are clones: one is ordered through the product, its rows are taken from the store and
put back under other ids, invoices and due times straight into the engine's memory, in the shape in which the
product wrote them. All of them wait for a question of tomorrow, which is the fullest that an agenda can be.
"""

import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from chalicelib import bootstrap
from chalicelib.clock import to_text
from chalicelib.store.agenda import Kind
from tests.bench.meter import Bill, MeteredEngine
from tests.bench.report import Table
from tests.bench.shop import ACCOUNT, SUBSCRIBER, measured
from tests.product import START, Product

SIZES = (1_000, 100_000)
DUE = 50
#: The keys of the tables that hold a top-up's rows.
_KEYS = {"portal-topups": ("topup_id", "item"), "portal-agenda": ("partition", "sort")}
HEAD = ("top-ups", "due", "worked on", "requests", "by operation", "read units", "write units")


def fill(engine: MeteredEngine, shop: Product, number: int) -> None:
    topup = shop.order(SUBSCRIBER, ACCOUNT, id=str(UUID(int=0))).topup
    tables = {key[-1]: table for key, table in engine._handlers._store("_tables").items()}
    original = list(_rows_of(tables, topup.topup_id, f"invoice#robokassa#{topup.invoice}"))
    assert len(original) == 5, "a top-up is its row, two events, its invoice and its agenda row"
    settings = bootstrap.settings()
    for clone in range(1, number):
        id = str(UUID(int=1 << 100 | clone))
        due = to_text(START + timedelta(days=1, seconds=clone % 86_400))
        partition = f"{Kind.ASK_GATEWAY}#{zlib.crc32(id.encode()) % settings.agenda_shards}"
        changed = {
            topup.topup_id: id,
            f"invoice#robokassa#{topup.invoice}": f"invoice#robokassa#{10**8 + clone}",
            str(topup.invoice): str(10**8 + clone),
            str(topup.agenda_key): f"{partition}|{due}#{id}",
            str(topup.agenda_key).split("|")[0]: partition,
            str(topup.agenda_key).split("|")[1]: f"{due}#{id}",
        }
        for name, row in original:
            _insert(tables[name], _KEYS[name], {field: _changed(value, changed) for field, value in row.items()})


def _rows_of(tables: Any, *known: str) -> Iterator[tuple[str, Any]]:
    """Every row that names one of these, whatever its table."""
    for name in _KEYS:
        for partition in tables[name]["items"].values():
            for row in partition.values():
                if any(value.get("S") in known for value in row.values()):
                    yield name, row


def _changed(value: Any, changed: dict[str, str]) -> Any:
    ((kind, content),) = value.items()
    return {kind: changed[content]} if kind in "SN" and content in changed else value


def _insert(table: Any, keys: tuple[str, str], row: Any) -> None:
    partition, sort = (row[key]["S"] for key in keys)
    rows = table["items"].setdefault(partition, {})
    assert sort not in rows, "a clone must not replace anything"
    rows[sort] = row
    table["ItemCount"] = table.get("ItemCount", 0) + 1


def tick(engine: MeteredEngine) -> tuple[Bill, int]:
    """Every kind of the agenda once, as the schedules do each minute."""
    done: list[int] = []
    bill = engine.bill_of(lambda: done.append(sum(bootstrap.agenda_runner().run_due().values())))
    return bill, done[0]


def measure(number: int) -> Iterator[tuple[object, ...]]:
    with measured() as (engine, shop):
        fill(engine, shop, number)
        shop.clock.advance(5 * 60)
        bootstrap.agenda_runner().run_due()  # the original's own first question
        yield _row(number, 0, *tick(engine))
        for each in range(DUE):
            topup = shop.order(SUBSCRIBER, ACCOUNT, id=str(UUID(int=2 << 100 | each))).topup
            if each % 2:
                shop.pay(topup, "paid", webhook="lost")
        shop.clock.advance(60)
        yield _row(number, DUE, *tick(engine))


def _row(number: int, due: int, bill: Bill, done: int) -> tuple[object, ...]:
    units = bill.units
    return f"{number:,}", due, done, len(bill.requests), bill.by_operation, units.read, units.write


def tables() -> list[Table]:
    rows = [row for number in SIZES for row in measure(number)]
    found = [Table("agenda-tick", HEAD, rows)]
    if len({row[1:] for row in rows}) != 2:
        raise RuntimeError(f"a tick costs more where more exists:\n{found[0].markdown()}")
    return found
