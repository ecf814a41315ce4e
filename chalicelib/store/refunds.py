"""Refunds: one row each, in the partition of the top-up whose money goes back; ``advance`` alone changes one.

``created -> posted -> sending -> done | accepted | refusing | unknown``, ``accepted -> done | refusing``, ``refusing
-> refused``, and a person leads an ``unknown`` one on. ``sending`` is the intent: it stands before the call leaves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pynamodb.attributes import ListAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from chalicelib.clock import to_text
from chalicelib.store.agenda import AgendaRow, Kind, move, row as agenda_row
from chalicelib.store.tables import (
    TABLE_PREFIX,
    Connected,
    InstantAttribute,
    IntegerAttribute,
    Row,
    assigned,
    fetch,
    reading,
)
from chalicelib.store.topups import TopUpRow
from chalicelib.store.transaction import ConditionFailed, Transaction

Status = Literal["created", "posted", "sending", "accepted", "done", "refusing", "refused", "unknown"]
#: Nothing more becomes of these.
ENDED = ("done", "refused")
_REFUND = "refund#"


class RefundRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "topups"

    topup_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    amount_kopecks = IntegerAttribute()
    status = UnicodeAttribute()
    operator = UnicodeAttribute()
    reason = UnicodeAttribute()
    created_at = InstantAttribute()
    #: who sends it: a worker that finds its own word here, and nobody else, may call the company
    sent_by = UnicodeAttribute(null=True)
    sent_at = InstantAttribute(null=True)
    #: how the company calls the payment, and the accepted refund
    reference = UnicodeAttribute(null=True)
    request = UnicodeAttribute(null=True)
    #: the company's word for a refusal
    code = UnicodeAttribute(null=True)
    events: ListAttribute[str] = ListAttribute(default=list)
    revision = IntegerAttribute(default=0)
    agenda_key = UnicodeAttribute(null=True)

    @property
    def id(self) -> str:
        return self.item.removeprefix(_REFUND)


@dataclass(frozen=True)
class RefundStore:
    shards: int

    def begin(self, topup: TopUpRow, refund: RefundRow, due_at: datetime) -> bool:
        """Write the refund, set its sum aside on the top-up and plan its first step. False: there is one of this id,
        or the top-up has changed: look again. :raises OutcomeUnknown: ask by the id, or begin again."""
        due = self._due(refund, due_at)
        refund.agenda_key, refund.events = due.key, [f"{to_text(refund.created_at)} {refund.status}"]
        tx = Transaction()
        tx.put("refund", refund, RefundRow.topup_id.does_not_exist())
        tx.put("agenda", due)
        self._set_aside(tx, topup, refund.amount_kopecks)
        try:
            tx.commit()
        except ConditionFailed:
            return False
        return True

    def get(self, topup_id: str, id: str) -> RefundRow | None:
        return fetch(RefundRow, topup_id, _REFUND + id)

    def all_of(self, topup_id: str) -> Sequence[RefundRow]:
        with reading():
            return list(RefundRow.query(topup_id, RefundRow.item.startswith(_REFUND), consistent_read=True))

    def pointed(self, item: AgendaRow) -> RefundRow | None:
        """The refund that an agenda row stands for, if it still waits for that row."""
        topup_id, _, id = item.ref.partition("#")
        refund = self.get(topup_id, id)
        return refund if refund is not None and refund.agenda_key == item.key else None

    def advance(
        self,
        refund: RefundRow,
        to: Status,
        at: datetime,
        by: str,
        due_at: datetime | None,
        give_back: TopUpRow | None = None,
        more: Callable[[Transaction], None] | None = None,
        **changes: Any,
    ) -> bool:
        """Change the status and what the agenda owes it, in one transaction; ``refund`` is then as it stands.

        ``give_back``: the sum that was set aside on this top-up may be refunded again. ``more`` adds writes of other
        stores. False if somebody else
        changed one of them; True also if this very change was there already.
        """
        tx = Transaction()
        due = self._due(refund, due_at) if due_at else None
        move(tx, refund.agenda_key, due)
        if give_back is not None:
            self._set_aside(tx, give_back, -refund.amount_kopecks)
        if more is not None:
            more(tx)
        events = list(refund.events) if to == refund.status else [*refund.events, f"{to_text(at)} {to} by {by}"]
        wanted = {**changes, "status": to, "events": events, "agenda_key": due.key if due else None}
        actions: list[Action] = [assigned(RefundRow, name, value) for name, value in wanted.items()]
        actions.append(RefundRow.revision.set(refund.revision + 1))
        tx.update("refund", RefundRow(refund.topup_id, refund.item), actions, RefundRow.revision == refund.revision)
        seen = refund.revision
        try:
            tx.commit()
        except ConditionFailed:
            refund.refresh(consistent_read=True)
            same = all(getattr(refund, name) == value for name, value in wanted.items() if name != "events")
            return refund.revision == seen + 1 and same and list(refund.events) == events
        refund.refresh(consistent_read=True)
        return True

    def replan(self, refund: RefundRow, due_at: datetime, tx: Transaction) -> None:
        """Make an unchanged refund due anew, within a transaction of the caller's."""
        due = self._due(refund, due_at)
        move(tx, refund.agenda_key, due)
        actions: list[Action] = [RefundRow.revision.set(refund.revision + 1), RefundRow.agenda_key.set(due.key)]
        tx.update("refund", RefundRow(refund.topup_id, refund.item), actions, RefundRow.revision == refund.revision)

    def _set_aside(self, tx: Transaction, topup: TopUpRow, kopecks: int) -> None:
        actions: list[Action] = [
            TopUpRow.refunded_kopecks.set(topup.refunded_kopecks + kopecks),
            TopUpRow.revision.set(topup.revision + 1),
        ]
        tx.update("topup", TopUpRow(topup.topup_id, topup.item), actions, TopUpRow.revision == topup.revision)

    def _due(self, refund: RefundRow, due_at: datetime) -> AgendaRow:
        return agenda_row(Kind.REFUND, f"{refund.topup_id}#{refund.id}", due_at, self.shards)


def new(topup_id: str, id: str, kopecks: int, operator: str, reason: str, at: datetime) -> RefundRow:
    return RefundRow(
        topup_id,
        _REFUND + id,
        amount_kopecks=kopecks,
        status="created",
        operator=operator,
        reason=reason,
        created_at=at,
    )
