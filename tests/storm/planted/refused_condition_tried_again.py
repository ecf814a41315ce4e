"""A transaction whose condition was refused is sent again, as if the store had only been busy."""

from chalicelib.store.transaction import Transaction
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_transaction.py::test_a_refused_condition_is_final_named_and_not_tried_again"
SHOWS = "Left contains 4 more items"


def plant() -> None:
    rewrite(Transaction._is_busy, {"reasons <= _BUSY": 'reasons <= _BUSY | {"ConditionalCheckFailed"}'})
