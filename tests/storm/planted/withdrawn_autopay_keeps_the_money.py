"""A charge that was under way at the withdrawal stays."""

from chalicelib.services.autopay_outcomes import AutopayOutcomes
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_autopay.py::test_a_charge_in_flight_at_the_withdrawal_is_given_back[uniteller]"
SHOWS = "== [50000]"


def plant() -> None:
    rewrite(AutopayOutcomes._charged, {"self._give_back(period, topup)": "pass"})
