"""Stores that break one promise each, put around the sound one: what the checks of the store must notice."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from threading import Event, Lock
from typing import Any

from local.store.engine import Engine
from local.store.handlers import Answer
from local.store.transport import Around, Call, error_answer

#: Nobody waits so long: whom a store waits for comes at once, or the check in question is broken.
_PATIENCE_SECONDS = 20
_WRITES = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}
_KEYS = ("owner", "item")
_NAMES, _VALUES, _WHEN = "ExpressionAttributeNames", "ExpressionAttributeValues", "ConditionExpression"

Proceed = Callable[[], Answer]


@dataclass(frozen=True)
class Unsound:
    """``made`` puts it around an engine; ``noticed_by`` are the checks that cannot miss it."""

    made: Callable[[Engine], Around]
    noticed_by: tuple[str, ...]


def check_then_act(engine: Engine) -> Around:
    """Looks whether the conditions hold, and a moment later writes whatever holds by then.

    The first write of all waits until another one of the same rows has looked too: so two of them act on one look.
    """
    first: list[set[str]] = []
    lock, met = Lock(), Event()

    def wait_for_another(rows: set[str]) -> None:
        with lock:
            waits = not first
            if waits:
                first.append(rows)
            elif rows & first[0]:
                met.set()
        if waits:
            met.wait(_PATIENCE_SECONDS)

    def around(call: Call, proceed: Proceed) -> Answer:
        writes = _writes(call)
        if writes is None:
            return proceed()
        holds = [_holds(engine, body) for _, body in writes]
        if not all(holds):
            return _refused(call, holds)
        if any(_WHEN in body for _, body in writes):
            wait_for_another({json.dumps(_key(body), sort_keys=True) for _, body in writes})
        return _send(engine, [{kind: _unconditional(body)} for kind, body in writes])

    return around


def torn(engine: Engine) -> Around:
    """Checks a transaction as a whole and then writes its rows one by one.

    The second one, which is the first that the threads send, waits in the middle until somebody has read.
    """
    number, one_at_a_time, has_read = count(1), Lock(), Event()

    def around(call: Call, proceed: Proceed) -> Answer:
        if call.operation == "TransactGetItems":
            answer = proceed()
            has_read.set()
            return answer
        writes = _writes(call)
        if writes is None or call.operation != "TransactWriteItems":
            return proceed()
        holds = [_holds(engine, body) for _, body in writes]
        if not all(holds):
            return _refused(call, holds)
        with one_at_a_time:
            for place, (kind, body) in enumerate(writes):
                if place == 1 and next(number) == 2:
                    has_read.clear()
                    has_read.wait(_PATIENCE_SECONDS)
                    # one that was under way may have read before the first row: the next one has not
                    has_read.clear()
                    has_read.wait(_PATIENCE_SECONDS)
                answer = _send(engine, [{kind: _unconditional(body)}])
        return answer

    return around


def half_refused(engine: Engine) -> Around:
    """Refuses a transaction and keeps those of its rows that nothing spoke against."""

    def around(call: Call, proceed: Proceed) -> Answer:
        answer = proceed()
        writes = _writes(call)
        if answer.status != 200 and writes is not None and len(writes) > 1:
            for kind, body in writes:
                _send(engine, [{kind: body}])
        return answer

    return around


def wrong_reasons(engine: Engine) -> Around:
    """Refuses rightly and gives the reasons in another order."""

    def around(call: Call, proceed: Proceed) -> Answer:
        answer = proceed()
        body = json.loads(answer.body)
        if "CancellationReasons" not in body:
            return answer
        body["CancellationReasons"].append(body["CancellationReasons"].pop(0))
        return answer._replace(body=json.dumps(body).encode())

    return around


def stale_reads(engine: Engine) -> Around:
    """Answers a read with what an earlier read of the same row has seen."""
    seen: dict[str, Answer] = {}

    def around(call: Call, proceed: Proceed) -> Answer:
        if call.operation != "GetItem":
            return proceed()
        key = json.dumps(call.body["Key"], sort_keys=True)
        before, seen[key] = seen.get(key), proceed()
        return before or seen[key]

    return around


def forgetful(engine: Engine) -> Around:
    """Acknowledges every fifth write and does not do it."""
    number, lock = count(1), Lock()

    def around(call: Call, proceed: Proceed) -> Answer:
        if _writes(call) is None:
            return proceed()
        with lock:
            forgotten = next(number) % 5 == 0
        return Answer(200, {"Content-Type": "application/x-amz-json-1.0"}, b"{}") if forgotten else proceed()

    return around


def _writes(call: Call) -> list[tuple[str, dict[str, Any]]] | None:
    """What a call writes, as the parts of a transaction; None for a read."""
    if call.operation == "TransactWriteItems":
        return [next(iter(part.items())) for part in call.body["TransactItems"]]
    if call.operation in _WRITES:
        return [(_WRITES[call.operation], call.body)]
    return None


def _holds(engine: Engine, body: dict[str, Any]) -> bool:
    if _WHEN not in body:
        return True
    check = {"TableName": body["TableName"], "Key": _key(body), _WHEN: body[_WHEN], **_used(body, body[_WHEN])}
    answer = _send(engine, [{"ConditionCheck": check}])
    assert answer.status == 200 or b"ConditionalCheckFailed" in answer.body, answer
    return answer.status == 200


def _key(body: dict[str, Any]) -> Any:
    return body.get("Key") or {name: body["Item"][name] for name in _KEYS}


def _unconditional(body: dict[str, Any]) -> dict[str, Any]:
    kept = {name: body[name] for name in ("TableName", "Key", "Item", "UpdateExpression") if name in body}
    return kept | _used(body, body.get("UpdateExpression", ""))


def _used(body: dict[str, Any], expression: str) -> dict[str, Any]:
    """The names and values that this expression needs; a store refuses those that nothing needs."""
    used = set(re.findall(r"[#:]\w+", expression))
    found = {
        part: {name: body[part][name] for name in body.get(part, {}) if name in used} for part in (_NAMES, _VALUES)
    }
    return {part: names for part, names in found.items() if names}


def _refused(call: Call, holds: list[bool]) -> Answer:
    if call.operation != "TransactWriteItems":
        return error_answer("ConditionalCheckFailedException", "refused")
    reasons = [{"Code": "None" if held else "ConditionalCheckFailed"} for held in holds]
    return error_answer("TransactionCanceledException", "refused", CancellationReasons=reasons)


def _send(engine: Engine, parts: list[dict[str, Any]]) -> Answer:
    parts = [part for part in parts if "ConditionCheck" not in part or _WHEN in part["ConditionCheck"]]
    return engine.call("DynamoDB_20120810.TransactWriteItems", json.dumps({"TransactItems": parts}).encode())


UNSOUND = {
    "check then act": Unsound(
        check_then_act,
        ("a_counter_loses_nothing", "a_key_has_one_winner", "transfers_keep_the_sum_and_stand_in_the_ledger"),
    ),
    "torn transactions": Unsound(torn, ("a_transaction_is_seen_whole_or_not_at_all",)),
    "half refused": Unsound(half_refused, ("a_refusal_names_its_condition_and_writes_nothing",)),
    "wrong reasons": Unsound(wrong_reasons, ("a_refusal_names_its_condition_and_writes_nothing",)),
    "stale reads": Unsound(stale_reads, ("a_read_sees_what_was_acknowledged",)),
    "forgetful": Unsound(
        forgetful, ("transfers_keep_the_sum_and_stand_in_the_ledger", "a_read_sees_what_was_acknowledged")
    ),
}
