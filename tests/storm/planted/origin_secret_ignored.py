"""Whoever knows the gateway's own address calls around the distribution and names any client address as his."""

from chalicelib.handlers import admission
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/integration/test_origin_secret.py::test_without_the_secret_nothing_is_answered[/api/health-]"
SHOWS = "200 == 403"


def plant() -> None:
    rewrite(admission.client, {"if not any(": "if False and not any("})
