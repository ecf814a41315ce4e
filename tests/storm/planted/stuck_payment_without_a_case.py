"""A payment that the billing does not take for a day never appears in the operator's list."""

from chalicelib.services.settlement import Settlement
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_settlement.py::test_billing_down_three_days_loses_nothing_and_an_operator_knows"
SHOWS = "set() == {"


def plant() -> None:
    stuck = "if self.now() - since >= self.settings.stuck_after:"
    rewrite(Settlement._wait, {stuck: "if False:"})
