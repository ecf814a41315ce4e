"""A refund is asked for again, and the company's no to that is taken for the end of the first one as well."""

from chalicelib.services.refunds import Refunds
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_refunds.py::test_a_no_to_the_repeat_says_nothing_about_the_first_call"
SHOWS = "('refused', 50000) == ('unknown', 0)"


def plant() -> None:
    rewrite(Refunds._resolve, {"refused = answer.status is RefundStatus.REFUSED": "refused = False"})
