"""A period that is opened late begins on the day it is opened: the days before it were never paid for."""

from chalicelib.billing.embedded import calendar, openings
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_account_days.py::test_a_job_26_hours_late_opens_the_whole_period_once"
SHOWS = "opening:500001:2026-12-11:internet"


def plant() -> None:
    late = "openings.open_period(standing, by) if due.what is _What.OPENING else _step(standing, due)"
    rewrite(calendar.next_step, {"_step(standing, due)": late})
    rewrite(openings.open_period, {"line.unpaid_from == day": "line.unpaid_from <= day"})
