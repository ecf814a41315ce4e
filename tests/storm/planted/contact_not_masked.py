"""A subscriber's telephone is shown in full: whoever borrows the session can write it down."""

from chalicelib.services import subscriber
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/integration/test_session.py::test_the_subscriber_sees_own_contacts_masked"
SHOWS = "'+79001112233'"


def plant() -> None:
    rewrite(subscriber.masked, {'name, at, domain = address.rpartition("@")': "return address"})
