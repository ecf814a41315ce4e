"""What the demonstration and the service share: store, side door, portal, site, server and a worker."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import app as portal_app
from chalicelib import bootstrap, seams
from chalicelib.clock import Clock
from local import key_file
from local.gateway import Portal
from local.purpose import Purpose, claim
from local.server import Sandboxed, Server
from local.site import Site
from local.store import door, transport
from local.store.engine import Engine
from local.store.schema import create_tables

log = logging.getLogger(__name__)

SITE = Path(__file__).resolve().parent.parent / "static_site"
#: What a stop waits for requests that have begun; one has 20 s for its own calls.
DRAIN_SECONDS = 25


class Machine:
    """One data directory, its store and the portal on it. Nobody is answered before ``listen`` and ``start``."""

    def __init__(self, data: Path, purpose: Purpose, clock: Clock) -> None:
        """:raises WrongPurpose, StoreError, OSError: nothing was started."""
        claim(data, purpose)
        self._engine = Engine(data / "store")
        key_file.make(data)
        transport.attach(self._engine)
        self.app = portal_app.app
        self.portal = Portal(self.app)
        bootstrap.forget()
        seams.current_time = clock
        create_tables()
        # only whoever holds the store's lock may take the door's place
        self._door = door.Door(data / door.NAME, self._engine)
        self._stop = threading.Event()

    def listen(self, port: int, sandboxed: Sandboxed | None = None, hosts: frozenset[str] = frozenset()) -> None:
        """Take the port. :raises OSError: somebody else has it."""
        forms = tuple(origin for gateway in bootstrap.gateways().values() for origin in gateway.form_origins)
        self._server = Server(port, self.portal, Site(SITE, forms), sandboxed, hosts)

    def start(self, tick: Callable[[], object], seconds: float) -> None:
        """Answer requests, and call ``tick`` so often until ``close``."""
        threading.Thread(target=self._server.serve_forever, name="server", daemon=True).start()
        self._worker = threading.Thread(target=self._work, args=(tick, seconds), name="worker", daemon=True)
        self._worker.start()

    def _work(self, tick: Callable[[], object], seconds: float) -> None:
        while not self._stop.wait(seconds):
            try:
                tick()
            except Exception:
                log.exception("the worker's tick failed")

    def hang_up(self) -> None:
        """Take no new request and let those that have begun end."""
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        if not self._server.drain(DRAIN_SECONDS):
            log.warning("stopped before every request had its answer")
        self._worker.join(DRAIN_SECONDS)

    def close(self) -> None:
        """After ``hang_up``. The transport stays: a straggler must meet a closed store, not somebody's cloud."""
        self._door.close()
        self._engine.close()
