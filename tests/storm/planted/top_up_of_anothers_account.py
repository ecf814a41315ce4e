"""A top-up can be ordered for an account of somebody else, whose number and sum then stand in one's own list."""

from chalicelib.services.topups import TopUps
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/integration/test_access.py::"
    "test_anothers_object_looks_exactly_like_an_absent_one[POST /api/accounts/{account}/topups]"
)
SHOWS = "== 404"


def plant() -> None:
    rewrite(TopUps.order, {"if not self.billing.owns(subscriber_id, wish.account):": "if False:"})
