"""A promise is shown and counted as part of the balance."""

from chalicelib.billing.embedded import views
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_promised_payments.py::test_it_is_a_limit_and_never_money"
SHOWS = "assert"


def plant() -> None:
    counted = "standing.balance_kopecks + (standing.promise.left_kopecks if standing.promise else 0)"
    rewrite(views.summary, {"balance_kopecks=standing.balance_kopecks": f"balance_kopecks={counted}"})
