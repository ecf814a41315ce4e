"""A payment is credited and nobody waits for its receipt."""

from chalicelib.services.receipts import Receipts
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_receipts.py::test_a_receipt_that_stays_away_for_a_day_is_a_case_and_rests_after_three"
SHOWS = "'receipt'"


def plant() -> None:
    rewrite(Receipts.of_payment, {"if ReceiptKind.PAYMENT in kinds:": "if False:"})
