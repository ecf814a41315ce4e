"""The totals of a range are computed in roubles with a fraction, and kopecks get lost on the way back."""

from chalicelib.billing.embedded import operations
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_operations.py::test_totals_are_exact_where_a_float_is_not"
SHOWS = "9007199254741024 != 9007199254741023"


def plant() -> None:
    inexact = "int((closing.payments / 100 - opening.payments / 100) * 100)"
    rewrite(operations._between, {"closing.payments - opening.payments": inexact})
