"""The embedded billing's calendar: a tick at 10,000 and at 100,000 accounts, units per act, processor time.

The accounts that exist are clones of one that the product made, put straight into the engine's memory in the
shape in which it wrote them; all of them wait for a day within the next month. What is measured is real.
"""

import json
import statistics
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

from chalicelib import bootstrap
from chalicelib.billing import OperationKind, ServiceKind, Start
from chalicelib.billing.embedded import accounts, calendar
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.billing.embedded.books import read
from chalicelib.clock import day_start, to_text
from chalicelib.money import Kopecks
from chalicelib.store.agenda import Kind
from tests import scene
from tests.bench.meter import Bill, MeteredEngine
from tests.bench.report import Table
from tests.bench.shop import SUBSCRIBER, measured
from tests.product import START, Product, books

SIZES, DUE = (10_000, 100_000), 50
#: How many openings are timed at once, how often, and what they are told for.
OPENINGS, ROUNDS, TOLD_FOR = 200, 5, 1_000
_KEYS = {"portal-billing": ("account", "item"), "portal-agenda": ("partition", "sort")}
TICK_HEAD = ("accounts", "due", "worked on", "requests", "by operation", "read units", "write units")
ACT_HEAD = ("what", "requests", "by operation", "read units", "write units")
CPU_HEAD = ("what", f"CPU seconds per {TOLD_FOR:,}", "spread")


def account(number: str, opens: date, paid: int = 0, services: int = 1) -> str:
    """An account whose period opens on a day, with so much money in it."""
    accounts.create(NewAccount(number, SUBSCRIBER, "Дом", "Тверь", opens.day, date(2026, 1, 12)), START)
    for place in range(services):
        kind, fee = (ServiceKind.INTERNET, 650_00) if not place else (ServiceKind.ADDON, 50_00)
        id, title = f"service-{place}", f"Услуга {place}"
        service = NewService(id, kind, title, "t100", "Сто", Kopecks(fee), 100, place, opens)
        accounts.add_service(books(), number, service)
    if paid:
        bootstrap.billing().post_payment(number, Kopecks(paid), f"bench:{number}", "gateway:robokassa")
    return number


def fill(engine: MeteredEngine, number: int) -> None:
    """Clones; the original waits for the day after tomorrow, they for a day of the month that begins then."""
    first, zone = books().today() + timedelta(days=2), bootstrap.settings().zone
    original = account("7000000000", first)
    key = read(original)[1].agenda_key
    assert key is not None
    tables = {name[-1]: table for name, table in engine._handlers._store("_tables").items()}
    rows = [(name, row) for name in _KEYS for row in _rows_of(tables[name], original, key)]
    assert len(rows) == 4, "an account is its row, its head, its membership and its agenda row"
    texts = [(name, json.dumps(row)) for name, row in rows]
    partition, _, sort = key.partition("|")
    for clone in range(1, number):
        name, due = str(7 * 10**9 + clone), day_start(first + timedelta(days=clone % 30), zone)
        shard = zlib.crc32(name.encode()) % bootstrap.settings().agenda_shards
        changed = (
            (sort, f"{to_text(due)}#{name}"),
            (f'"{partition}', f'"{Kind.ACCOUNT_DAY}#{shard}'),
            (original, name),
        )
        for table, text in texts:
            for old, new in changed:
                text = text.replace(old, new)
            _insert(tables[table], _KEYS[table], json.loads(text))


def _rows_of(table: Any, *known: str) -> Iterator[Any]:
    for partition in table["items"].values():
        for row in partition.values():
            if any(value.get("S") in known for value in row.values()):
                yield row


def _insert(table: Any, keys: tuple[str, str], row: Any) -> None:
    partition, sort = (row[key]["S"] for key in keys)
    rows = table["items"].setdefault(partition, {})
    assert sort not in rows, "a clone must not replace anything"
    rows[sort] = row
    table["ItemCount"] = table.get("ItemCount", 0) + 1


def due_today(number: int) -> None:
    """Accounts whose period opens today, every other one without the money for it."""
    for each in range(number):
        account(str(8 * 10**9 + each), books().today(), 700_00 if each % 2 else 0)


