"""A payment for an order that we do not know is acknowledged, and the company never mentions it again."""

from chalicelib.services.webhooks import Webhooks
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_odd_notifications.py::test_an_unknown_order_gets_no_ok_and_an_operator_sees_it"
SHOWS = "200 == 409"


def plant() -> None:
    polite = """try:
        topup = self._ours(name, event)
    except Exception:
        return gateway.acknowledge(event)"""
    rewrite(Webhooks.receive, {"topup = self._ours(name, event)": polite})
