"""Top-ups: the rows and their events; ``advance`` is the only way to change a status."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from chalicelib.errors import NotFound, UpstreamUnavailable
from chalicelib.store import agenda, in_flight, invoices
from chalicelib.store.agenda import AgendaRow, Kind, row as agenda_row
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
#: How often a change is tried against others who change the same row.
TRIES = 10
_TOPUP = "topup"


class TopUpRow(Row):
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
    #: the first question of a row of questions that nobody answered
    unanswered_since = InstantAttribute(null=True)
    #: what went back to the payer by refunds of ours, or is on its way there
    refunded_kopecks = IntegerAttribute(default=0)
    #: when the company last said that something had happened: questions come more often from then on
    woken_at = InstantAttribute(null=True)
    #: how often it has said so
    wakes = IntegerAttribute(default=0)
    #: the payer agreed that later charges rest on this payment
    saves_card = BooleanAttribute(default=False)
    #: as the company tells it; never more than a mask
    card_mask = UnicodeAttribute(null=True)
    #: of a charge without the payer: the first day of the period that it is for
    autopay_period = UnicodeAttribute(null=True)
    #: why it was declined, in words of ours
    code = UnicodeAttribute(null=True)
    #: the decline was such that the card may not be charged again
    card_stopped = BooleanAttribute(default=False)
    agenda_key = UnicodeAttribute(null=True)


class EventRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "topups"

    topup_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    at = InstantAttribute()
    by = UnicodeAttribute()


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
        """A number of this shop never given before. :raises UpstreamUnavailable: ask again; one may be skipped."""
        return invoices.following(gateway, self.invoice_start)

    def add(
        self, tx: Transaction, topup: TopUpRow, first: Next, by: str, seen: in_flight.InFlightRow | None = None
    ) -> None:
        """The row, its invoice, its first event and its agenda row, within a transaction of the caller's.

        Its commit fails with ``topup`` among the names when the id exists (read it: it may be ours), with ``invoice``
        when the number does, which only a reset counter can cause. ``seen``: only if no top-up of the account has
        moved since.
        """
        later = agenda_row(first.kind, topup.topup_id, first.due_at, self.shards)
        topup.agenda_key = later.key
        tx.put("topup", topup, TopUpRow.topup_id.does_not_exist())
        invoices.claim(tx, topup.gateway, topup.invoice, topup.topup_id)
        tx.put("event", _event(topup, "created", topup.created_at, by))
        tx.put("topup agenda", later)
        in_flight.ordered(tx, topup.account, topup.topup_id, seen)

    def get(self, topup_id: str) -> TopUpRow | None:
        return fetch(TopUpRow, topup_id, _TOPUP)

    def existing(self, topup_id: str) -> TopUpRow:
        """:raises NotFound: no such top-up."""
        found = self.get(topup_id)
        if found is None:
            raise NotFound(topup_id)
        return found

    def by_invoice(self, gateway: str, invoice: int) -> TopUpRow | None:
        found = invoices.order_of(gateway, invoice)
        return self.get(found) if found else None

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
        changes: Mapping[str, Any] | None = None,
        more: Callable[[Transaction], None] | None = None,
    ) -> TopUpRow:
        """Change the status together with its event and what the agenda owes next, in one transaction.

        ``more`` adds writes of other stores to it.
        Returns the row as it now is: of several writers one moves it, the others find it moved.
        :raises ConditionFailed: it stands in a status that this one may not follow.
        :raises UpstreamUnavailable: others keep changing it; nothing was applied.
        """
        for _ in range(TRIES):
            if to not in MOVES[topup.status]:
                break
            fresh = {**(changes or {}), "status": to, "tries": 0, "unanswered_since": None, **_marks(topup, to, at)}
            tx = self._step(topup, then, fresh)
            tx.put("event", _event(topup, to, at, by, topup.revision + 1))
            if to == "paid":
                in_flight.paid(tx, topup.account, topup.topup_id)
            elif to != "awaiting_payment":
                in_flight.landed(tx, topup.account, topup.topup_id)
            if message is not None:
                enqueue(tx, message, message.created_at, self.shards)
            if more is not None:
                more(tx)
            try:
                tx.commit()
                return self._moved(topup, then, fresh)
            except ConditionFailed as failed:
                if "topup" not in failed.names:
                    raise
                topup = self.existing(topup.topup_id)
        else:
            raise UpstreamUnavailable(f"top-up {topup.topup_id} keeps changing")
        if topup.status != to and to not in _PASSED[topup.status]:
            raise ConditionFailed(frozenset({"status"}))
        return topup

    def _moved(self, topup: TopUpRow, then: Next | None, changes: dict[str, Any]) -> TopUpRow:
        """The row after a change that was applied: conditional on its revision, so nobody else is in it, and it
        need not be read anew."""
        later = agenda_row(then.kind, topup.topup_id, then.due_at, self.shards).key if then else None
        known = {**topup.attribute_values, **changes, "revision": topup.revision + 1, "agenda_key": later}
        return TopUpRow(**known)

    def postpone(self, topup: TopUpRow, then: Next | None, held: AgendaRow, **changes: Any) -> bool:
        """Move the agenda row of an unchanged top-up; ``held`` is the row that the caller has leased.

        False if the top-up changed meanwhile, or if the lease ran out and somebody else took the row:
        then what comes next is theirs to plan.
        """
        tx = self._step(topup, then, {"tries": topup.tries + 1, **changes}, held)
        try:
            tx.commit()
        except ConditionFailed:
            return False
        return True

    def wake(self, topup: TopUpRow, at: datetime) -> TopUpRow:
        """Make an order due for a question at this instant, whatever it waited for.

        :raises ConditionFailed: it changed since it was read; nothing was applied.
        """
        then, fresh = Next(Kind.ASK_GATEWAY, at), {"woken_at": at, "wakes": topup.wakes + 1, "tries": 0}
        self._step(topup, then, fresh).commit()
        return self._moved(topup, then, fresh)

    def replan(self, topup: TopUpRow, then: Next, tx: Transaction) -> None:
        """Make an unchanged top-up due anew, within a transaction of the caller's.

        Its commit fails with ``topup`` among the names if the top-up changed since it was read.
        """
        self._step(topup, then, {"tries": 0}, tx=tx)

    def _step(
        self,
        topup: TopUpRow,
        then: Next | None,
        changes: dict[str, Any],
        held: AgendaRow | None = None,
        tx: Transaction | None = None,
    ) -> Transaction:
        tx = Transaction() if tx is None else tx
        later = agenda_row(then.kind, topup.topup_id, then.due_at, self.shards) if then else None
        agenda.move(tx, topup.agenda_key, later, AgendaRow.fence == held.fence if held is not None else None)
        actions: list[Action] = [assigned(TopUpRow, name, value) for name, value in changes.items()]
        actions.append(TopUpRow.revision.set(topup.revision + 1))
        actions.append(TopUpRow.agenda_key.set(later.key) if later else TopUpRow.agenda_key.remove())
        tx.update("topup", TopUpRow(topup.topup_id, _TOPUP), actions, TopUpRow.revision == topup.revision)
        return tx


def is_pointed(topup: TopUpRow, item: AgendaRow) -> bool:
    """Whether this agenda row is still what the top-up is waiting for."""
    return topup.agenda_key == item.key


def _event(topup: TopUpRow, name: str, at: datetime, by: str, number: int = 0) -> EventRow:
    return EventRow(topup.topup_id, f"event#{number:06d}", name=name, at=at, by=by)


def _marks(topup: TopUpRow, to: Status, at: datetime) -> dict[str, Any]:
    if to != "paid":
        return {}
    return {"paid_at": at, "late": topup.status in {"declined", "expired"}}


#: What a late writer may find to be over already: the money has come meanwhile, and that wins.
_PASSED: dict[str, frozenset[str]] = {
    "created": frozenset(),
    "awaiting_payment": frozenset({"created"}),
    "paid": frozenset({"created", "awaiting_payment", "declined", "expired"}),
    "credited": frozenset({"created", "awaiting_payment", "declined", "expired", "paid"}),
    "declined": frozenset({"created", "awaiting_payment"}),
    "expired": frozenset({"created", "awaiting_payment"}),
}