def tick(engine: MeteredEngine) -> tuple[Bill, int]:
    done: list[int] = []
    bill = engine.bill_of(lambda: done.append(bootstrap.agenda_runner().run(Kind.ACCOUNT_DAY)["done"]))
    return bill, done[0]


def ticks(number: int) -> Iterator[tuple[object, ...]]:
    with measured() as (engine, _):
        fill(engine, number)
        yield _tick_row(number, 0, *tick(engine))
        due_today(DUE)
        yield _tick_row(number, DUE, *tick(engine))


def _tick_row(number: int, due: int, bill: Bill, done: int) -> tuple[object, ...]:
    units = bill.units
    return f"{number:,}", due, done, len(bill.requests), bill.by_operation, units.read, units.write


def acts(engine: MeteredEngine, shop: Product) -> Table:
    """Each act once, on accounts of their own; an opening is run as the agenda runs it, lease and all."""
    today, rows = books().today(), []

    def row(what: str, act: Callable[[], object]) -> None:
        bill = engine.bill_of(act)
        rows.append((what, len(bill.requests), bill.by_operation, bill.units.read, bill.units.write))

    billing = bootstrap.billing()
    for number, (what, paid, services) in enumerate(
        (("1 service", 700_00, 1), ("5 services", 900_00, 5), ("not enough money: blocked", 0, 1)), 1
    ):
        name = account(str(9 * 10**9 + number), today, paid, services)
        row(f"a period opened, {what}", partial(billing.run_calendar, name))
    scene.settle(shop)
    charge = billing.tariff_offers(scene.ACCOUNT, "internet")
    now = next(offer for offer in charge if offer.id == "t300").starts[0].charge_kopecks
    row("tariff offers", lambda: billing.tariff_offers(scene.ACCOUNT, "internet"))
    row("tariff changed now", lambda: billing.change_tariff(scene.ACCOUNT, "internet", "t300", Start.NOW, now, None))
    shop.clock.advance(19 * 86400)
    billing.run_calendar(scene.ACCOUNT)
    promises, wanted = bootstrap.promised_payments(), billing.promise_offer(scene.ACCOUNT).amount_kopecks
    row("promised payment taken", lambda: promises.take(SUBSCRIBER, scene.ACCOUNT, wanted, "ru"))
    for what, seconds in (("its end announced", 3 * 86400 - 4 * 3600), ("its end", 86400)):
        shop.clock.advance(seconds)
        row(f"promised payment, {what}", lambda: bootstrap.agenda_runner().run(Kind.PROMISED_PAYMENT))
    return Table("calendar-acts", ACT_HEAD, rows)


def cpu() -> Table:
    """Processor time of this process: our code, the model layer, botocore and the local store's own work."""
    whole, plan = [], []
    with measured():
        today = books().today()
        names = [account(str(6 * 10**9 + each), today, 700_00) for each in range(OPENINGS * ROUNDS)]
        standings = [read(name)[2] for name in names]
        for start in range(0, len(names), OPENINGS):
            part = slice(start, start + OPENINGS)
            plan.append(_cpu(partial(calendar.next_step, by=today), standings[part]))
            whole.append(_cpu(bootstrap.billing().run_calendar, names[part]))
        legs = [leg for name in names[:1] for leg in scene.entry_legs(name) if leg["kind"] == OperationKind.CHARGE]
        assert len(legs) == 1, "what was timed is an opening"
    rows = [_cpu_row("openings, the local store included", whole), _cpu_row("the decision alone", plan)]
    return Table("calendar-cpu", CPU_HEAD, rows)


def _cpu(act: Callable[[Any], object], each: list[Any]) -> float:
    begun = time.process_time()
    for one in each:
        act(one)
    return (time.process_time() - begun) * TOLD_FOR / len(each)


def _cpu_row(what: str, seconds: list[float]) -> tuple[object, ...]:
    return what, f"{statistics.median(seconds):.2f}", f"{min(seconds):.2f}–{max(seconds):.2f}"


def tables() -> list[Table]:
    rows = [row for number in SIZES for row in ticks(number)]
    if len({row[1:] for row in rows}) != 2:
        raise RuntimeError(f"a tick costs more where more exists: {rows}")
    with measured() as (engine, shop):
        done = acts(engine, shop)
    return [Table("calendar-tick", TICK_HEAD, rows), done, cpu()]
