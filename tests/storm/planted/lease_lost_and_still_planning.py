"""A worker whose lease ran out still moves the row that another one holds by now."""

from chalicelib.store.topups import TopUpStore
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_settlement.py::test_who_lost_the_lease_may_not_plan_what_comes_next"
SHOWS = "not True"


def plant() -> None:
    rewrite(TopUpStore._step, {"AgendaRow.fence == held.fence if held is not None else None": "None"})
