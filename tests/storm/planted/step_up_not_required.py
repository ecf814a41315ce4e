"""A route that wants the password once more opens without it."""

from chalicelib.handlers import admission
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/integration/test_step_up.py::test_a_route_with_a_step_up_wants_the_password_again"
SHOWS = "DID NOT RAISE"


def plant() -> None:
    rewrite(admission.session, {"if route.step_up and not service.stepped_up(identity):": "if False:"})
