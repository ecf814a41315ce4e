"""The one way to write several rows: all or nothing, and why it was nothing."""

from typing import Any

import pytest

from chalicelib.errors import OutcomeUnknown, UpstreamUnavailable
from chalicelib.store import transaction
from chalicelib.store.guesses import GuessRow
from chalicelib.store.transaction import ConditionFailed, Transaction
from local.store import transport
from local.store.engine import Engine
from tests.conftest import SettableClock
from tests.services.portal_door import counted


@pytest.fixture
def rows(store: Engine, clock: SettableClock) -> Any:
    """Makes a row of some table; which one does not matter here."""
    return lambda scope, failures=0: GuessRow(scope, failures=failures, expires_at=clock(), ttl=0)


def put_if_absent(*rows: GuessRow) -> Transaction:
    tx = Transaction()
    for row in rows:
        tx.put(row.scope, row, GuessRow.scope.does_not_exist())
    return tx


def cancelled(*codes: str) -> Any:
    reasons = [{"Code": code} for code in codes]
    return transport.error_answer("TransactionCanceledException", "cancelled", CancellationReasons=reasons)


def test_a_refused_condition_is_final_named_and_not_tried_again(rows: Any) -> None:
    rows("a").save()
    with counted() as calls, pytest.raises(ConditionFailed) as refused:
        put_if_absent(rows("a"), rows("b")).commit()
    assert calls == ["TransactWriteItems"]
    assert refused.value.names == {"a"}
    assert [row.scope for row in GuessRow.scan()] == ["a"]


def test_every_kind_of_write_keeps_its_condition(rows: Any) -> None:
    rows("old", 1).save()
    row, stale = rows("old"), GuessRow.failures == 2
    tries: dict[str, Any] = {
        "check": lambda tx: (tx.check("check", GuessRow, "old", None, stale), tx.put("new", rows("new"))),
        "delete": lambda tx: tx.delete("delete", row, stale),
        "put": lambda tx: tx.put("put", row, stale),
        "update": lambda tx: tx.update("update", row, [GuessRow.failures.set(9)], stale),
    }
    for name, write in tries.items():
        tx = Transaction()
        write(tx)
        with pytest.raises(ConditionFailed, match=name):
            tx.commit()
    assert [(row.scope, row.failures) for row in GuessRow.scan()] == [("old", 1)]


def test_reasons_are_named_in_the_order_in_which_the_writes_are_sent(rows: Any) -> None:
    """Checks, deletes, puts, updates, whatever the order in which they were collected."""
    tx = Transaction()
    tx.update("update", rows("u"), [GuessRow.failures.set(1)])
    tx.put("put", rows("p"))
    tx.delete("delete", rows("d"))
    tx.check("check", GuessRow, "c", None, GuessRow.scope.exists())
    transport.set_around(lambda call, proceed: cancelled("None", "ConditionalCheckFailed", "None", "None"))
    with pytest.raises(ConditionFailed) as refused:
        tx.commit()
    assert refused.value.names == {"delete"}


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_busy_store_is_tried_again_and_then_certainly_nothing_was_applied(rows: Any, code: str) -> None:
    sent: list[str] = []

    def busy(call: transport.Call, proceed: Any) -> Any:
        sent.append(call.operation)
        return cancelled(code)

    transport.set_around(busy)
    with pytest.raises(UpstreamUnavailable):
        put_if_absent(rows("a")).commit()
    assert len(sent) == transaction.TRIES
    transport.set_around(None)
    assert not list(GuessRow.scan())


def test_a_refused_condition_next_to_a_busy_row_is_refused(rows: Any) -> None:
    transport.set_around(lambda call, proceed: cancelled("TransactionConflict", "ConditionalCheckFailed"))
    with pytest.raises(ConditionFailed) as refused:
        put_if_absent(rows("a"), rows("b")).commit()
    assert refused.value.names == {"b"}


def test_without_an_answer_the_outcome_is_unknown(rows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    transport.set_around(lambda call, proceed: transport.error_answer("InternalServerError", "broken", 500))
    with pytest.raises(OutcomeUnknown):
        put_if_absent(rows("a")).commit()


def test_more_than_the_smallest_store_takes_is_a_mistake(rows: Any) -> None:
    with counted() as calls, pytest.raises(ValueError, match="26 items"):
        put_if_absent(*(rows(str(number)) for number in range(26))).commit()
    assert calls == []
