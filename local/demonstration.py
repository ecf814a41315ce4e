"""The product with demo subscribers, the sandbox beside the portal, and a clock that can be moved."""

from datetime import datetime
from pathlib import Path

from chalicelib import bootstrap, seams
from chalicelib.providers.gateways import Checkout
from local import demo, demo_logins
from local.clock import MovableClock
from local.machine import Machine
from local.purpose import Purpose
from local.sandbox import Sandbox


class Demonstration:
    """Serves from its making until ``close``."""

    def __init__(self, data: Path, port: int) -> None:
        clock = MovableClock()
        self._machine = Machine(data, Purpose.DEMONSTRATION, clock)
        self._sandbox = Sandbox(data, clock, self._deliver, _Agenda(), self._find_checkout)
        seams.around_billing = [self._sandbox.billing]
        demo.seed(bootstrap.now(), bootstrap.settings())
        demo_logins.seed(bootstrap.now, bootstrap.settings())
        self._machine.listen(port, self._sandbox.handle)
        self._machine.start(self._sandbox.run_due, seconds=1)

    def _deliver(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """A company's notification reaches the portal as from the network."""
        reply = self._machine.portal.call(method, path, "", headers, body, "127.0.0.1")
        return reply.status, reply.body

    def _find_checkout(self, company: str, invoice: int) -> Checkout | None:
        return bootstrap.topups().checkout_of(company, invoice)

    def close(self) -> None:
        self._machine.hang_up()
        self._sandbox.close()
        self._machine.close()


class _Agenda:
    """The portal's agenda, built when it is first asked for: settings are read late."""

    def next_due(self) -> datetime | None:
        return bootstrap.agenda_runner().next_due()

    def run_due(self) -> dict[str, int]:
        return bootstrap.agenda_runner().run_due()
