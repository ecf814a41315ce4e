"""The parts of the local product put together: store, portal, sandbox, worker, server."""

import json
import logging
import threading
from datetime import datetime
from pathlib import Path

import app as portal_app
from chalicelib import bootstrap
from local import demo, demo_logins
from local.clock import MovableClock
from local.gateway import Portal
from local.sandbox import Sandbox
from local.server import Server
from local.site import Site
from local.store import transport
from local.store.engine import Engine
from local.store.schema import create_tables
from local.web import Request, Response

log = logging.getLogger(__name__)

SITE = Path(__file__).resolve().parent.parent / "static_site"
TICK_SECONDS = 1.0


class Machine:
    """Everything of one data directory on one port. ``start`` serves until ``close``."""

    def __init__(self, data: Path, port: int) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self._engine = Engine(data / "store")
        transport.attach(self._engine)
        self.clock = MovableClock()
        self._portal = Portal(portal_app.app)
        bootstrap.forget()
        bootstrap.current_time = self.clock
        self.sandbox = Sandbox(data, self.clock, self._deliver, _Agenda(), self._find_checkout)
        bootstrap.around_billing = [self.sandbox.billing]
        create_tables()
        demo.seed(bootstrap.now(), bootstrap.settings())
        demo_logins.seed(bootstrap.now, bootstrap.settings())
        forms = tuple(origin for gateway in bootstrap.gateways().values() for origin in gateway.form_origins)
        self._server = Server(port, self._portal, Site(SITE, forms), self._sandboxed)
        (data / "server.json").write_text(json.dumps({"port": port}))
        self._stop = threading.Event()

    def _deliver(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """A company's notification reaches the portal as from the network."""
        reply = self._portal.call(method, path, "", headers, body, "127.0.0.1")
        return reply.status, reply.body

    def _find_checkout(self, invoice: int) -> str | None:
        return bootstrap.topups().checkout_url("robokassa", invoice)

    def _sandboxed(self, request: Request) -> Response:
        """The sandbox, and beside it the store itself, for the staff's commands on this machine."""
        if request.path.rstrip("/") != "/sandbox/dynamodb":
            return self.sandbox.handle(request)
        # a page of another site cannot send this header without asking first, and is never answered
        target = request.headers.get("X-Amz-Target")
        if request.method != "POST" or not target or "Origin" in request.headers:
            return Response(404)
        answer = self._engine.call(target, request.body)
        return Response(answer.status, answer.body, answer.headers)

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, name="server", daemon=True).start()
        threading.Thread(target=self._work, name="agenda", daemon=True).start()

    def _work(self) -> None:
        while not self._stop.wait(TICK_SECONDS):
            try:
                self.sandbox.run_due()
            except Exception:
                log.exception("the agenda's tick failed")

    def close(self) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        transport.detach()
        self.sandbox.close()
        self._engine.close()


class _Agenda:
    """The portal's agenda, built when it is first asked for: settings are read late."""

    def next_due(self) -> datetime | None:
        return bootstrap.agenda_runner().next_due()

    def run_due(self) -> dict[str, int]:
        return bootstrap.agenda_runner().run_due()
