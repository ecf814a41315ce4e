"""The fee of a day is rounded and then multiplied by the days: the sum of a part is off by some kopecks."""

from chalicelib.billing.embedded.openings import Opening
from tests.storm.planted._planting import rewrite

CAUGHT_BY = ("tests/services/test_settlement.py::test_a_payment_that_covers_the_rest_of_the_period_lifts_the_block",)
SHOWS = "FINANCIAL_BLOCK"


def plant() -> None:
    twice = "by_days(line.tariff.fee_kopecks, 1, self.total_days) * self.left"
    rewrite(Opening.fee, {"by_days(line.tariff.fee_kopecks, self.left, self.total_days)": twice})
