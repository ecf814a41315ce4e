"""A shop that takes real money also believes notifications that are signed by its test password."""

from chalicelib.providers.gateways.robokassa import Robokassa
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/contract/gateways/test_gateways.py::"
    "test_a_forged_notification_is_refused[robokassa: signed by the test password]"
)
SHOWS = "DID NOT RAISE"


def plant() -> None:
    either = """secret = self._settings.test_password2
    test = [secret.get_secret_value() if part == self._password2 else part for part in parts]
    same = same or given.lower() == sign(self._settings.hash, *test)
    if not same:"""
    rewrite(Robokassa._check, {"if not same:": either})
