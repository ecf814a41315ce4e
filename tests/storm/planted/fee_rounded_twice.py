"""The fee of a day is rounded and then multiplied by the days: the sum of a part is off by some kopecks."""

from chalicelib.billing.embedded import openings
from tests.storm.planted._planting import rewrite

CAUGHT_BY = ("tests/services/test_settlement.py::test_a_payment_that_covers_the_rest_of_the_period_lifts_the_block",)
SHOWS = "FINANCIAL_BLOCK"


def plant() -> None:
    twice = "by_days(service.fee_kopecks, 1, total) * left"
    rewrite(openings._fee, {"by_days(service.fee_kopecks, left, total)": twice})
