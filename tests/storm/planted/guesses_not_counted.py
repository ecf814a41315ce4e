"""A wrong password is not counted: one account can be guessed for ever."""

from chalicelib.store.guesses import Guesses
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_guesses.py::test_the_delay_doubles_up_to_a_longest_one"
SHOWS = "DID NOT RAISE"


def plant() -> None:
    counted = "refused_until = _slow_down(guess.slowed, now, self._delay)"
    rewrite(Guesses.reserve, {counted: "refused_until = None"})
