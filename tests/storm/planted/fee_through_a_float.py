"""A part of a fee is computed in floating point, where half a kopeck goes to the even neighbour."""

from chalicelib import money
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/unit/test_money.py::test_a_whole_period_costs_the_whole_fee_and_half_a_kopeck_rounds_up"
SHOWS = "assert"


def plant() -> None:
    rewrite(money.by_days, {"(2 * fee * left + total) // (2 * total)": "round(fee * left / total)"})
