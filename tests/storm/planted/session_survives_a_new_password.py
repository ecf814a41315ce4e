"""A sign-in with the old password that races its change leaves a session that the change does not end."""

from chalicelib.store.sessions import SessionStore
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_sessions.py::test_a_password_changed_during_the_sign_in_leaves_no_session"
SHOWS = "DID NOT RAISE"


def plant() -> None:
    rewrite(SessionStore.open, {"(Profile.password_version == profile.password_version) & ": ""})
