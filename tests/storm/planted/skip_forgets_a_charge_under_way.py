"""Skipping the next period on the first day of this one lets go of this one's charge, which has no outcome yet."""

from chalicelib.services.autopay import Autopay
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/services/test_autopay_again.py"
    "::test_skipping_the_next_period_forgets_no_charge_without_an_outcome[robokassa]"
)
SHOWS = "assert None is not None"


def plant() -> None:
    rewrite(Autopay._after_skipping, {"return autopay.due_at, autopay.period": "pass"})
