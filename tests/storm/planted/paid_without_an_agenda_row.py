"""A payment is recorded without the agenda row that owes its credit: nobody ever tries again."""

from chalicelib.services.settlement import Settlement
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/services/test_settlement.py::"
    "test_a_lost_answer_of_the_billing_is_asked_for_and_not_posted_twice[timeout_after]"
)
SHOWS = "('paid', 50000) == ('credited', 50000)"


def plant() -> None:
    rewrite(Settlement.paid, {"Next(Kind.SETTLE_TOPUP, now + FIRST_SETTLE)": "None"})
