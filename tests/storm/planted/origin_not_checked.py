"""A change is taken from any page on the web that a signed-in subscriber has open."""

from chalicelib.handlers import admission
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/integration/test_access.py::"
    "test_a_change_is_taken_from_our_own_pages_only[https://evil.example-POST /api/accounts/{account}/topups]"
)
SHOWS = "200 == 403"


def plant() -> None:
    rewrite(admission.same_origin, {"if origin not in bootstrap.settings().public_origins:": "if False:"})
