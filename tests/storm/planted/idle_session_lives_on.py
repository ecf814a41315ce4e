"""A session that nobody has used for a month still opens the portal."""

from chalicelib.store.sessions import SessionRow
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_sessions.py::test_an_idle_session_is_over_although_its_row_is_there"
SHOWS = "is None"


def plant() -> None:
    rewrite(SessionRow.is_live, {"now < self.last_seen_at + idle and ": ""})
