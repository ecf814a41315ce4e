"""What is missing is charged, whatever sum was announced."""

from chalicelib.services.autopay_charges import AutopayCharges
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_autopay.py::test_prices_that_grew_are_charged_as_announced_and_the_rest_is_asked_for"
SHOWS = "== [50000]"


def plant() -> None:
    rewrite(AutopayCharges.charge, {"min(Kopecks(period.amount_kopecks), self.least(autopay, missing))": "missing"})
