"""The next period is counted from where this one began: after February the 31st is the 28th for ever."""

from chalicelib.billing.embedded import periods
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/unit/test_periods.py::test_the_31st_stays_the_31st_after_february"
SHOWS = "28"


def plant() -> None:
    drifting = "_anchored(start.year, start.month + 1, start.day)"
    rewrite(periods.period_of, {"_anchored(start.year, start.month + 1, anchor_day)": drifting})
