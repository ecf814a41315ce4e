"""An opening charges a suspended service as well: the days that were to cost nothing are paid in full."""

from chalicelib.billing.embedded.standing import Line
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_suspension.py::test_no_day_of_it_is_charged_over_an_opening"
SHOWS = "At index 1 diff"


def plant() -> None:
    rewrite(Line.charged, {" and not self.paused": ""})
