"""The billing gets the money before the portal has written down that the gateway has it."""

from chalicelib.services.webhooks import Webhooks
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_payment_faults.py::test_nothing_is_credited_that_could_not_be_recorded_as_paid"
SHOWS = "('awaiting_payment', 50000) == ('awaiting_payment', 0)"


def plant() -> None:
    early = "self.settlement._post(topup)\n        return self.settlement.paid("
    rewrite(Webhooks._paid, {"return self.settlement.paid(": early})
