"""All-or-nothing writes, and the one place that reads why one was refused.

A refused condition is told apart from a busy store: the first is final and named, the second was
certainly not applied and is tried again. Correctness never rests on ``ClientRequestToken``: some
stores ignore it, so with ``PORTAL_STORE_STRICT=ydb`` it is not even sent.
"""

import json
import os
import random
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from pynamodb.connection import Connection
from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.errors import OutcomeUnknown, UpstreamUnavailable
from chalicelib.store.tables import code_of, connection

#: The smallest limit among the stores that the portal must run on.
MAX_ITEMS = 25
#: A transaction that met another one on the same row was not applied; how often it is tried.
TRIES = 5

_BUSY = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}

#: Waits between tries; tests replace it.
pause: Callable[[float], None] = time.sleep


class ConditionFailed(Exception):
    """Somebody was first. ``names`` says which of the transaction's conditions did not hold."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names = names


class Transaction:
    """Collects writes, each under a name, and commits them together.

    Usage: ``tx = Transaction(); tx.put("order", row, if_absent); tx.commit()``.
    """

    def __init__(self) -> None:
        self._checks: list[tuple[str, type[Model], Any, Any, Condition]] = []
        self._deletes: list[tuple[str, Model, Condition | None]] = []
        self._puts: list[tuple[str, Model, Condition | None]] = []
        self._updates: list[tuple[str, Model, list[Action], Condition | None]] = []

    def check(self, name: str, model: type[Model], hash_key: Any, range_key: Any, condition: Condition) -> None:
        self._checks.append((name, model, hash_key, range_key, condition))

    def delete(self, name: str, row: Model, condition: Condition | None = None) -> None:
        self._deletes.append((name, row, condition))

    def put(self, name: str, row: Model, condition: Condition | None = None) -> None:
        self._puts.append((name, row, condition))

    def update(self, name: str, row: Model, actions: list[Action], condition: Condition | None = None) -> None:
        self._updates.append((name, row, actions, condition))

    def __len__(self) -> int:
        return len(self._names())

    def commit(self) -> None:
        """Apply everything or nothing.

        :raises ConditionFailed: nothing was applied, or an earlier try of this very call was applied and
            its answer lost: read again and tell yours from theirs.
        :raises UpstreamUnavailable: certainly not applied. :raises OutcomeUnknown: it may have been applied.
        """
        if len(self) > MAX_ITEMS:
            raise ValueError(f"{len(self)} items in one transaction, {MAX_ITEMS} allowed")
        for attempt in range(1, TRIES + 1):
            try:
                return self._send()
            except TransactWriteError as error:
                if not self._is_busy(error) or attempt == TRIES:
                    raise self._explained(error) from error
                pause(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - spreads tries, guards nothing

    def _send(self) -> None:
        with TransactWrite(connection=_connection()) as tx:
            for _, model, hash_key, range_key, condition in self._checks:
                tx.condition_check(model, hash_key, range_key, condition=condition)
            for _, row, when in self._deletes:
                tx.delete(row, condition=when)
            for _, row, when in self._puts:
                tx.save(row, condition=when)
            for _, row, actions, when in self._updates:
                tx.update(row, actions, condition=when)

    def _names(self) -> list[str]:
        """In the order in which PynamoDB sends them, which is the order of the reasons that come back."""
        parts: tuple[list[Any], ...] = (self._checks, self._deletes, self._puts, self._updates)
        return [item[0] for part in parts for item in part]

    def _reasons(self, error: TransactWriteError) -> list[str | None]:
        return [reason.code if reason else None for reason in error.cancellation_reasons]

    def _is_busy(self, error: TransactWriteError) -> bool:
        reasons = {code for code in self._reasons(error) if code}
        return bool(reasons) and reasons <= _BUSY

    def _explained(self, error: TransactWriteError) -> Exception:
        reasons = self._reasons(error)
        if any(code == "ConditionalCheckFailed" for code in reasons):
            pairs = zip(self._names(), reasons, strict=True)
            return ConditionFailed(frozenset(name for name, code in pairs if code == "ConditionalCheckFailed"))
        if reasons:
            return UpstreamUnavailable(f"store: transaction cancelled, {sorted({code or '-' for code in reasons})}")
        return not_applied(error) or OutcomeUnknown(f"store: {code_of(error) or type(error).__name__}")


def not_applied(error: PynamoDBException) -> UpstreamUnavailable | None:
    """The error for a write that the store certainly refused to take, or None if nobody knows."""
    code = code_of(error)
    if code in {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"}:
        return UpstreamUnavailable(f"store: {code}")
    return None


@cache
def _connection() -> Connection:
    """The connection of the models, told once what a strict store must not be sent."""
    shared = connection()
    if os.environ.get("PORTAL_STORE_STRICT") == "ydb":
        shared.client.meta.events.register("before-call.dynamodb.TransactWriteItems", _strip_token)
    return shared


def _strip_token(params: dict[str, Any], **_: Any) -> None:
    body = json.loads(params["body"])
    body.pop("ClientRequestToken", None)
    params["body"] = json.dumps(body).encode()
