"""The outside companies on one machine: their wire formats, a panel, and a clock that can be moved.

Never packaged for Lambda. Whatever it remembers survives a restart and SIGKILL.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from chalicelib.billing import BillingSystem
from chalicelib.providers.gateways import Checkout
from local.clock import MovableClock
from local.sandbox.deliveries import Deliveries, Portal
from local.sandbox.faults import Faults
from local.sandbox.faulty_billing import faulty
from local.sandbox.outbox import Outbox
from local.sandbox.robokassa import Robokassa
from local.sandbox.robokassa_wire import Shop
from local.sandbox.routes import Routes
from local.sandbox.state import State
from local.sandbox.timeline import Runner, Timeline
from local.sandbox.uniteller import Uniteller
from local.sandbox.uniteller_wire import Point
from local.web import Request, Response

__all__ = ["Portal", "Runner", "Sandbox", "Shop", "demo_environment"]

SMS_LOGIN, SMS_PASSWORD = "demo-isp", "sandbox-sms-password"


def demo_environment(origin: str) -> dict[str, str]:
    """Settings that point every adapter at the sandbox of this origin (``http://127.0.0.1:8000``)."""
    shop, point = Shop(), Point()
    return {
        "ROBOKASSA_BASE_URL": f"{origin}/sandbox/robokassa",
        "ROBOKASSA_MERCHANT_LOGIN": shop.login,
        "ROBOKASSA_PASSWORD1": shop.password1,
        "ROBOKASSA_PASSWORD2": shop.password2,
        "ROBOKASSA_PASSWORD3": shop.password3,
        "ROBOKASSA_SERVICES_URL": f"{origin}/sandbox/robokassa/services",
        "ROBOKASSA_RECURRING": "true",
        "ROBOKASSA_RECEIPTS": "true",
        "ROBOKASSA_CLOSING_RECEIPT": "true",
        "ROBOKASSA_SHOP_URL": "https://isp.example.ru",
        "ROBOKASSA_FISCAL_URL": f"{origin}/sandbox/robokassa/fiscal",
        "PORTAL_RECEIPT_URL": f"{origin}/sandbox/receipt?fn={{fn}}&fd={{fd}}&fpd={{fpd}}&sum={{sum}}",
        "ROBOKASSA_HASH": shop.algorithm,
        "UNITELLER_BASE_URL": f"{origin}/sandbox/uniteller/wpay",
        "UNITELLER_FISCAL_URL": f"{origin}/sandbox/uniteller/fpay/v2",
        "UNITELLER_RECURRING": "true",
        "UNITELLER_CARDS": "true",
        "UNITELLER_SHOP_ID": point.shop_id,
        "UNITELLER_LOGIN": point.login,
        "UNITELLER_PASSWORD": point.password,
        "SMSC_BASE_URL": f"{origin}/sandbox/smsc",
        "SMSC_LOGIN": SMS_LOGIN,
        "SMSC_PASSWORD": SMS_PASSWORD,
        "SES_ENDPOINT_URL": f"{origin}/sandbox/ses",
        "SES_SENDER": "portal@example.ru",
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
    }


class Sandbox:
    """``directory`` keeps the state (None: in memory). ``portal`` takes the notifications, ``runner`` is its agenda.

    ``find_checkout`` gives a company's checkout of an invoice whose payment page nobody has opened yet.
    """

    def __init__(
        self,
        directory: Path | None,
        clock: MovableClock,
        portal: Portal,
        runner: Runner,
        find_checkout: Callable[[str, int], Checkout | None] | None = None,
        shop: Shop | None = None,
    ) -> None:
        self._state = State(directory)
        clock.restore(timedelta(seconds=float(self._state.setting("clock_offset_seconds") or 0)))
        clock.on_move = lambda offset: self._state.keep("clock_offset_seconds", repr(offset.total_seconds()))
        self._clock = clock
        self._faults = Faults(self._state)
        self._deliveries = Deliveries(self._state, clock, portal)
        find = find_checkout or (lambda company, invoice: None)
        robokassa = Robokassa(self._state, clock, shop or Shop(), partial(find, "robokassa"))
        uniteller = Uniteller(self._state, clock, Point(), lambda number: find("uniteller", _invoice(number)))
        outbox = Outbox(self._state, clock, self._faults, SMS_LOGIN, SMS_PASSWORD)
        self._timeline = Timeline(clock, self._deliveries, runner)
        self._routes = Routes(
            self._state, clock, self._faults, self._deliveries, robokassa, uniteller, outbox, self._timeline
        )

    def handle(self, request: Request) -> Response:
        """Answer anything below ``/sandbox/``; safe from several threads."""
        return self._routes.handle(request)

    def deliver_due(self) -> int:
        """Send the notifications that are due, repeats included; for the local worker's tick."""
        return sum(self._deliveries.send_due().values())

    def run_due(self) -> dict[str, int]:
        """The notifications that are due and the portal's agenda; counts per kind."""
        return self._timeline.run_due()

    def billing(self, billing: BillingSystem) -> BillingSystem:
        """The same billing behind a line that fails as the ``billing`` faults say."""
        return faulty(billing, self._take_billing_fault)

    def close(self) -> None:
        self._state.close()

    def _take_billing_fault(self, call: str) -> str | None:
        kind = self._faults.take("billing", call)
        if kind is not None:
            self._state.log_call(self._clock(), "billing", call, "-", "-", kind)
        return kind


def _invoice(number: str) -> int:
    """The portal's number at the end of an order's name; nought is nobody's."""
    digits = number.rpartition("-")[2]
    return int(digits) if digits.isascii() and digits.isdigit() else 0
