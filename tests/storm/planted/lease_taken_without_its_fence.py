"""A lease is taken whether or not somebody else took it first: two workers hold one row."""

from chalicelib.store.agenda import Agenda
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_settlement.py::test_two_workers_do_not_hold_one_row"
SHOWS = "[True, True] == [True, False]"


def plant() -> None:
    rewrite(Agenda.take, {" & (AgendaRow.fence == item.fence)": ""})
