"""Promised payments as the portal keeps them: a record each, and one row for the one that is open.

    <account>   open               which promise is open; there is never a second one
    <account>   promise#<id>       the record; ids sort by the time of taking

``granting`` is the intent, written before the billing is asked; ``ending`` the intent to end it. What the billing
holds meanwhile is found out by asking it again under the same id.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pynamodb.attributes import BooleanAttribute, ListAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from chalicelib.clock import to_text
from chalicelib.store import in_flight
from chalicelib.store.agenda import AgendaRow, Kind, move, row as agenda_row
from chalicelib.store.in_flight import InFlightRow
from chalicelib.store.messages import MessageRow, enqueue
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
from chalicelib.store.transaction import ConditionFailed, Transaction

Status = Literal["granting", "active", "ending", "ended", "repaid", "refused"]

#: Whoever stands in one of these holds the account's open row.
OPEN: frozenset[str] = frozenset({"granting", "active", "ending"})
_OPEN, _PROMISE = "open", "promise#"


class PromiseRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "promises"

    account = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    subscriber_id = UnicodeAttribute()
    amount_kopecks = IntegerAttribute()
    status = UnicodeAttribute()
    language = UnicodeAttribute(default="ru")
    created_at = InstantAttribute()
    #: the last instant of its last day; unknown until it is granted
    until = InstantAttribute(null=True)
    ended_at = InstantAttribute(null=True)
    #: the end has waited once for an order that is not paid yet
    postponed = BooleanAttribute(default=False)
    #: ``<instant> <status>``, oldest first
    events: ListAttribute[str] = ListAttribute(default=list)
    revision = IntegerAttribute(default=0)
    agenda_key = UnicodeAttribute(null=True)

    @property
    def id(self) -> str:
        return self.item.removeprefix(_PROMISE)


class OpenRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "promises"

    account = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default=_OPEN)
    promise_id = UnicodeAttribute()


def new_id(at: datetime, word: str) -> str:
    """Sorts by time; ``word`` makes it the only one."""
    return f"{to_text(at).replace(':', '')}-{word}"


@dataclass(frozen=True)
class PromiseStore:
    shards: int

    def all_of(self, account: str) -> list[PromiseRow]:
        """Every promise of an account, newest first. One query."""
        promises = PromiseRow.item.startswith(_PROMISE)
        with reading():
            return list(PromiseRow.query(account, promises, consistent_read=True, scan_index_forward=False))

    def get(self, account: str, id: str) -> PromiseRow | None:
        return fetch(PromiseRow, account, _PROMISE + id)

    def pointed(self, item: AgendaRow) -> PromiseRow | None:
        """The promise that an agenda row stands for, if it still waits for that row."""
        account, _, id = item.ref.partition("#")
        record = self.get(account, id)
        return record if record is not None and record.agenda_key == item.key else None

    def begin(self, record: PromiseRow, due_at: datetime) -> bool:
        """Write the intent, the account's open row and what the agenda owes it; False if another one is open.

        :raises OutcomeUnknown: it may be written: then the agenda sees to it.
        """
        due = self._due(record, due_at)
        record.agenda_key, record.events = due.key, [f"{to_text(record.created_at)} {record.status}"]
        tx = Transaction()
        tx.put("promise", record, PromiseRow.account.does_not_exist())
        tx.put("open", OpenRow(record.account, promise_id=record.id), OpenRow.account.does_not_exist())
        tx.put("agenda", due)
        try:
            tx.commit()
        except ConditionFailed:
            # refused, or an earlier try of this call was applied and its answer lost
            return self.get(record.account, record.id) is not None
        return True

    def advance(
        self,
        record: PromiseRow,
        to: Status,
        at: datetime,
        due_at: datetime | None,
        messages: Iterable[tuple[MessageRow, datetime]] = (),
        seen: InFlightRow | None = None,
        **changes: Any,
    ) -> bool:
        """Change the status, the agenda and what is said in one transaction; False if somebody else changed it.

        True also if it stood so already by this very change, whose answer was lost. ``due_at`` None ends the agenda's
        part, and a status that is not open frees the account for the next one. ``messages``: each with the time of its
        delivery. ``seen``: only if no top-up of the account has moved since it was read.

        :raises MoneyCame: one has; nothing was changed.
        """
        tx = Transaction()
        due = self._due(record, due_at) if due_at else None
        move(tx, record.agenda_key, due)
        if to not in OPEN:
            tx.delete("open", OpenRow(record.account), OpenRow.promise_id == record.id)
            changes["ended_at"] = at
        if seen is not None:
            in_flight.unless_money_came(tx, seen)
        for message, deliver_at in messages:
            enqueue(tx, message, deliver_at, self.shards)
        events = list(record.events) if to == record.status else [*record.events, f"{to_text(at)} {to}"]
        wanted = {**changes, "status": to, "events": events, "agenda_key": due.key if due else None}
        actions: list[Action] = [assigned(PromiseRow, name, value) for name, value in wanted.items()]
        actions.append(PromiseRow.revision.set(record.revision + 1))
        row = PromiseRow(record.account, record.item)
        tx.update("promise", row, actions, PromiseRow.revision == record.revision)
        try:
            tx.commit()
        except ConditionFailed as failed:
            return self._stands(record, to, events, failed)
        record.refresh(consistent_read=True)
        return True

    def _stands(self, record: PromiseRow, to: str, events: list[str], failed: ConditionFailed) -> bool:
        """Whether this very change is there all the same."""
        seen = record.revision
        record.refresh(consistent_read=True)
        if record.revision == seen + 1 and record.status == to and list(record.events) == events:
            return True
        if record.revision == seen and "in flight" in failed.names:
            raise MoneyCame from failed
        return False

    def _due(self, record: PromiseRow, due_at: datetime) -> AgendaRow:
        return agenda_row(Kind.PROMISED_PAYMENT, f"{record.account}#{record.id}", due_at, self.shards)


class MoneyCame(Exception):
    """A top-up of the account was ordered, paid or ended between the look and the decision."""
