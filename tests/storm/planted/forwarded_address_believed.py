"""The client's address is what he writes into X-Forwarded-For: a new one for every guess."""

from chalicelib.handlers import admission
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/integration/test_access.py::test_a_forged_forwarded_address_is_not_believed"
SHOWS = "203.0.113.50"


def plant() -> None:
    forged = 'address = event.headers.get("x-forwarded-for") or str('
    rewrite(admission.client, {"address = str(": forged})
