"""A change of an account is committed whatever has changed since it was decided: the other one's is lost."""

from chalicelib.billing.embedded.books import Books
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_tariff_change.py::test_a_payment_that_lands_while_a_change_is_decided_is_not_lost"
SHOWS = "30000"


def plant() -> None:
    rewrite(Books._commit, {"actions, HeadRow.revision == head.revision)": "actions)"})
