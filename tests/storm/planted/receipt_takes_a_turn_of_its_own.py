"""Every receipt is asked about in a turn of its own, which those need who pay by hand."""

from chalicelib.services.receipt_questions import ReceiptQuestions
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_receipts.py::test_one_answer_serves_all_who_paid_in_the_same_minutes"
SHOWS = "'waiting'"


def plant() -> None:
    rewrite(ReceiptQuestions.ask, {"answer is None or not answer.holds(topup, due_at, now)": "True"})
