"""The status of the gateway's answer is not looked at: an answer about an order means that it was paid."""

from chalicelib.services.settlement import Settlement
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_settlement.py::test_a_declined_payment_ends_without_money_and_may_still_be_paid"
SHOWS = "'credited' == 'declined'"


def plant() -> None:
    any_answer = "if state.status is not PaymentStatus.NOT_FOUND:"
    rewrite(Settlement.answered, {"if state.status is PaymentStatus.PAID:": any_answer})
