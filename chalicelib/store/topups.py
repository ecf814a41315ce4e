"""Top-ups: the rows, their events, their invoice numbers; ``advance`` is the only way to change a status."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from chalicelib.errors import NotFound, OutcomeUnknown, UpstreamUnavailable
from chalicelib.store.agenda import AgendaRow, Kind, pointed
from chalicelib.store.agenda import row as agenda_row
from chalicelib.store.messages import MessageRow
from chalicelib.store.tables import TABLE_PREFIX, Connected, InstantAttribute, IntegerAttribute, fetch, reading
from chalicelib.store.transaction import ConditionFailed, Transaction, not_applied

Status = Literal["created", "awaiting_payment", "paid", "credited", "declined", "expired"]

#: Which status may follow which. A late ``paid`` after an end without money is legal: the money arrived.
MOVES: dict[str, frozenset[str]] = {
    "created": frozenset({"awaiting_payment", "paid", "declined", "expired"}),
    "awaiting_payment": frozenset({"paid", "declined", "expired"}),
    "paid": frozenset({"credited"}),
    "credited": frozenset(),
    "declined": frozenset({"paid"}),
    "expired": frozenset({"paid"}),
}
_TOPUP, _INVOICE, _COUNTER = "topup", "invoice", "counter"
LARGEST_INVOICE = 2**31 - 1


class TopUpRow(Model):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "topups"

    topup_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default=_TOPUP)
    subscriber_id = UnicodeAttribute()
    account = UnicodeAttribute()
    amount_kopecks = IntegerAttribute()
    gateway = UnicodeAttribute()
    invoice = IntegerAttribute()
    status = UnicodeAttribute()
    language = UnicodeAttribute(default="ru")
    created_at = InstantAttribute()
    expires_at = InstantAttribute()
    paid_at = InstantAttribute(null=True)
    late = BooleanAttribute(default=False)
    #: counts every change, so that two writers never both think they were first
    revision = IntegerAttribute(default=0)
    #: questions to the gateway, or tries to credit, since the last change of status
    tries = IntegerAttribute(default=0)
    case_open = BooleanAttribute(default=False)
    agenda_key = UnicodeAttribute(null=True)


class EventRow(Model):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "topups"

    topup_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    at = InstantAttribute()
    by = UnicodeAttribute()


class InvoiceRow(Model):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "topups"

    topup_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default=_INVOICE)
    target = UnicodeAttribute()


class CounterRow(Model):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "topups"

    topup_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default=_COUNTER)
    last = IntegerAttribute()


@dataclass(frozen=True)
class Next:
    """What the agenda owes a top-up after a change; None in its place means nothing more."""

    kind: Kind
    due_at: datetime


@dataclass(frozen=True)
class TopUpStore:
    shards: int
    invoice_start: int

    def next_invoice(self, gateway: str) -> int:
        """A number of this shop never given before. A lost answer may skip one; none comes twice.

        :raises UpstreamUnavailable, OutcomeUnknown: no number, ask again.
        """
        counter = CounterRow(f"counter#{gateway}", _COUNTER)
        try:
            # the first number ever is the setting; ADD on an absent item would start at nought
            value = CounterRow.last.set((CounterRow.last | (self.invoice_start - 1)) + 1)
            counter.update([value])
        except UpdateError as error:
            raise not_applied(error) or OutcomeUnknown("invoice counter") from error
        if counter.last > LARGEST_INVOICE:
            raise UpstreamUnavailable("invoice numbers are used up")
        return counter.last

    def create(self, topup: TopUpRow, first: Next) -> None:
        """Write the row, its invoice, its first event and its agenda row before any call leaves.

        :raises ConditionFailed: ``topup`` when the id exists (read it: it may be ours), ``invoice`` when the
            number does, which only a reset counter can cause.
        """
        later = agenda_row(first.kind, topup.topup_id, first.due_at, self.shards)
        topup.agenda_key = later.key
        tx = Transaction()
        tx.put("topup", topup, TopUpRow.topup_id.does_not_exist())
        name = _invoice_key(topup.gateway, topup.invoice)
        tx.put("invoice", InvoiceRow(name, target=topup.topup_id), InvoiceRow.topup_id.does_not_exist())
        tx.put("event", _event(topup, "created", topup.created_at, "subscriber"))
        tx.put("agenda", later)
        tx.commit()

    def get(self, topup_id: str) -> TopUpRow | None:
        return fetch(TopUpRow, topup_id, _TOPUP)

    def existing(self, topup_id: str) -> TopUpRow:
        """:raises NotFound: no such top-up."""
        found = self.get(topup_id)
        if found is None:
            raise NotFound(topup_id)
        return found

    def by_invoice(self, gateway: str, invoice: int) -> TopUpRow | None:
        found = fetch(InvoiceRow, _invoice_key(gateway, invoice), _INVOICE)
        return self.get(found.target) if found else None

    def events(self, topup_id: str) -> Sequence[EventRow]:
        """In the order in which they happened."""
        with reading():
            return list(EventRow.query(topup_id, EventRow.item.startswith("event#"), consistent_read=True))

    def advance(
        self,
        topup: TopUpRow,
        to: Status,
        at: datetime,
        by: str,
        then: Next | None,
        message: MessageRow | None = None,
    ) -> TopUpRow:
        """Change the status together with its event and what the agenda owes next, in one transaction.

        Returns the row as it now is: of several writers one moves it, the others find it moved.
        :raises ConditionFailed: it stands in a status that this one may not follow.
        """
        while to in MOVES[topup.status]:
            tx = self._step(topup, then, {"status": to, "tries": 0, **_marks(topup, to, at)})
            tx.put("event", _event(topup, to, at, by, topup.revision + 1))
            if message is not None:
                self._enqueue(tx, message)
            try:
                tx.commit()
                return self.existing(topup.topup_id)
            except ConditionFailed:
                topup = self.existing(topup.topup_id)
        if topup.status != to and to not in _passed(topup.status):
            raise ConditionFailed(frozenset({"status"}))
        return topup

    def postpone(self, topup: TopUpRow, then: Next | None, case: Model | None = None) -> bool:
        """Move the agenda row of an unchanged top-up, with an operator case if one must be opened.

        False if the top-up changed meanwhile: then whoever changed it has planned what comes next.
        """
        changes: dict[str, Any] = {"tries": topup.tries + 1}
        if case is not None:
            changes["case_open"] = True
        tx = self._step(topup, then, changes)
        if case is not None:
            tx.put("case", case)
        try:
            tx.commit()
        except ConditionFailed:
            return False
        return True

    def _step(self, topup: TopUpRow, then: Next | None, changes: dict[str, Any]) -> Transaction:
        tx = Transaction()
        later = agenda_row(then.kind, topup.topup_id, then.due_at, self.shards) if then else None
        if topup.agenda_key and (later is None or later.key != topup.agenda_key):
            tx.delete("agenda before", pointed(topup.agenda_key))
        if later is not None:
            tx.put("agenda", later)
        actions: list[Action] = [getattr(TopUpRow, name).set(value) for name, value in changes.items()]
        actions.append(TopUpRow.revision.set(topup.revision + 1))
        actions.append(TopUpRow.agenda_key.set(later.key) if later else TopUpRow.agenda_key.remove())
        tx.update("topup", TopUpRow(topup.topup_id, _TOPUP), actions, TopUpRow.revision == topup.revision)
        return tx

    def _enqueue(self, tx: Transaction, message: MessageRow) -> None:
        later = agenda_row(Kind.DELIVER_MESSAGE, message.message_id, message.created_at, self.shards)
        message.agenda_key = later.key
        tx.put("message", message, MessageRow.message_id.does_not_exist())
        tx.put("message agenda", later)


def is_pointed(topup: TopUpRow, item: AgendaRow) -> bool:
    """Whether this agenda row is still what the top-up is waiting for."""
    return topup.agenda_key == item.key


def _invoice_key(gateway: str, invoice: int) -> str:
    return f"invoice#{gateway}#{invoice}"


def _event(topup: TopUpRow, name: str, at: datetime, by: str, number: int = 0) -> EventRow:
    return EventRow(topup.topup_id, f"event#{number:06d}", name=name, at=at, by=by)


def _marks(topup: TopUpRow, to: Status, at: datetime) -> dict[str, Any]:
    if to != "paid":
        return {}
    return {"paid_at": at, "late": topup.status in {"declined", "expired"}}


def _passed(status: str) -> frozenset[str]:
    """Statuses that a top-up in this one has been through, or may be taken to have been."""
    return {
        "awaiting_payment": frozenset({"created"}),
        "paid": frozenset({"created", "awaiting_payment", "declined", "expired"}),
        "credited": frozenset({"created", "awaiting_payment", "declined", "expired", "paid"}),
        "declined": frozenset({"created", "awaiting_payment", "expired"}),
        "expired": frozenset({"created", "awaiting_payment", "declined"}),
    }.get(status, frozenset())
