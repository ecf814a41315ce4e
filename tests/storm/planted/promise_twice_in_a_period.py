"""Between two promised payments nobody waits: one follows another for ever."""

from chalicelib.billing.embedded import promises
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_promised_payments.py::test_the_next_one_waits_28_days_from_the_end_of_the_last"
SHOWS = "cooldown"


def plant() -> None:
    rewrite(promises._rested, {"rules.cooldown_days": "0"})
