"""Charges are named by period and try alone: of two accounts one is charged."""

from chalicelib.services.autopay_charges import AutopayCharges
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_autopay.py::test_two_accounts_of_one_day_are_each_charged"
SHOWS = "100203"


def plant() -> None:
    rewrite(AutopayCharges._new, {'f"{autopay.account}#{period.start': 'f"{period.start'})
