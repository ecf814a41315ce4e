"""A posting whose answer was lost is posted once more under a new id, and nobody asks what became of the first."""

from chalicelib.services.settlement import Settlement
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_payment_faults.py::test_a_posting_without_an_answer_is_asked_for_by_its_id"
SHOWS = "100000) == ('credited', 50000)"


def plant() -> None:
    again = 'self.billing.post_payment(topup.account, amount, topup.topup_id + ":again", f"gateway:{topup.gateway}")'
    rewrite(Settlement._post, {"self._found(topup)": again})
