"""A payment that comes while the charge is decided is not seen."""

from chalicelib.services.autopay_charges import AutopayCharges
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_autopay.py::test_a_payment_in_the_same_instant_lowers_the_charge"
SHOWS = "== [30000]"


def plant() -> None:
    rewrite(AutopayCharges._send, {'"autopay", seen)': '"autopay")'})
