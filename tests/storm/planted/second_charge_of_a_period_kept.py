"""A declined charge that turns out to be paid stays, though a later try has paid for its period."""

from chalicelib.services.autopay_outcomes import AutopayOutcomes
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_autopay_late.py::test_after_a_later_try_has_paid_it_goes_back[robokassa]"
SHOWS = "130000 != 80000"


def plant() -> None:
    rewrite(AutopayOutcomes.late, {"if not kept:": "if False:"})
