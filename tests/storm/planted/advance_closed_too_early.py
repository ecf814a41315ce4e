"""The closing receipt is sent though the money is still on the account."""

from chalicelib.services.receipts import Receipts
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_receipts.py::test_it_is_sent_once_the_payment_is_used_up"
SHOWS = "== ('due', 0)"


def plant() -> None:
    rewrite(Receipts._close, {"elif not self._used_up(receipt, topup):": "elif False:"})
