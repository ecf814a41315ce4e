"""One hook around every outgoing call of the product: store, companies' HTTP, any other AWS service."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import requests
from botocore.endpoint import Endpoint
from botocore.exceptions import ReadTimeoutError

from chalicelib import upstream
from local.store.handlers import Answer
from local.store.transport import Call, error_answer, set_around
from local.web import Response, text_response
from tests.product import Product

#: A page of a proxy or of maintenance, where an answer of the company's protocol should be.
HTML = "<html><body>Технические работы</body></html>"
#: Single writes that a transaction on the same row turns away, as the transaction itself is.
_WRITES = {"PutItem", "UpdateItem", "DeleteItem"}


@dataclass(frozen=True)
class Outgoing:
    """One call on its way out. ``faulty`` holds the answers that this line can give instead of the real one."""

    line: str
    name: str
    proceed: Callable[[], Any]
    lost: Callable[[], Any]
    faulty: Mapping[str, Callable[[], Any]]

    @property
    def in_request(self) -> bool:
        """Whether somebody waits for it with a deadline; a schedule has none."""
        return upstream.deadline.get() is not None


Hook = Callable[[Outgoing], Any]


@contextmanager
def hooked(shop: Product, hook: Hook) -> Iterator[None]:
    """Inside, every outgoing call passes ``hook``, whatever thread it comes from."""
    wire, get_response = shop.wire.around, Endpoint._do_get_response  # type: ignore[attr-defined]

    def other_service(self: Any, request: Any, model: Any, context: Any) -> Any:
        def proceed() -> Any:
            return get_response(self, request, model, context)

        service = model.service_model.service_name
        return proceed() if service == "dynamodb" else hook(_aws(service, model.name, proceed))

    set_around(lambda call, proceed: hook(_store(call, proceed)))
    shop.wire.around = lambda name, proceed: hook(_http(name, proceed))
    Endpoint._do_get_response = other_service  # type: ignore[attr-defined]
    try:
        yield
    finally:
        set_around(None)
        shop.wire.around = wire
        Endpoint._do_get_response = get_response  # type: ignore[attr-defined]


def _store(call: Call, proceed: Callable[[], Answer]) -> Outgoing:
    faulty: dict[str, Callable[[], Answer]] = {
        "server_error": lambda: error_answer("InternalServerError", "broken", 500),
        "throttle": lambda: error_answer("ProvisionedThroughputExceededException", "slow down"),
    }
    if call.operation == "TransactWriteItems":
        reasons = [{"Code": "TransactionConflict"}] + [{"Code": "None"}] * (len(call.body["TransactItems"]) - 1)
        faulty["conflict"] = lambda: error_answer("TransactionCanceledException", "busy", CancellationReasons=reasons)
    elif call.operation in _WRITES:
        faulty["conflict"] = lambda: error_answer("TransactionConflictException", "busy")
    return Outgoing("store", f"store {call.operation} {_tables(call)}", proceed, _aws_silence, faulty)


def _tables(call: Call) -> str:
    if "TableName" in call.body:
        return str(call.body["TableName"])
    if "RequestItems" in call.body:
        return "+".join(sorted(call.body["RequestItems"]))
    items = call.body.get("TransactItems", [])
    return "+".join(sorted({str(next(iter(item.values()))["TableName"]) for item in items}))


def _aws_silence() -> Answer:
    raise ReadTimeoutError(endpoint_url="aws")


def _http(name: str, proceed: Callable[[], Response]) -> Outgoing:
    def silence() -> Response:
        raise requests.exceptions.ReadTimeout

    def nonsense() -> Response:
        proceed()
        return text_response(200, HTML, "text/html; charset=utf-8")

    faulty: dict[str, Callable[[], Response]] = {
        "server_error": lambda: Response(500),
        "throttle": lambda: Response(429),
        "nonsense": nonsense,
    }
    return Outgoing("http", f"http {name}", proceed, silence, faulty)


def _aws(service: str, operation: str, proceed: Callable[[], Any]) -> Outgoing:
    """As botocore's endpoint gives it back: ``((answer, parsed), None)`` or ``(None, what broke)``."""

    def refused(code: str, status: int) -> Callable[[], Any]:
        error = {"Error": {"Code": code, "Message": "told by the test"}}
        facts = {"ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}}
        answer = SimpleNamespace(status_code=status, headers={}, content=json.dumps(error).encode(), raw=None)
        return lambda: ((answer, error | facts), None)

    faulty = {"server_error": refused("InternalFailure", 500), "throttle": refused("ThrottlingException", 400)}
    silence: Any = (None, ReadTimeoutError(endpoint_url=service))
    return Outgoing(service, f"{service} {operation}", proceed, lambda: silence, faulty)
