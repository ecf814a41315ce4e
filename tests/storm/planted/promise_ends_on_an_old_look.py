"""The end of a promise is decided on what was seen a moment ago: money that came in between is not noticed."""

from chalicelib.services.promise_expiry import PromiseExpiry
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_promise_expiry.py::test_a_payment_that_comes_while_the_end_is_decided_is_seen"
SHOWS = "financial_block"


def plant() -> None:
    intent = 'self.store.advance(record, "ending", now, _after(record.until), seen=seen)'
    rewrite(PromiseExpiry._decide, {intent: intent.replace(", seen=seen", "")})
