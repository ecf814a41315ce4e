"""A closing receipt whose request was lost is sent again under a new number: the company would make a third one."""

from chalicelib.services.receipts import Receipts
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_receipts.py::test_one_that_never_got_there_is_sent_again_under_its_number"
SHOWS = "1002"


def plant() -> None:
    rewrite(Receipts._send, {"receipt.number or self.topups": "self.topups"})
