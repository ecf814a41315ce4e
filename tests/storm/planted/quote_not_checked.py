"""What was on screen is not compared with what is taken: a tariff whose price rose is charged at the new one."""

from chalicelib.billing.embedded import tariffs
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/services/test_tariff_change.py::test_another_charge_than_the_shown_one_is_refused_with_the_new_one",
    "tests/services/test_tariff_change.py::test_a_day_that_passed_between_the_offer_and_the_click_is_refused",
)
SHOWS = "DID NOT RAISE"


def plant() -> None:
    rewrite(tariffs.change, {"wish.expected_kopecks,": "start.charge_kopecks,"})
