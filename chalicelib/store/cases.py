"""Operator cases: what the portal cannot decide by itself, in one list.

A case's id is made of what went wrong, so that the same trouble met again is the same case. An open
case stands in the partition ``open``; closing moves it to ``closed``, and it does not come back.
"""

from collections.abc import Iterator
from datetime import datetime

from pynamodb.attributes import JSONAttribute, ListAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.errors import NotFound
from chalicelib.store.tables import TABLE_PREFIX, Connected, InstantAttribute, fetch, reading
from chalicelib.store.transaction import ConditionFailed, Transaction

OPEN, CLOSED = "open", "closed"


class CaseRow(Model):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "cases"

    status = UnicodeAttribute(hash_key=True)
    case_id = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    ref = UnicodeAttribute()
    opened_at = InstantAttribute()
    facts = JSONAttribute()
    history: ListAttribute[str] = ListAttribute(default=list)
    closed_at = InstantAttribute(null=True)


class CaseStore:
    def open(self, kind: str, ref: str, at: datetime, facts: dict[str, object]) -> bool:
        """Open a case unless it stands open or was closed before; True if it is new. Idempotent."""
        case_id = f"{kind}:{ref}"
        tx = Transaction()
        tx.check("closed before", CaseRow, CLOSED, case_id, CaseRow.case_id.does_not_exist())
        row = CaseRow(OPEN, case_id, kind=kind, ref=ref, opened_at=at, facts=facts)
        tx.put("open already", row, CaseRow.case_id.does_not_exist())
        try:
            tx.commit()
        except ConditionFailed:
            return False
        return True

    def list(self, status: str = OPEN) -> Iterator[CaseRow]:
        with reading():
            yield from CaseRow.query(status, consistent_read=True)

    def get(self, case_id: str) -> CaseRow:
        """:raises NotFound: neither open nor closed."""
        row = fetch(CaseRow, OPEN, case_id) or fetch(CaseRow, CLOSED, case_id)
        if row is None:
            raise NotFound(case_id)
        return row

    def close(self, case_id: str, operator: str, reason: str, at: datetime) -> None:
        """Close with a reason that stays with the case. Closing a closed one changes nothing."""
        row = self.get(case_id)
        if row.status == CLOSED:
            return
        closed = CaseRow(CLOSED, case_id, kind=row.kind, ref=row.ref, opened_at=row.opened_at, facts=row.facts)
        closed.closed_at = at
        closed.history = [*row.history, f"{at:%Y-%m-%dT%H:%M:%SZ} {operator}: {reason}"]
        tx = Transaction()
        tx.delete("open", row, CaseRow.case_id.exists())
        tx.put("closed", closed)
        try:
            tx.commit()
        except ConditionFailed:
            if self.get(case_id).status != CLOSED:
                raise
