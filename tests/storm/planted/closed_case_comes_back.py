"""A case that an operator has closed is opened again by the next look at the same trouble."""

from chalicelib.store.cases import CaseStore
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_settlement.py::test_a_wrong_sum_told_twice_is_one_case_and_stays_closed"
SHOWS = "not [CaseRow"


def plant() -> None:
    check = 'tx.check("closed before", CaseRow, CLOSED, case_id, CaseRow.case_id.does_not_exist())'
    rewrite(CaseStore.open, {check: "pass"})
