"""Who wrote the intent and was held up sends all the same, when others may have looked already."""

from chalicelib.services.refunds import Refunds
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_refunds.py::test_who_was_held_up_after_the_intent_does_not_send[robokassa]"
SHOWS = "== ('sending', [])"


def plant() -> None:
    rewrite(Refunds._send, {"return self.now() - at <= FRESH and self._call": "return self._call"})
