"""Operator cases: what the portal cannot decide by itself, in one list.

A case's id is made of what went wrong, so that the same trouble met again is the same case. An open
case stands in the partition ``open``, a closed one in ``closed``; its history goes with it. A closed
one comes back when the trouble is met after ``quiet_until``; without that moment it never does.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from pynamodb.attributes import JSONAttribute, ListAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib import metrics
from chalicelib.clock import to_text
from chalicelib.errors import NotFound
from chalicelib.store.tables import TABLE_PREFIX, Connected, InstantAttribute, IntegerAttribute, Row, fetch, reading
from chalicelib.store.transaction import ConditionFailed, Transaction

log = logging.getLogger(__name__)

OPEN, CLOSED = "open", "closed"
#: What the conditions of a closing are called, for whoever has to tell them apart.
CASE = "case"


class CaseKind(StrEnum):
    """What a person must look at; docs/operate.md says what to do at each."""

    WRONG_AMOUNT = "wrong_amount"
    OTHER_ORDER = "other_order"
    UNKNOWN_ORDER = "unknown_order"
    UNPOSTABLE = "unpostable"
    UNCREDITED = "uncredited"
    UNASKED = "unasked"
    UNFINISHED = "unfinished"
    RETURNED = "returned"
    UNDELIVERED = "undelivered"
    AGENDA = "agenda"
    PROMISE_UNCREDITED = "promise_uncredited"
    REFUND_UNKNOWN = "refund_unknown"
    REFUND_UNFINISHED = "refund_unfinished"
    AUTOPAY_NOT_GIVEN_BACK = "autopay_not_given_back"
    RECEIPT = "receipt"


class CaseRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "cases"

    status = UnicodeAttribute(hash_key=True)
    case_id = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    ref = UnicodeAttribute()
    opened_at = InstantAttribute()
    facts = JSONAttribute()
    #: one line for each closing and coming back, oldest first
    history: ListAttribute[str] = ListAttribute(default=list)
    closed_at = InstantAttribute(null=True)
    quiet_until = InstantAttribute(null=True)
    #: counts the moves, so that a decision made on what was read holds only for that
    revision = IntegerAttribute(default=0)


class CaseStore:
    def open(self, kind: CaseKind, ref: str, at: datetime, facts: Mapping[str, object]) -> bool:
        """Open a case, or let a closed one come back; True if it was not in the list. Idempotent."""
        case_id = f"{kind}:{ref}"
        row = CaseRow(OPEN, case_id, kind=kind, ref=ref, opened_at=at, facts=dict(facts))
        tx = Transaction()
        tx.check("closed before", CaseRow, CLOSED, case_id, CaseRow.case_id.does_not_exist())
        tx.put("open already", row, CaseRow.case_id.does_not_exist())
        try:
            tx.commit()
        except ConditionFailed as failed:
            if "open already" in failed.names or not self._come_back(row):
                return False
        log.error("a case for a person", extra={"case": case_id, "kind": kind, "ref": ref})
        metrics.put(kind, {"cases_opened": 1})
        return True

    def list(self, status: str = OPEN, kind: str | None = None) -> Iterator[CaseRow]:
        with reading():
            begins = CaseRow.case_id.startswith(f"{kind}:") if kind else None
            yield from CaseRow.query(status, begins, consistent_read=True)

    def get(self, case_id: str) -> CaseRow:
        """:raises NotFound: neither open nor closed."""
        row = fetch(CaseRow, OPEN, case_id) or fetch(CaseRow, CLOSED, case_id)
        if row is None:
            raise NotFound(case_id)
        return row

    def closing(self, row: CaseRow, by: str, what: str, at: datetime, quiet_until: datetime | None) -> Transaction:
        """The transaction that closes this open case with one more line of history; the caller may add to it.

        Its commit fails with ``CASE`` among the names if the case is not what ``row`` says any more; then
        ``is_mine`` tells an earlier try of the same closing from somebody else's.
        """
        closed = _moved(row, CLOSED, _line(at, by, what))
        closed.closed_at, closed.quiet_until = at, quiet_until
        tx = Transaction()
        tx.delete(CASE, CaseRow(OPEN, row.case_id), CaseRow.case_id.exists() & _unmoved(row))
        tx.put("closed", closed)
        return tx

    def is_mine(self, row: CaseRow, by: str, what: str, at: datetime) -> bool:
        """Whether the closing that was decided on ``row`` has been done."""
        found = self.get(row.case_id)
        return found.status == CLOSED and found.history[-1:] == [_line(at, by, what)]

    def _come_back(self, row: CaseRow) -> bool:
        closed = fetch(CaseRow, CLOSED, row.case_id)
        if closed is None or closed.quiet_until is None or row.opened_at < closed.quiet_until:
            return False
        back = _moved(closed, OPEN, _line(row.opened_at, "portal", "met again"))
        back.opened_at, back.facts = row.opened_at, row.facts
        tx = Transaction()
        tx.delete("closed", CaseRow(CLOSED, row.case_id), CaseRow.case_id.exists() & _unmoved(closed))
        tx.put("open", back, CaseRow.case_id.does_not_exist())
        try:
            tx.commit()
        except ConditionFailed:
            return False
        return True


def _moved(row: CaseRow, status: str, line: str) -> CaseRow:
    moved = CaseRow(status, row.case_id, kind=row.kind, ref=row.ref, opened_at=row.opened_at, facts=row.facts)
    moved.history = [*row.history, line]
    moved.revision = row.revision + 1
    return moved


def _unmoved(row: CaseRow) -> Condition:
    """Rows from before moves were counted have no number."""
    same: Condition = CaseRow.revision == row.revision
    return same if row.revision else same | CaseRow.revision.does_not_exist()


def _line(at: datetime, by: str, what: str) -> str:
    return f"{to_text(at)} {by}: {what}"
