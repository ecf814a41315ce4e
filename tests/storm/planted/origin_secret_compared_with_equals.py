"""The distribution's secret is compared by ``==``, which tells by its time how much of it is right."""

from chalicelib.handlers import admission
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/integration/test_origin_secret.py::test_the_secret_is_judged_by_the_constant_time_comparison"
SHOWS = "200 == 403"


def plant() -> None:
    constant = "hmac.compare_digest(given, secret.get_secret_value().encode())"
    rewrite(admission.client, {constant: "given == secret.get_secret_value().encode()"})
