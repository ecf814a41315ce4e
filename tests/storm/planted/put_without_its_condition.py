"""A transaction drops the conditions of its puts: what was there is written over."""

from chalicelib.store.transaction import Transaction
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_transaction.py::test_every_kind_of_write_keeps_its_condition"
SHOWS = "DID NOT RAISE"


def plant() -> None:
    rewrite(Transaction._send, {"tx.save(row, condition=when)": "tx.save(row)"})
