"""The company says no, and the account stays without its money."""

from chalicelib.services.refunds import Refunds
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/services/test_refunds.py::test_a_refusal_puts_the_money_back_and_it_may_be_asked_for_again[robokassa]"
)
SHOWS = "(0, 0) == (50000, 0)"


def plant() -> None:
    put_back = "self.billing.reverse_refund(topup.account, amount, _external(refund), _source(topup))"
    rewrite(Refunds._take_back, {put_back: "PostResult.CREATED"})
