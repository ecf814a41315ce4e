"""An entry's external id is written without "if absent": the same payment moves money twice."""

from chalicelib.billing.embedded.books import Books
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/contract/billing/test_billings.py::test_a_payment_is_posted_once_and_found[embedded]"
SHOWS = "already"


def plant() -> None:
    rewrite(
        Books._commit,
        {"_external_row(entry, row), ExternalRow.partition.does_not_exist()": "_external_row(entry, row)"},
    )
