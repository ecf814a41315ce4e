"""Money that the gateway still holds, and may give back, is credited as if it were paid."""

from chalicelib.services.settlement import Settlement
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_odd_notifications.py::test_money_that_the_gateway_still_holds_is_not_credited[20]"
SHOWS = "('credited', 50000) == ('awaiting_payment', 0)"


def plant() -> None:
    both = "if state.status in {PaymentStatus.PAID, PaymentStatus.PROCESSING}:"
    rewrite(Settlement.answered, {"if state.status is PaymentStatus.PAID:": both})
