"""At the start of a suspension the days that were paid already do not come back."""

from chalicelib.billing.embedded import pausing
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_suspension.py::test_it_starts_tomorrow_and_the_unused_days_come_back"
SHOWS = "20000 != 59000"


def plant() -> None:
    rewrite(pausing.start, {"(returned, fee)": "(fee,)"})
