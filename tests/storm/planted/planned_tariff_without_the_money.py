"""A planned tariff is charged at the opening although the money is only there for the old one."""

from chalicelib.billing.embedded import openings
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/services/test_tariff_change.py"
    "::test_without_money_at_the_switch_the_old_tariff_goes_on_and_a_message_says_so"
)
SHOWS = "t300"


def plant() -> None:
    rewrite(openings.open_period, {">= opening.total_kopecks": ">= plain.total_kopecks"})
