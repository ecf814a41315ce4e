"""Breaks the k-th outgoing call of a flow, whatever it is: a store request or a company's HTTP.

Handlers share no memory, so a process that dies between two calls is a process that dies at a call.
A flow is a few lines: what happens before, what is broken, who comes again, what must hold at the end.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import requests
from botocore.exceptions import ReadTimeoutError

from chalicelib.billing.embedded.verify import verify
from chalicelib.store.agenda import AgendaRow, Kind
from local.store.handlers import Answer
from local.store.transport import Call, error_answer, set_around
from local.web import Response
from tests.product import Product

KINDS = ("crash_before", "crash_after", "lost_request", "lost_answer", "server_error", "throttle", "conflict")


class Crash(BaseException):
    """The process is gone; nothing may catch this."""


@dataclass
class Breaker:
    """Counts the calls of a flow and breaks one of them once, in one way."""

    at: int | None = None
    kind: str = ""
    #: breaks every call instead of one
    always: bool = False
    calls: list[str] = field(default_factory=list)

    def store(self, call: Call, proceed: Callable[[], Answer]) -> Answer:
        self.calls.append(f"store {call.operation} {_table(call)}")
        if len(self.calls) != self.at and not self.always:
            return proceed()
        return self._broken_store(call, proceed)

    def _broken_store(self, call: Call, proceed: Callable[[], Answer]) -> Answer:
        if self.kind == "server_error":
            return error_answer("InternalServerError", "broken", 500)
        if self.kind == "throttle":
            return error_answer("ProvisionedThroughputExceededException", "slow down")
        if self.kind == "conflict":
            if call.operation != "TransactWriteItems":
                return proceed()
            reasons = [{"Code": "TransactionConflict"}] + [{"Code": "None"}] * (len(call.body["TransactItems"]) - 1)
            return error_answer("TransactionCanceledException", "busy", CancellationReasons=reasons)
        self._around(proceed, ReadTimeoutError(endpoint_url="store"))
        raise AssertionError(self.kind)

    def wire(self, name: str, proceed: Callable[[], Response]) -> Response:
        self.calls.append(f"http {name}")
        if len(self.calls) != self.at or self.kind in {"throttle", "conflict"}:
            return proceed()
        if self.kind == "server_error":
            return Response(500)
        self._around(proceed, requests.exceptions.ReadTimeout())
        raise AssertionError(self.kind)

    def _around(self, proceed: Callable[[], object], line: Exception) -> None:
        if self.kind in {"crash_after", "lost_answer"}:
            proceed()
        raise Crash if self.kind.startswith("crash") else line


@contextmanager
def broken(shop: Product, breaker: Breaker) -> Iterator[None]:
    """Inside, outgoing calls pass the breaker; a crash ends the block and nothing else."""
    before = shop.wire.around
    set_around(breaker.store)
    shop.wire.around = breaker.wire
    try:
        yield
    except Crash:
        pass
    finally:
        set_around(None)
        shop.wire.around = before


def _table(call: Call) -> str:
    if "TableName" in call.body:
        return str(call.body["TableName"])
    if "RequestItems" in call.body:
        return "+".join(sorted(call.body["RequestItems"]))
    return "+".join(
        sorted({str(next(iter(item.values()))["TableName"]) for item in call.body.get("TransactItems", [])})
    )


def quiet(shop: Product, account: str, kopecks: int) -> None:
    """What must hold when nobody has anything left to do: the money once, the ledger whole, nothing forgotten."""
    assert shop.balance(account) == kopecks
    assert not verify().differences
    assert list(AgendaRow.scan(AgendaRow.kind != Kind.ACCOUNT_DAY)) == []
    assert shop.cases() == []


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore waits between its tries; the clock of a test does not."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
