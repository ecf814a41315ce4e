"""A sandbox with a portal that only writes down what it is told, for the sandbox's own tests."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from chalicelib.money import Kopecks
from chalicelib.providers.gateways import Checkout, Order, PaymentEvent, PaymentGateway, load
from chalicelib.upstream import Outgoing
from local.clock import MovableClock
from local.sandbox import Sandbox, demo_environment
from local.sandbox.wire import InProcessWire
from local.web import Request, Response
from tests.contract.gateways.suite import at_once

ORIGIN = "http://127.0.0.1:8000"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RETURN = f"{ORIGIN}/?pay=0f0e0d0c-0b0a-4908-8706-050403020100"
ORDER = Order(
    topup_id="0f0e0d0c-0b0a-4908-8706-050403020100",
    invoice=77,
    account="100201",
    amount_kopecks=Kopecks(50000),
    ordered_at=START,
    expires_at=datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
    return_url=RETURN,
)


class Agenda:
    """Work at given instants; ``ran`` keeps the clock's time at each piece of it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.dues: list[datetime] = []
        self.ran: list[datetime] = []
        self.stuck = False

    def next_due(self) -> datetime | None:
        return min(self.dues, default=None)

    def run_due(self) -> dict[str, int]:
        now = self.clock()
        ready = [due for due in self.dues if due <= now]
        self.ran += [now] * len(ready)
        if not self.stuck:
            self.dues = [due for due in self.dues if due > now]
        return {"ask_gateway": len(ready)}


class World:
    """``received`` are the notifications, with the clock's time; ``answer`` overrides the portal's reply."""

    def __init__(
        self,
        directory: Path | None = None,
        find: Callable[[str, int], Checkout | None] | None = None,
        environ: Mapping[str, str] = MappingProxyType({}),
        company: str = "robokassa",
    ) -> None:
        self.real = START
        self.clock = MovableClock(real=lambda: self.real)
        self.agenda = Agenda(self.clock)
        self.received: list[tuple[datetime, dict[str, str]]] = []
        self.answer: tuple[int, bytes] | Exception | None = None
        self.sandbox = Sandbox(directory, self.clock, self._portal, self.agenda, find)
        session = requests.Session()
        session.mount(f"{ORIGIN}/sandbox/", InProcessWire(self.sandbox.handle))
        self.company = company
        settings = {**demo_environment(ORIGIN), **environ}
        self.gateway: PaymentGateway = load(company, settings, Outgoing(company, session), self.clock, at_once)

    def _portal(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        assert (method, path) == ("POST", f"/api/webhooks/{self.company}")
        form = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
        self.received.append((self.clock(), form))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or (200, f"OK{form.get('InvId', '')}".encode())

    def events(self) -> list[PaymentEvent]:
        """What the portal's adapter makes of every notification so far."""
        return [self.gateway.parse_webhook(form) for _, form in self.received]

    def open(self, order: Order = ORDER) -> Response:
        checkout = self.gateway.create_checkout(order)
        return self.go(checkout.method, checkout.url, checkout.fields)

    def go(self, method: str, url: str, form: dict[str, str] | None = None, **headers: str) -> Response:
        """As a browser on our own pages would."""
        parts = urlsplit(url)
        own = {"Host": "127.0.0.1:8000", "Origin": ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
        query = parse_qsl(parts.query, keep_blank_values=True)
        return self.sandbox.handle(Request(method, parts.path, query, own | headers, urlencode(form or {}).encode()))

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """As a program would, in JSON."""
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        answer = self.sandbox.handle(Request(method, f"/sandbox/{path}", [], headers, data))
        return answer.status, json.loads(answer.body) if answer.body else None

    def pay(self, **body: Any) -> tuple[int, Any]:
        given = {"invoice": self.invoice, "outcome": "paid", "webhook": "normal"} | body
        return self.call("POST", f"{self.company}/pay", given)

    @property
    def invoice(self) -> str:
        return "77" if self.company == "robokassa" else "LK-77"
