"""Who wrote the intent of a charge and was held up sends all the same."""

from chalicelib.services.autopay_charges import AutopayCharges
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_autopay.py::test_who_was_held_up_after_the_intent_does_not_send"
SHOWS = "== (0, 'announced')"


def plant() -> None:
    rewrite(AutopayCharges._answer, {"if not timedelta(0) <= self.now() - at <= FRESH:": "if False:"})
