"""The days of the calendar are those of UTC: in Moscow a period opens three hours late, in Kamchatka twelve."""

from chalicelib.billing.embedded.books import Books
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_account_days.py::test_a_period_is_opened_at_the_first_instant_of_its_local_day"
SHOWS = "opening:500001:2026-12-10:internet"


def plant() -> None:
    rewrite(Books.today, {"local_date(self.now(), self.zone)": "self.now().date()"})
