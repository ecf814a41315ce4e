"""A worker asks the company whether or not it is the shop's turn."""

from chalicelib.providers.gateways.uniteller import Uniteller
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_uniteller_payments.py::test_questions_are_five_seconds_apart_whoever_asks"
SHOWS = "'awaiting_payment' == 'credited'"


def plant() -> None:
    rewrite(Uniteller._results, {"if later is not None:": "if False:"})
