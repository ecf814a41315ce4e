"""Every botocore DynamoDB client of this process, answered by an engine: no network, no AWS account.

The hook sits on `botocore.endpoint.Endpoint`, on the class, because that is the one place every client
passes: made before or after, by PynamoDB, boto3 or botocore, from any thread, for any host. An event handler
would have to be registered with each client, and PynamoDB makes its own lazily. Above it, botocore is whole:
parameter validation, serialisation, retries, parsing of answers and errors.
Handlers of `before-send` are not run for DynamoDB. They exist to send in botocore's place, and moto's, which
is active for every service while it serves S3 or SQS, would otherwise answer first and without a word.
Requests are not signed: nobody checks the signature, and a client made without credentials still works.
"""

import copy
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.endpoint import Endpoint
from botocore.signers import RequestSigner

from local.store.handlers import Answer, Store

# Making a client needs a region, and without credentials botocore asks the network for them.
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@dataclass(frozen=True)
class Call:
    """One request as a client sent it; a retry of botocore is another call."""

    service: str
    operation: str
    body: dict[str, Any]


# Stands around every call. It may raise before or after `proceed()`, answer without it, or lose its answer.
Around = Callable[[Call, Callable[[], Answer]], Answer]

_engine: Store | None = None
_around: Around | None = None
_added_environment: list[str] = []
_get_response: Callable[..., Any] = Endpoint._do_get_response  # type: ignore[attr-defined]
_sign: Callable[..., Any] = RequestSigner.sign


def attach(engine: Store) -> None:
    """From now on this engine answers; attached to another one before, it takes over."""
    global _engine
    for name, value in _ENVIRONMENT.items():
        if name not in os.environ:
            os.environ[name] = value
            _added_environment.append(name)
    Endpoint._do_get_response = _answer_locally  # type: ignore[attr-defined]
    RequestSigner.sign = _sign_elsewhere  # type: ignore[method-assign]
    _engine = engine


def detach() -> None:
    """Clients talk to AWS again. The hook of `set_around` stays as it is."""
    global _engine
    _engine = None
    Endpoint._do_get_response = _get_response  # type: ignore[attr-defined]
    RequestSigner.sign = _sign  # type: ignore[method-assign]
    while _added_environment:
        os.environ.pop(_added_environment.pop(), None)


def set_around(around: Around | None) -> None:
    """Put a fault injector around every call, or take it away.

    Whatever it raises reaches botocore as if the line had failed: a botocore ReadTimeoutError is retried as
    configured, a BaseException passes through everything like a dying process.
    """
    global _around
    _around = around


def error_answer(kind: str, message: str, status: int = 400, **fields: Any) -> Answer:
    """An error as DynamoDB words it: kind 'ThrottlingException', fields `CancellationReasons=[...]`."""
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{kind}", "message": message, **fields})
    return Answer(status, {"Content-Type": "application/x-amz-json-1.0"}, body.encode())


def _answer_locally(self: Any, request: Any, operation_model: Any, context: Any) -> Any:
    """The original method on a copy of the endpoint whose 'before-send' is the engine's answer."""
    engine = _engine
    if engine is None or operation_model.service_model.service_name != "dynamodb":
        return _get_response(self, request, operation_model, context)
    endpoint = copy.copy(self)
    endpoint._event_emitter = _Sender(endpoint._event_emitter, engine, operation_model)
    return _get_response(endpoint, request, operation_model, context)


def _sign_elsewhere(self: Any, *arguments: Any, **options: Any) -> Any:
    if self._service_id == "DynamoDB":
        return None
    return _sign(self, *arguments, **options)


class _Sender:
    """The endpoint's event emitter, except that it answers 'before-send' itself."""

    def __init__(self, emitter: Any, engine: Store, operation_model: Any) -> None:
        self._emitter = emitter
        self._engine = engine
        self._operation: str = operation_model.name
        self._target_prefix: str = operation_model.service_model.metadata["targetPrefix"]

    def emit(self, event_name: str, **event: Any) -> Any:
        if not event_name.startswith("before-send."):
            return self._emitter.emit(event_name, **event)
        request = event["request"]
        answer = self._answer(request.body or b"{}")
        headers: Any = answer.headers  # the stubs want their own class; botocore takes any mapping
        response = AWSResponse(request.url, answer.status, headers, _Body(answer.body))
        return [(None, response)]

    def _answer(self, body: bytes) -> Answer:
        def proceed() -> Answer:
            return self._engine.call(f"{self._target_prefix}.{self._operation}", body)

        around = _around
        if around is None:
            return proceed()
        return around(Call("dynamodb", self._operation, json.loads(body)), proceed)


class _Body:
    """As much of urllib3's response as botocore reads."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._content
