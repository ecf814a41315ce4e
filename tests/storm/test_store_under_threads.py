"""The store that every other test rests on keeps its promises under threads, and these checks can fail.

Sixteen threads work through PynamoDB and the product's own ``Transaction``, interrupted after almost every
step. A check gives back what it saw wrong, in words. In the last test the same checks meet stores that are
unsound on purpose, each in one of the ways in which an emulator usually is, and have to notice.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pynamodb.attributes import UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.exceptions import PutError
from pynamodb.models import Model
from pynamodb.transactions import TransactGet

from chalicelib.store.tables import Connected, IntegerAttribute, fetch
from chalicelib.store.transaction import ConditionFailed, Transaction
from local.store import transport
from local.store.engine import Engine
from tests.storm.unsound import UNSOUND

THREADS = 16
#: Seconds; the usual 5 ms let most requests through without an interruption.
SWITCH_INTERVAL = 1e-6
ACCOUNTS = ("a", "b", "c", "d")
START = 300
#: Tries of each thread to count; those that come too late are not repeated.
COUNTS = 8

Check = Callable[[], list[str]]


class Row(Model):
    class Meta(Connected):
        table_name = "storm-rows"

    owner = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    kopecks = IntegerAttribute(default=0)


@pytest.fixture
def rows(store: Engine) -> Iterator[Engine]:
    Row.create_table(wait=True)
    # the clients are made at first use, and would be made by every thread at once
    put("warm").commit()
    yield store
    transport.set_around(None)


def put(owner: str, item: str = "-", kopecks: int = 0) -> Transaction:
    tx = Transaction()
    tx.put("row", Row(owner, item, kopecks=kopecks))
    return tx


def kopecks(owner: str, item: str = "head") -> int:
    found = fetch(Row, owner, item)
    return found.kopecks if found else -1


def in_threads(work: Callable[[int], Any]) -> list[Any]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(work, range(THREADS)))
    finally:
        sys.setswitchinterval(before)


def committed(tx: Transaction) -> bool:
    try:
        tx.commit()
    except ConditionFailed:
        return False
    return True


def a_counter_loses_nothing() -> list[str]:
    """Read, add one, write on condition that nothing has changed: as every head and revision of the product."""
    put("counter", "head").commit()

    def count(_: int) -> int:
        done = 0
        for _ in range(COUNTS):
            seen = kopecks("counter")
            tx = Transaction()
            tx.update("row", Row("counter", "head"), [Row.kopecks.set(seen + 1)], Row.kopecks == seen)
            done += committed(tx)
        return done

    acknowledged, found = sum(in_threads(count)), kopecks("counter")
    return [f"{acknowledged} acknowledged, {found} counted"] if acknowledged != found or not found else []


def a_key_has_one_winner() -> list[str]:
    keys = [f"key-{number}" for number in range(12)]

    def claim(number: int) -> list[str]:
        won = []
        for key in keys:
            try:
                Row(key, "head", kopecks=number).save(Row.owner.does_not_exist())
                won.append(key)
            except PutError:
                pass
        return won

    claims = in_threads(claim)
    winners = Counter(key for won in claims for key in won)
    wrong = [f"{key} was won {winners[key]} times" for key in keys if winners[key] != 1]
    lost = [key for number, won in enumerate(claims) for key in won if kopecks(key) != number]
    return wrong + [f"the winner of {key} does not stand there" for key in lost]


def transfers_keep_the_sum_and_stand_in_the_ledger() -> list[str]:
    """Money moves only together with its entry; what was acknowledged can be recomputed from the entries."""
    for account in ACCOUNTS:
        put(account, "head", START).commit()

    def transfer(number: int) -> list[tuple[str, str, str]]:
        done = []
        for step in range(4):
            payer, payee = ACCOUNTS[(number + step) % 4], ACCOUNTS[(number + 2 * step + 1) % 4]
            entry = f"entry-{number}-{step}"
            if payer != payee and committed(_transfer(payer, payee, entry)):
                done.append((payer, payee, entry))
        return done

    done = [each for one in in_threads(transfer) for each in one]
    heads = {account: kopecks(account) for account in ACCOUNTS}
    expected = dict.fromkeys(ACCOUNTS, START)
    for payer, payee, _ in done:
        expected[payer] -= 50
        expected[payee] += 50
    entries = {row.item for row in Row.query("ledger", consistent_read=True)}
    wrong = [] if sum(heads.values()) == START * len(ACCOUNTS) else [f"money appeared or vanished: {heads}"]
    wrong += [] if heads == expected else [f"heads {heads}, by the acknowledged transfers {expected}"]
    wrong += [] if entries == {entry for *_, entry in done} else ["entries are not the acknowledged transfers"]
    return wrong + ([] if min(heads.values()) >= 0 and done else ["a head below nought, or nothing was done"])


def _transfer(payer: str, payee: str, entry: str) -> Transaction:
    """On condition of the balances that it was decided on; a lost race is simply not made."""
    has, gets = kopecks(payer), kopecks(payee)
    tx = Transaction()
    tx.put("entry", Row("ledger", entry, kopecks=50), Row.owner.does_not_exist())
    enough = (Row.kopecks == has) & (Row.kopecks >= 50)
    tx.update("payer", Row(payer, "head"), [Row.kopecks.set(has - 50)], enough)
    tx.update("payee", Row(payee, "head"), [Row.kopecks.set(gets + 50)], Row.kopecks == gets)
    return tx


def a_transaction_is_seen_whole_or_not_at_all() -> list[str]:
    """Half of the threads write two rows together, the others read them together."""
    both = ("left", "right")
    connection = Connection(region=Connected.region)
    connection.list_tables()

    def write(value: int) -> None:
        tx = Transaction()
        for owner in both:
            tx.put(owner, Row(owner, "head", kopecks=value))
        tx.commit()

    def work(number: int) -> list[str]:
        wrong = []
        for step in range(8):
            if number % 2:
                write(number * 100 + step)
                continue
            with TransactGet(connection=connection) as read:
                found = [read.get(Row, owner, "head") for owner in both]
            left, right = (future.get().kopecks for future in found)
            if left != right:
                wrong.append(f"half a transaction: {left} and {right}")
        return wrong

    write(0)
    wrong = [each for one in in_threads(work) for each in one]
    left, right = kopecks("left"), kopecks("right")
    return wrong + ([f"half a transaction stays: {left} and {right}"] if left != right else [])


def a_refusal_names_its_condition_and_writes_nothing() -> list[str]:
    """One condition of three can fail, in the middle; whoever is refused must find none of his rows."""
    put("open", "head").commit()

    def claim(number: int) -> list[str]:
        wrong = []
        for step in range(4):
            mine = f"mine-{number}-{step}"
            tx = Transaction()
            tx.check("open", Row, "open", "head", Row.owner.exists())
            tx.put("mine", Row(mine, "head"), Row.owner.does_not_exist())
            tx.put("shared", Row(f"shared-{step}", "head"), Row.owner.does_not_exist())
            tx.put("last", Row(mine, "last"), Row.owner.does_not_exist())
            try:
                tx.commit()
                expected = 0
            except ConditionFailed as refused:
                expected = -1
                wrong += [] if refused.names == {"shared"} else [f"refused because of {set(refused.names)}"]
            if (kopecks(mine), kopecks(mine, "last")) != (expected, expected):
                wrong.append(f"rows of {mine} after {'success' if expected == 0 else 'a refusal'}")
        return wrong

    return [each for one in in_threads(claim) for each in one]


def a_read_sees_what_was_acknowledged() -> list[str]:
    """Every thread's own writes at once, and of the others' at least what was acknowledged before the read."""
    acknowledged = [0] * THREADS
    for number in range(THREADS):
        put(f"own-{number}", "head").commit()

    def work(number: int) -> list[str]:
        wrong = []
        for value in range(1, 7):
            put(f"own-{number}", "head", value).commit()
            acknowledged[number] = value
            other = (number + value) % THREADS
            least = acknowledged[other]
            seen, mine = kopecks(f"own-{other}"), kopecks(f"own-{number}")
            wrong += [] if mine == value else [f"wrote {value}, read {mine}"]
            wrong += [] if seen >= least else [f"{least} was acknowledged, {seen} is read"]
        return wrong

    return [each for one in in_threads(work) for each in one]


CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        a_counter_loses_nothing,
        a_key_has_one_winner,
        transfers_keep_the_sum_and_stand_in_the_ledger,
        a_transaction_is_seen_whole_or_not_at_all,
        a_refusal_names_its_condition_and_writes_nothing,
        a_read_sees_what_was_acknowledged,
    )
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_store_is_sound(rows: Engine, check: str) -> None:
    assert CHECKS[check]() == []


@pytest.mark.parametrize(
    ("fault", "check"), [(fault, check) for fault in UNSOUND for check in UNSOUND[fault].noticed_by]
)
def test_an_unsound_store_is_noticed(rows: Engine, fault: str, check: str) -> None:
    transport.set_around(UNSOUND[fault].made(rows))
    assert CHECKS[check]()


def test_every_check_is_proved_by_an_unsound_store() -> None:
    assert {check for fault in UNSOUND.values() for check in fault.noticed_by} == set(CHECKS)
