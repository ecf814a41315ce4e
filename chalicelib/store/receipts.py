"""Receipts: one row for each that a company tells of, in the partition of its top-up; ``advance`` alone changes one.

    receipt#payment         of the money that came in, made by the company itself
    receipt#refund#<id>     of money given back
    receipt#closing         sent by us once the payment is used up: ``due``, then ``sending``, the intent
    document#<fn>#<fd>      which receipt this fiscal document has been found to be: it is one's alone

``waiting -> done | failed`` and ``due -> sending -> done | failed | cancelled``; a person may lead a failed one back.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.update import Action

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
from chalicelib.store.transaction import ConditionFailed, Transaction

Status = Literal["waiting", "due", "sending", "done", "failed", "cancelled"]
#: Nothing more becomes of these by itself.
ENDED = ("done", "cancelled")
_RECEIPT = "receipt#"
PAYMENT, CLOSING = f"{_RECEIPT}payment", f"{_RECEIPT}closing"


class ReceiptRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "topups"

    topup_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    amount_kopecks = IntegerAttribute()
    status = UnicodeAttribute()
    #: since when it is asked about, or could have been sent
    since = InstantAttribute()
    #: of a closing one: when its payment was credited
    made_at = InstantAttribute(null=True)
    #: ours, of one that we send; which worker has sent it, and when it was sent last
    number = IntegerAttribute(null=True)
    sent_by = UnicodeAttribute(null=True)
    sent_at = InstantAttribute(null=True)
    #: storage, document and sign: what finds it at the tax office, and where it can be looked at
    fn = UnicodeAttribute(null=True)
    fd = UnicodeAttribute(null=True)
    fpd = UnicodeAttribute(null=True)
    at = UnicodeAttribute(null=True)
    url = UnicodeAttribute(null=True)
    tries = IntegerAttribute(default=0)
    #: how often an answer about many orders did not name its own
    missed = IntegerAttribute(default=0)
    revision = IntegerAttribute(default=0)
    agenda_key = UnicodeAttribute(null=True)

    @property
    def ref(self) -> str:
        return f"{self.topup_id}#{self.item}"


class DocumentRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "topups"

    topup_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    receipt = UnicodeAttribute()


def refund_item(id: str) -> str:
    return f"{_RECEIPT}refund#{id}"


@dataclass(frozen=True)
class ReceiptStore:
    shards: int

    def add(self, tx: Transaction, receipt: ReceiptRow, due_at: datetime) -> None:
        """In the transaction of what it is a receipt of, whose own condition lets it happen once."""
        due = self._due(receipt, due_at)
        receipt.agenda_key = due.key
        tx.put("receipt", receipt)
        tx.put("receipt agenda", due)

    def named(self, ref: str) -> ReceiptRow | None:
        """The receipt that a case or a row of the agenda names."""
        topup_id, _, item = ref.partition("#")
        return fetch(ReceiptRow, topup_id, item)

    def pointed(self, item: AgendaRow) -> ReceiptRow | None:
        receipt = self.named(item.ref)
        return receipt if receipt is not None and receipt.agenda_key == item.key else None

    def all_of(self, topup_id: str) -> list[ReceiptRow]:
        with reading():
            return list(ReceiptRow.query(topup_id, ReceiptRow.item.startswith(_RECEIPT), consistent_read=True))

    def urls(self, keys: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """Where these can be looked at, by top-up and item; those that cannot are left out. One request for a page."""
        with reading():
            found = list(ReceiptRow.batch_get(list(dict.fromkeys(keys))))
        return {(row.topup_id, row.item): row.url for row in found if row.url}

    def advance(self, receipt: ReceiptRow, to: Status, due_at: datetime | None, **changes: Any) -> bool:
        """Change the status and what the agenda owes it; ``receipt`` is then as it stands.

        False if somebody else changed it, or if the document of ``fn`` and ``fd`` is another receipt of the same
        top-up: then it is as it was. True also if this very change was there already.
        """
        due = self._due(receipt, due_at) if due_at else None
        tx, seen = Transaction(), receipt.revision
        if "fd" in changes:
            document = DocumentRow(receipt.topup_id, f"document#{changes['fn']}#{changes['fd']}", receipt=receipt.item)
            tx.put("document", document, DocumentRow.topup_id.does_not_exist())
        move(tx, receipt.agenda_key, due)
        wanted = {**changes, "status": to, "agenda_key": due.key if due else None}
        actions: list[Action] = [assigned(ReceiptRow, name, value) for name, value in wanted.items()]
        actions.append(ReceiptRow.revision.set(seen + 1))
        tx.update("receipt", ReceiptRow(receipt.topup_id, receipt.item), actions, ReceiptRow.revision == seen)
        try:
            tx.commit()
        except ConditionFailed:
            receipt.refresh(consistent_read=True)
            return receipt.revision == seen + 1 and all(getattr(receipt, name) == wanted[name] for name in wanted)
        receipt.refresh(consistent_read=True)
        return True

    def replan(self, receipt: ReceiptRow, to: Status, at: datetime, tx: Transaction, **changes: Any) -> None:
        """Make an unchanged one due at this instant, within a transaction of the caller's."""
        due = self._due(receipt, at)
        move(tx, receipt.agenda_key, due)
        wanted = {**changes, "status": to, "agenda_key": due.key}
        actions: list[Action] = [assigned(ReceiptRow, name, value) for name, value in wanted.items()]
        actions.append(ReceiptRow.revision.set(receipt.revision + 1))
        same = ReceiptRow.revision == receipt.revision
        tx.update("receipt", ReceiptRow(receipt.topup_id, receipt.item), actions, same)

    def _due(self, receipt: ReceiptRow, due_at: datetime) -> AgendaRow:
        return agenda_row(Kind.RECEIPT, receipt.ref, due_at, self.shards)


#: Puts the receipts of something into the transaction that makes it so.
Adds = Callable[[Transaction], None]
