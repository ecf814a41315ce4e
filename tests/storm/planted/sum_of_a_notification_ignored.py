"""A notification's sum is not compared with the order's: whatever was paid, the ordered sum is credited."""

from chalicelib.services.webhooks import Webhooks
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_settlement.py::test_another_sum_is_never_credited_and_an_operator_sees_it"
SHOWS = "50000 == 0"


def plant() -> None:
    rewrite(Webhooks._ours, {"elif event.proven and event.amount_kopecks != topup.amount_kopecks:": "elif False:"})
