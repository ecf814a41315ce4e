"""A session is found by its token itself: whoever reads the table is signed in as everybody."""

from chalicelib.store import sessions
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_sessions.py::test_only_the_hash_of_a_session_and_of_a_device_is_stored"
SHOWS = "not in"


def plant() -> None:
    rewrite(sessions.fingerprint, {"hashlib.sha256(token.encode()).hexdigest()": "token"})
