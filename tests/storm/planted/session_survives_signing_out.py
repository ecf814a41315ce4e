"""Signing out deletes the cookie and leaves the session: whoever has copied it stays in."""

from chalicelib.services.session import Sessions
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/integration/test_session.py::test_signing_out_kills_the_session_and_deletes_the_cookie_only_of_the_session"
)
SHOWS = "'signed_in': False"


def plant() -> None:
    rewrite(Sessions.log_out, {"self.store.close(row, self._entry(": "self.store.note(self._entry("})
