"""A signature is compared by ``==``, which tells by its time how many of its characters are right."""

from chalicelib.providers.gateways.robokassa import Robokassa
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/contract/gateways/test_constant_time.py::"
    "test_a_good_signature_is_worth_what_the_constant_time_comparison_says[robokassa]"
)
SHOWS = "DID NOT RAISE"


def plant() -> None:
    equals = "given.lower().encode() == sign(self._settings.hash, *parts).encode()"
    constant = "hmac.compare_digest(given.lower().encode(), sign(self._settings.hash, *parts).encode())"
    rewrite(Robokassa._check, {constant: equals})
