"""A session that is used now and then never ends."""

from chalicelib.store.sessions import SessionRow
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_sessions.py::test_a_used_session_is_over_after_its_longest_life"
SHOWS = "is None"


def plant() -> None:
    rewrite(SessionRow.is_live, {" and now < self.started_at + absolute": ""})
