"""Messages that wait to be sent, one row per event; each channel of a row is tried on its own."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pynamodb.attributes import JSONAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from chalicelib.errors import OutcomeUnknown
from chalicelib.store.agenda import Kind, move, pointed, row as agenda_row
from chalicelib.store.tables import TABLE_PREFIX, Connected, InstantAttribute, IntegerAttribute, Row, fetch
from chalicelib.store.transaction import ConditionFailed, Transaction

log = logging.getLogger(__name__)


class MessageRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "messages"

    message_id = UnicodeAttribute(hash_key=True)
    subscriber_id = UnicodeAttribute()
    event = UnicodeAttribute()
    facts = JSONAttribute()
    language = UnicodeAttribute(default="ru")
    created_at = InstantAttribute()
    #: when a person asked for it to be tried again, though it was late
    retried_at = InstantAttribute(null=True)
    #: channel -> ``sending:<mark of the try>``, ``sent``, ``refused`` or ``unknown``
    outcomes = JSONAttribute(default=dict)
    #: when the first channel took it
    sent_at = InstantAttribute(null=True)
    tries = IntegerAttribute(default=0)
    revision = IntegerAttribute(default=0)
    agenda_key = UnicodeAttribute(null=True)


@dataclass(frozen=True)
class MessageStore:
    shards: int

    def get(self, message_id: str) -> MessageRow | None:
        return fetch(MessageRow, message_id)

    def record(self, message: MessageRow, outcomes: dict[str, str], at: datetime) -> bool:
        """Write what became of the channels, before and after each call; False if another worker was faster.

        A repeated request whose first answer was lost finds its own outcomes: those are ours.
        """
        wanted = {**message.outcomes, **outcomes}
        first = message.sent_at is None and "sent" in outcomes.values()
        more = [MessageRow.sent_at.set(at)] if first else []
        try:
            if self._save(message, wanted, message.agenda_key, message.tries, more):
                return True
        except OutcomeUnknown:
            log.warning("asking the store what became of a message's mark", extra={"message": message.message_id})
        message.refresh(consistent_read=True)
        return bool(message.outcomes == wanted)

    def postpone(self, message: MessageRow, due_at: datetime) -> bool:
        """Try what is left of it later."""
        later = agenda_row(Kind.DELIVER_MESSAGE, message.message_id, due_at, self.shards)
        return self._save(message, message.outcomes, later.key, message.tries + 1)

    def settle(self, message: MessageRow) -> bool:
        """Nothing of it is left to do: its agenda row goes."""
        return self._save(message, message.outcomes, None, message.tries)

    def replan(self, message: MessageRow, at: datetime, tx: Transaction) -> None:
        """Make a message due anew though it is late, within a transaction of the caller's.

        Its commit fails with ``message`` among the names if the message changed since it was read.
        """
        later = agenda_row(Kind.DELIVER_MESSAGE, message.message_id, at, self.shards)
        self._step(tx, message, message.outcomes, later.key, 0, [MessageRow.retried_at.set(at)])

    def _save(
        self,
        message: MessageRow,
        outcomes: dict[str, str],
        key: str | None,
        tries: int,
        more: Sequence[Action] = (),
    ) -> bool:
        tx = Transaction()
        self._step(tx, message, outcomes, key, tries, more)
        try:
            tx.commit()
        except ConditionFailed:
            return False
        message.refresh(consistent_read=True)
        return True

    def _step(
        self,
        tx: Transaction,
        message: MessageRow,
        outcomes: dict[str, str],
        key: str | None,
        tries: int,
        more: Sequence[Action] = (),
    ) -> None:
        due = pointed(key) if key else None
        if due is not None:
            due.kind, due.ref = Kind.DELIVER_MESSAGE, message.message_id
        move(tx, message.agenda_key, due)
        actions: list[Action] = [
            MessageRow.outcomes.set(outcomes),
            MessageRow.tries.set(tries),
            MessageRow.revision.set(message.revision + 1),
            MessageRow.agenda_key.set(key) if key else MessageRow.agenda_key.remove(),
            *more,
        ]
        tx.update("message", MessageRow(message.message_id), actions, MessageRow.revision == message.revision)


def enqueue(tx: Transaction, message: MessageRow, deliver_at: datetime, shards: int) -> None:
    """Write a message with its agenda row, within the transaction of the fact that it tells of."""
    due = agenda_row(Kind.DELIVER_MESSAGE, message.message_id, deliver_at, shards)
    message.agenda_key = due.key
    tx.put("message", message, MessageRow.message_id.does_not_exist())
    tx.put("message agenda", due)
