"""CPU of one request against a hello-world of the same framework, through ``app(event, context)``.

The store in this process burns processor time that Lambda would not, so its answers are recorded once and
given back. What the portal pays for a store request itself (PynamoDB and botocore: build, send, parse)
is its own and stays in; it is also shown apart, as the ratio of the same route without its handler's reads.
"""

from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Any, cast

from chalice.app import Chalice
from chalice.local import LocalChalice

from chalicelib.store.sessions import SessionRow
from chalicelib.store.tables import fetch
from local.store.engine import Engine
from local.store.handlers import Answer
from local.store.transport import attach
from tests.bench.imports import event
from tests.bench.report import Table
from tests.bench.shop import ACCOUNT, LOGIN, measured
from tests.portal import client

ROUNDS = 9
#: Calls of one timing: enough for the processor's clock, and the hello-world is so much shorter.
CALLS, HELLO_CALLS = 60, 3000

Act = Callable[[], object]
ROUTES = {
    "GET /api/health": ("/api/health", {}),
    "GET /api/session": ("/api/session", {}),
    "GET /api/home": ("/api/home", {}),
    "GET /api/accounts/{account}": ("/api/accounts/{account}", {"account": ACCOUNT}),
}


class Replay:
    """Answers of the store by request, byte for byte; an unknown request is asked once and remembered."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._answers: dict[tuple[str, bytes], Answer] = {}
        self.asked = 0

    def call(self, target: str, body: bytes) -> Answer:
        self.asked += 1
        key = target, body
        if key not in self._answers:
            self._answers[key] = self._engine.call(target, body)
        return self._answers[key]


def hello() -> Act:
    """The smallest app there is, called as ours is."""
    app = Chalice(app_name="hello")
    app.route("/")(lambda: {"hello": "world"})
    app.__class__ = LocalChalice
    asked = event("GET", "/", "/")
    return lambda: app(asked, None)


def ours(resource: str, parameters: dict[str, str], cookie: str) -> Act:
    import app

    asked = event("GET", resource.format(**parameters), resource, cookie, **parameters)

    def act() -> None:
        answer = app.app(asked, None)
        if answer["statusCode"] != 200:
            raise RuntimeError(f"{resource}: {answer}")

    return act


def _once(act: Act, calls: int) -> float:
    started = process_time()
    for _ in range(calls):
        act()
    return (process_time() - started) / calls


def tables() -> list[Table]:
    with measured() as (engine, _):
        browser = client()
        assert browser.log_in(LOGIN).status == 200
        browser.get(f"/api/accounts/{ACCOUNT}")
        cookie = f"session={browser.cookies['session']}"
        replay = Replay(engine)
        acts: dict[str, Act] = {name: ours(*facts, cookie) for name, facts in ROUTES.items()}
        acts["one consistent read of one row, no HTTP"] = _one_read(browser.cookies["session"])
        rows = [_row(name, act, hello(), engine, replay) for name, act in acts.items()]
    head = (
        "request",
        "store requests",
        "in hello-worlds",
        "spread of the rounds",
        "the same with the in-process store",
    )
    return [Table("request", head, rows)]


def _one_read(cookie: str) -> Act:
    subscriber, _, _token = cookie.partition(".")
    return lambda: fetch(SessionRow, subscriber, "session#" + "0" * 64)


def _row(name: str, act: Act, small: Act, engine: Engine, replay: Replay) -> tuple[Any, ...]:
    attach(engine)
    act()
    with_store = median(_once(act, CALLS // 4) / _once(small, HELLO_CALLS) for _ in range(3))
    # the transport asks an engine for one thing only, its ``call``
    attach(cast(Engine, replay))
    act()
    before = replay.asked
    act()
    requests = replay.asked - before
    found = [_once(act, CALLS) / _once(small, HELLO_CALLS) for _ in range(ROUNDS)]
    shown = name if " " in name and not name.startswith("GET") else f"`{name}`"
    return shown, requests, f"{median(found):.1f}", f"{min(found):.1f}–{max(found):.1f}", f"{with_store:.1f}"
