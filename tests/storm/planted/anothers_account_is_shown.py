"""Any subscriber who knows its number sees another subscriber's account."""

from chalicelib.services.accounts import Accounts
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/integration/test_access.py::"
    "test_anothers_object_looks_exactly_like_an_absent_one[GET /api/accounts/{account}]"
)
SHOWS = "200 == 404"


def plant() -> None:
    rewrite(Accounts._view, {"if view.subscriber_id != subscriber_id:": "if False:"})
