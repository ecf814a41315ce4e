"""The company is asked for a refund whose money is still on the account."""

from chalicelib.services.refunds import Refunds
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/services/test_refunds.py::test_what_is_given_back_is_off_the_account_and_reaches_the_payer[None-robokassa]"
)
SHOWS = "50000 == "


def plant() -> None:
    rewrite(Refunds.proceed, {'"created": self._post,': '"created": self._send,'})
