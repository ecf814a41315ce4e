"""A transaction drops the conditions of its updates: who comes second does not notice who was first."""

from chalicelib.store.transaction import Transaction
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/services/test_transaction.py::test_every_kind_of_write_keeps_its_condition",
    "tests/services/test_sessions.py::test_a_password_changed_during_the_sign_in_leaves_no_session",
)
SHOWS = "DID NOT RAISE"


def plant() -> None:
    rewrite(Transaction._send, {"tx.update(row, actions, condition=when)": "tx.update(row, actions)"})
