"""A copy of a click on autopay comes after its withdrawal, and is answered as if it had been agreed to anew."""

from chalicelib.services.card_consents import CardConsents
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_autopay_again.py::test_a_late_copy_of_a_click_connects_nothing[withdrawn]"
SHOWS = "DID NOT RAISE Conflict"


def plant() -> None:
    rewrite(CardConsents._again, {"raise Conflict": "pass"})
