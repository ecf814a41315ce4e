"""The end of a promise looks at the billing first and at the payments after it: one that lands in between is missed."""

from chalicelib.services.promise_expiry import PromiseExpiry
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_promise_expiry.py::test_a_payment_that_lands_between_the_two_looks_repays_it"
SHOWS = "repaid"


def plant() -> None:
    look, then = "seen = in_flight.of(record.account)", "paid, young = self._on_the_way"
    rewrite(PromiseExpiry._expire, {look: "pass", then: f"{look}\n        {then}"})
