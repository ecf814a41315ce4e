"""Two workers find the same fiscal document for two refunds of one sum, and both write it down."""

from chalicelib.store.receipts import ReceiptStore
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_receipts.py::test_a_document_found_by_two_workers_at_once_is_one_receipts_alone"
SHOWS = "[('done', 0), ('done', 0)] == [('done', 0), ('waiting', 1)]"


def plant() -> None:
    rewrite(ReceiptStore.advance, {'if "fd" in changes:': "if False:"})
