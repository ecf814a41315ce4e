"""A refund whose outcome is unknown is asked for again, although the company has no key of ours to know it by."""

from chalicelib.services.refunds import Refunds
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/services/test_refunds.py::"
    "test_an_unknown_outcome_is_a_case_and_never_sent_again[robokassa-None-timeout_after]"
)
SHOWS = "'refused' == 'unknown'"


def plant() -> None:
    may_repeat = (
        "if refund.amount_kopecks == topup.amount_kopecks and self.gateways[topup.gateway].full_refund_repeats:"
    )
    again = "return self._answered(refund, self.gateways[topup.gateway].refund(_asked(refund, topup)))"
    rewrite(Refunds._unknown, {may_repeat: f"if True:\n        {again}\n    if False:"})
