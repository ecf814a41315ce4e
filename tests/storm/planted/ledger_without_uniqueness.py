"""An entry's external id is written without "if absent": the same payment moves money twice."""

from chalicelib.billing.embedded.ledger import Ledger
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/contract/billing/test_billings.py::test_a_payment_is_posted_once_and_found[embedded]"
SHOWS = "already"


def plant() -> None:
    rewrite(Ledger._append, {", external, ExternalRow.partition.does_not_exist()": ", external"})
