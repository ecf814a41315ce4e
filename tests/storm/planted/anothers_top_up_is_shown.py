"""Any subscriber who knows its id sees another subscriber's top-up."""

from chalicelib.services.topups import TopUps
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/integration/test_access.py::test_anothers_object_looks_exactly_like_an_absent_one[GET /api/topups/{id}]"
)
SHOWS = "200 == 404"


def plant() -> None:
    rewrite(TopUps.details, {"if topup.subscriber_id != subscriber_id:": "if False:"})
