"""A payment for an order that has expired is acknowledged, and the money credited to nobody."""

from chalicelib.services.webhooks import Webhooks
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/services/test_odd_notifications.py::test_an_expired_order_that_is_paid_after_all_is_credited_and_flagged"
)
SHOWS = "('expired', 0) == ('credited', 50000)"


def plant() -> None:
    waiting = 'topup.status in {"created", "awaiting_payment"}'
    rewrite(Webhooks.receive, {'topup.status not in {"paid", "credited"}': waiting})
