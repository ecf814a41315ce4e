"""Any subscriber who knows the account's number reads another subscriber's payments."""

from chalicelib.services.accounts import Accounts
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/integration/test_access.py::"
    "test_anothers_object_looks_exactly_like_an_absent_one[GET /api/accounts/{account}/operations]"
)
SHOWS = "200 == 404"


def plant() -> None:
    rewrite(Accounts.owned, {"if not self.billing.owns(subscriber_id, account):": "if False:"})
