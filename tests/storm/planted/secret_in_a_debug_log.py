"""A password stands among the facts of one debug line."""

from chalicelib.services.passwords import Passwords
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/storm/test_leaks.py::test_a_whole_day_leaks_nothing"
SHOWS = "'message': 'comparing'}"


def plant() -> None:
    told = 'log.debug("comparing", extra={"guess": password})\n        return self._hasher.verify('
    rewrite(Passwords.matches, {"return self._hasher.verify(": told})
