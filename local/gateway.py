"""API Gateway on one machine: turns an HTTP request into Lambda's event and calls the real Chalice app.

Everything of the contract is decided behind this line, by the same code as in the cloud. What API
Gateway itself answers there (an unknown path) is answered here in the same shape.
"""

import base64
import itertools
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from chalice.app import Chalice
from chalice.local import LocalChalice

from chalicelib.handlers.failures import ErrorBody
from chalicelib.handlers.headers import API_HEADERS
from chalicelib.handlers.texts import language, message


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class Portal:
    """The portal's app, callable from any thread."""

    def __init__(self, app: Chalice) -> None:
        # the plain class keeps the current request in one place for all threads
        app.__class__ = LocalChalice
        self._app = app
        self._routes = [(_pattern(path), path) for path in app.routes]

    def call(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, peer: str) -> Reply:
        request_id = str(uuid.uuid4())
        for pattern, resource in self._routes:
            found = pattern.fullmatch(path)
            if found and method in self._app.routes[resource]:
                event = _event(method, path, query, headers, body, peer)
                event["resource"] = event["requestContext"]["resourcePath"] = resource
                event["requestContext"]["requestId"] = request_id
                event["pathParameters"] = found.groupdict() or None
                return _reply(self._app(event, None))
        return _unknown(headers, request_id)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path))


def _event(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, peer: str) -> dict[str, Any]:
    pairs = parse_qs(query, keep_blank_values=True, errors="replace")
    try:
        text, encoded = body.decode("utf-8"), False
    except UnicodeDecodeError:
        text, encoded = base64.b64encode(body).decode(), True
    return {
        "path": path,
        "httpMethod": method,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in pairs.items()} or None,
        "multiValueQueryStringParameters": pairs or None,
        "stageVariables": None,
        "requestContext": {"httpMethod": method, "path": path, "stage": "api", "identity": {"sourceIp": peer}},
        "body": text if body else None,
        "isBase64Encoded": encoded,
    }


def _reply(answer: Mapping[str, Any]) -> Reply:
    many = answer.get("multiValueHeaders") or {}
    single = ((name, value) for name, value in answer["headers"].items() if name not in many)
    repeated = ((name, value) for name, values in many.items() for value in values)
    body = answer["body"]
    raw = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return Reply(answer["statusCode"], list(itertools.chain(single, repeated)), raw)


def _unknown(headers: Mapping[str, str], request_id: str) -> Reply:
    lowered = {name.lower(): value for name, value in headers.items()}
    body = ErrorBody(code="not_found", message=message("not_found", language(lowered)))
    shown = {**API_HEADERS, "X-Request-Id": request_id, "Content-Type": "application/json; charset=utf-8"}
    return Reply(404, list(shown.items()), body.model_dump_json(exclude_none=True).encode())
