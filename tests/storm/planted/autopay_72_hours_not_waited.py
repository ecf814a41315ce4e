"""A late notice does not move the charge."""

from chalicelib.services.autopay_plan import Plan
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_autopay.py::test_a_late_notice_moves_the_charge_to_72_hours_after_it"
SHOWS = "== []"


def plant() -> None:
    rewrite(Plan.first_charge, {"max(self.tries[0], noticed_at + NOTICE)": "self.tries[0]"})
