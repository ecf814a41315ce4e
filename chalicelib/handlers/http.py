"""The one way in and out of every HTTP route: who may, what came, what went wrong, what is answered.

A route is a plain function that takes a ``Request`` (and its path parameters, body and query as
declared) and returns an ``Answer``. A session is demanded unless the route says ``public=True``.
The table of routes feeds Chalice, the OpenAPI document and the access tests alike.
"""

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from chalice.app import Blueprint, Request as ChaliceRequest, Response
from pydantic import BaseModel, TypeAdapter

from chalicelib import bootstrap, logs, upstream
from chalicelib.errors import PortalError, UpstreamError
from chalicelib.handlers import admission, failures, incoming
from chalicelib.handlers.headers import API_HEADERS
from chalicelib.services.session import Client, Identity

log = logging.getLogger(__name__)

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """What a handler may know of the call; ``who`` is None on public routes without a live session."""

    id: str
    client: Client
    cookies: Mapping[str, str]
    session: Identity | None = None
    body: Any = None
    query: Any = None
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def who(self) -> Identity:
        """The signed-in subscriber; only a public route may find none, and it asks ``session`` instead."""
        assert self.session is not None
        return self.session


@dataclass(frozen=True)
class Answer:
    body: object = None
    status: int = 200
    cookies: tuple[str, ...] = ()
    text: str | None = None
    content_type: str = JSON


@dataclass(frozen=True)
class Route:
    """One row of the HTTP contract. ``takes`` says what the body is; ``errors`` what else it may answer."""

    method: str
    path: str
    handler: Callable[..., Answer]
    summary: str
    public: bool = False
    takes: Literal["nothing", "json", "form"] = "nothing"
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answers: Mapping[int, Any] = field(default_factory=dict)
    errors: tuple[int, ...] = ()
    step_up: bool = False
    #: a public route that still wants to know who is signed in; the others do not ask the store
    reads_session: bool = False
    #: the calls that stay open while an issued password still has to be replaced
    with_issued_password: bool = False

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def checks_origin(self) -> bool:
        """A company's webhook comes from no page of ours; it is known by its signature."""
        return self.writes and self.takes != "form"


class Views:
    """The routes of one module; ``blueprint()`` gives them to Chalice, one per path."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.routes: list[Route] = []

    def route(self, method: str, path: str, summary: str, **facts: Any) -> Callable[..., Any]:
        def register(handler: Callable[..., Answer]) -> Callable[..., Answer]:
            body = facts.get("body")
            takes = facts.pop("takes", "json" if body else "nothing")
            self.routes.append(Route(method, path, handler, summary, takes=takes, **facts))
            return handler

        return register

    def blueprint(self) -> Blueprint:
        """Every path takes every method, so that 405 is ours to say and looks the same everywhere."""
        blueprint = Blueprint(self.module)
        for path in dict.fromkeys(route.path for route in self.routes):
            table = {route.method: route for route in self.routes if route.path == path}
            view = _view(blueprint, table)
            words = re.findall(r"\w+", path.removeprefix("/api"))
            view.__name__ = "_".join([self.module.rsplit(".", 1)[-1], *words])
            blueprint.route(path, methods=list(METHODS), content_types=["*/*"])(view)
        return blueprint


def _view(blueprint: Blueprint, table: Mapping[str, Route]) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        event = blueprint.current_request
        request_id = str((event.context or {}).get("requestId") or "-")
        # the template of the route, never the path itself: that may hold what no log may
        with logs.bind(request_id=request_id, route=event.context.get("resourcePath"), method=event.method):
            started = time.monotonic()
            answer = _answer(event, request_id, table, path)
            took = round((time.monotonic() - started) * 1000)
            level = logging.INFO if answer.status < 500 else logging.WARNING
            log.log(level, "request", extra={"status": answer.status, "duration_ms": took})
            return _response(answer, request_id, table)

    return view


def _answer(event: ChaliceRequest, request_id: str, table: Mapping[str, Route], path: Mapping[str, str]) -> Answer:
    """The handler's answer or the refusal; whatever goes wrong is said once in the log, and shaped."""
    try:
        upstream.deadline.set(time.monotonic() + bootstrap.settings().request_deadline_seconds)
        return _handled(event, request_id, table, path)
    except PortalError as error:
        # why a line broke is for the log alone; of a refusal the code says enough
        logs.add(code=error.code, **({"why": str(error)} if isinstance(error, UpstreamError) else {}))
        return failures.answer(error, event)
    except Exception:
        log.exception("unexpected failure")
        logs.add(code="internal_error")
        return failures.unexpected(event)
    finally:
        upstream.deadline.set(None)


def _handled(event: ChaliceRequest, request_id: str, table: Mapping[str, Route], path: Mapping[str, str]) -> Answer:
    """The order is the point: nothing is read or looked up for a caller who may not come in."""
    client = admission.client(event)
    route = admission.route(table, event.method)
    if route.checks_origin:
        admission.same_origin(event)
    cookies = incoming.cookies(event)
    session = admission.session(route, cookies)
    logs.add(session=session is not None)
    request = Request(
        request_id,
        client,
        cookies,
        session,
        body=incoming.json_body(event, route.body) if route.takes == "json" else None,
        query=incoming.query(event, route.query),
        form=incoming.form(event, route.method) if route.takes == "form" else {},
    )
    return route.handler(request, **incoming.path(path))


def _response(answer: Answer, request_id: str, table: Mapping[str, Route]) -> Response:
    headers: dict[str, Any] = {**API_HEADERS, "X-Request-Id": request_id}
    if answer.cookies:
        headers["Set-Cookie"] = list(answer.cookies)
    if answer.status == 405:
        headers["Allow"] = ", ".join(table)
    if answer.text is not None:
        return Response(answer.text, {**headers, "Content-Type": answer.content_type}, answer.status)
    if answer.status == 204:
        return Response("", headers, 204)
    text = TypeAdapter(object).dump_json(answer.body, by_alias=True).decode()
    return Response(text, {**headers, "Content-Type": answer.content_type}, answer.status)
