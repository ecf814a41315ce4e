"""A notification that signs no sum is believed as it stands, without asking the company."""

from chalicelib.services.webhooks import Webhooks
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_uniteller_payments.py::test_a_signed_notification_alone_credits_nothing"
SHOWS = "('awaiting_payment', 0)"


def plant() -> None:
    rewrite(Webhooks.receive, {"if not event.proven:": "if False:"})
