"""The engine's semantics, as PynamoDB sees them through the transport."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pynamodb.attributes import NumberAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.connection import Connection
from pynamodb.exceptions import PutError, TransactWriteError, UpdateError
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from local.store import transport
from local.store.engine import Engine
from local.store.errors import StoreLocked


class Row(Model):
    class Meta:
        table_name = "rows"
        billing_mode = "PAY_PER_REQUEST"

    account = UnicodeAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)
    kopecks = NumberAttribute(default=0)
    expires_at = NumberAttribute(null=True)


class Counter(Model):
    class Meta:
        table_name = "counters"
        billing_mode = "PAY_PER_REQUEST"

    name = UnicodeAttribute(hash_key=True)
    total = NumberAttribute(default=0)
    version = VersionAttribute()


@pytest.fixture
def store() -> Iterator[Engine]:
    with Engine() as engine:
        transport.attach(engine)
        Row.create_table()
        Counter.create_table()
        yield engine
        transport.detach()


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # seconds; the usual 5 ms let most requests through without an interruption
    try:
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(work, range(count)))
    finally:
        sys.setswitchinterval(interval)


def balance(account: str) -> int:
    return int(Row.get(account, "head", consistent_read=True).kopecks)


def test_put_if_absent_is_refused_the_second_time(store: Engine) -> None:
    Row("a", "1", kopecks=1).save(Row.account.does_not_exist())
    with pytest.raises(PutError) as refused:
        Row("a", "1", kopecks=2).save(Row.account.does_not_exist())
    assert refused.value.cause_response_code == "ConditionalCheckFailedException"
    assert Row.get("a", "1").kopecks == 1


def test_update_is_refused_when_its_condition_is_false(store: Engine) -> None:
    row = Row("a", "1", kopecks=100)
    row.save()
    row.update([Row.kopecks.set(Row.kopecks - 100)], Row.kopecks >= 100)
    with pytest.raises(UpdateError):
        row.update([Row.kopecks.set(Row.kopecks - 100)], Row.kopecks >= 100)
    assert Row.get("a", "1").kopecks == 0


def test_cancelled_transaction_tells_its_reasons_apart_and_writes_nothing(store: Engine) -> None:
    for account in "ac":
        Row(account, "1", kopecks=1).save()
    transaction = TransactWrite(connection=Connection())
    transaction.condition_check(Row, "c", "1", Row.kopecks == 1)  # PynamoDB sends checks first
    transaction.save(Row("a", "1"), Row.account.does_not_exist())
    transaction.save(Row("b", "1"))
    with pytest.raises(TransactWriteError) as cancelled:
        transaction._commit()
    reasons = [reason and reason.code for reason in cancelled.value.cancellation_reasons]
    assert reasons == [None, "ConditionalCheckFailed", None]
    assert list(Row.query("b")) == []


def test_query_by_range_and_in_reverse(store: Engine) -> None:
    for day in range(1, 6):
        Row("a", f"2026-01-0{day}").save()
    keys = Row.key.between("2026-01-02", "2026-01-04")
    assert [row.key[-1] for row in Row.query("a", keys)] == ["2", "3", "4"]
    assert [row.key[-1] for row in Row.query("a", keys, scan_index_forward=False, limit=2)] == ["4", "3"]


def test_sixteen_threads_counting_optimistically_lose_nothing(store: Engine) -> None:
    Counter("c").save()

    def add_five(_: int) -> None:
        left = 5
        while left:
            counter = Counter.get("c", consistent_read=True)
            counter.total += 1
            try:
                counter.save()
                left -= 1
            except PutError:
                pass  # another thread was first: read again

    in_threads(16, add_five)
    assert Counter.get("c").total == 80


def test_transfers_under_threads_conserve_the_sum(store: Engine) -> None:
    connection = Connection()
    connection.list_tables()  # its client is made at first use, and would be made by every thread at once
    for account in "abc":
        Row(account, "head", kopecks=200).save()

    def transfer(number: int) -> bool:
        payer, payee = ("ab", "bc", "ca")[number % 3]
        try:
            with TransactWrite(connection=connection) as transaction:
                transaction.save(Row(payer, f"entry-{number}"))
                transaction.update(Row(payer, "head"), [Row.kopecks.add(-50)], Row.kopecks >= 50)
                transaction.update(Row(payee, "head"), [Row.kopecks.add(50)])
        except TransactWriteError:
            return False
        return True

    done = in_threads(48, transfer)
    assert sum(balance(account) for account in "abc") == 600
    assert sum(row.key != "head" for row in Row.scan()) == sum(done)


def test_sums_keep_38_digits(store: Engine) -> None:
    row = Row("a", "1", kopecks=10**37)
    row.save()
    row.update([Row.kopecks.add(1)])
    assert Row.get("a", "1").kopecks == 10**37 + 1


def test_reset_drops_tables_and_rows(store: Engine) -> None:
    Row("a", "1").save()
    store.reset()
    assert not Row.exists()
    Row.create_table()
    assert list(Row.scan()) == []


def test_second_engine_is_refused_until_the_first_is_closed(store: Engine) -> None:
    with pytest.raises(StoreLocked, match="already has an engine"):
        Engine()
    store.close()
    with Engine():
        store.close()  # once more: must not take the place away from the new one
        with pytest.raises(StoreLocked):
            Engine()


def test_actions_that_are_not_journalled_are_refused(store: Engine) -> None:
    answer = store.call("DynamoDB_20120810.ExecuteStatement", b'{"Statement": "DELETE FROM rows"}')
    assert answer.status == 400
    assert b"does not serve ExecuteStatement" in answer.body
