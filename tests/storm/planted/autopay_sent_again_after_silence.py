"""The answer to a charge is lost, and that is taken for a charge that was not made."""

from chalicelib.services.autopay_charges import AutopayCharges
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/services/test_autopay.py::test_an_unknown_outcome_is_asked_about_and_never_repeated[nonsense-uniteller]"
)
SHOWS = "== (1, 1, 'charged')"


def plant() -> None:
    rewrite(AutopayCharges._answer, {"return None": "return unsent"})
