"""A promised payment ends on its hour, whatever was ordered or paid a minute before: who has paid is blocked."""

from chalicelib.services.promise_expiry import PromiseExpiry
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/services/test_promise_expiry.py::test_it_asks_about_a_young_order_and_finds_the_money",
    "tests/services/test_promise_expiry.py::test_an_end_waits_for_a_payment_that_is_not_credited_and_then_it_is_repaid",
)
SHOWS = "paid"


def plant() -> None:
    seen = "sorted({*(seen.paid or ()), *(seen.awaiting or ())})"
    rewrite(PromiseExpiry._on_the_way, {seen: "()"})
