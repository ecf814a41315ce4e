"""An answer that was given before the company called is taken for what it says now."""

from chalicelib.services.shared_answers import Answer
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_uniteller_payments.py::test_an_answer_from_before_the_call_is_not_believed"
SHOWS = "'awaiting_payment' == 'credited'"


def plant() -> None:
    rewrite(Answer.holds, {"fresh = due_at <= self.asked_at <= now <= self.asked_at + FRESH": "fresh = True"})
