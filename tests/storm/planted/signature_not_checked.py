"""The signature of a notification is computed and then not looked at."""

from chalicelib.providers.gateways.robokassa import Robokassa
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/contract/gateways/test_gateways.py::test_a_forged_notification_is_refused[robokassa: another sum]"
SHOWS = "DID NOT RAISE"


def plant() -> None:
    rewrite(Robokassa._check, {"if not same:": "if False:"})
