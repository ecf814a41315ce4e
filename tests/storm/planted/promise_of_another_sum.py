"""A promise is granted at the sum of now, not at the one that was shown: money that came in between is promised too."""

from chalicelib.billing.embedded import promises
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/services/test_promised_payments.py"
    "::test_a_payment_between_the_look_and_the_grant_is_seen_by_the_grant_itself"
)
SHOWS = "DID NOT RAISE"


def plant() -> None:
    rewrite(promises.grant, {"offered.amount_kopecks != expected": "False"})
