"""A business day is the day of UTC: after midnight in Moscow the portal still lives in yesterday."""

from chalicelib import clock
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/services/test_business_day.py::test_the_period_on_screen_is_that_of_the_local_day",
    "tests/services/test_business_day.py::test_lifting_a_block_charges_from_the_local_day",
    "tests/services/test_business_day.py::test_operations_without_dates_are_those_of_the_local_month",
)
SHOWS = "assert"


def plant() -> None:
    rewrite(clock.local_date, {"instant.astimezone(zone)": "instant.astimezone(UTC)"})
