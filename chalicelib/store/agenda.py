"""Everything that must happen later: one row per promise to act, timer and outbox in one.

A row is written in the same transaction as the fact that causes it, and the fact carries the row's
key. Whoever settles the fact deletes the row in that transaction; the runner reads the fact first
and drops a row that the fact no longer points at. So a row may be seen late or twice, never lost.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DeleteError, PutError, UpdateError
from pynamodb.expressions.condition import Condition

from chalicelib.clock import from_text, to_text
from chalicelib.errors import OutcomeUnknown
from chalicelib.store.tables import (
    TABLE_PREFIX,
    Connected,
    InstantAttribute,
    IntegerAttribute,
    Row,
    code_of,
    fetch,
    reading,
)
from chalicelib.store.transaction import Transaction


class Kind(StrEnum):
    ASK_GATEWAY = "ask_gateway"
    SETTLE_TOPUP = "settle_topup"
    DELIVER_MESSAGE = "deliver_message"
    ACCOUNT_DAY = "account_day"
    PROMISED_PAYMENT = "promised_payment"
    REFUND = "refund"
    AUTOPAY = "autopay"
    RECEIPT = "receipt"


class AgendaRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "agenda"

    partition = UnicodeAttribute(hash_key=True)
    sort = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    ref = UnicodeAttribute()
    attempts = IntegerAttribute(default=0)
    fence = IntegerAttribute(default=0)
    lease_until = InstantAttribute(null=True)
    lease_by = UnicodeAttribute(null=True)

    @property
    def key(self) -> str:
        return f"{self.partition}|{self.sort}"

    @property
    def due_at(self) -> datetime:
        return from_text(self.sort.split("#", 1)[0])


def row(kind: Kind, ref: str, due_at: datetime, shards: int) -> AgendaRow:
    """A new row, to be put in the transaction of its fact."""
    shard = zlib.crc32(ref.encode()) % shards
    return AgendaRow(f"{kind}#{shard}", f"{to_text(due_at)}#{ref}", kind=kind, ref=ref)


def pointed(key: str) -> AgendaRow:
    """The row that a fact points at, to be deleted in the transaction that settles the fact."""
    partition, _, sort = key.partition("|")
    return AgendaRow(partition, sort)


def move(tx: Transaction, before: str | None, later: AgendaRow | None, condition: Condition | None = None) -> None:
    """Put a fact's row in the place of the one that it pointed at, within the transaction that changes the fact.

    Under the same key the row stays as it is: a fresh one would wipe out somebody's lease. ``condition`` is on the
    row that goes.
    """
    key = later.key if later is not None else None
    if before and before != key:
        tx.delete("agenda before", pointed(before), condition)
    if later is not None and key != before:
        tx.put("agenda", later)


@dataclass(frozen=True)
class Agenda:
    """Reads, leases and drops rows. ``token`` makes a random word that marks a lease as ours."""

    shards: int
    batch: int
    lease: timedelta
    token: Callable[[], str]

    def due(self, kind: Kind, shard: int, now: datetime) -> Iterator[AgendaRow]:
        """Due and unleased rows of one shard, oldest first, at most a batch of them."""
        found = 0
        with reading():
            rows = AgendaRow.query(
                f"{kind}#{shard}", AgendaRow.sort < to_text(now) + "$", consistent_read=True, page_size=self.batch
            )
            for item in rows:
                if item.lease_until is not None and item.lease_until > now:
                    continue
                yield item
                found += 1
                if found == self.batch:
                    return

    def next_due(self, kind: Kind) -> datetime | None:
        """When a row of this kind next becomes due or its lease ends, for a clock that is stepped."""
        moments = []
        for shard in range(self.shards):
            with reading():
                for item in AgendaRow.query(f"{kind}#{shard}", consistent_read=True, page_size=self.batch):
                    moments.append(max(item.due_at, item.lease_until or item.due_at))
                    if item.lease_until is None or item.lease_until <= item.due_at:
                        break
        return min(moments, default=None)

    def take(self, item: AgendaRow, now: datetime) -> bool:
        """Lease a row for this worker; a failing row waits twice as long each time, an hour at most.

        ``item.fence`` is then the number that every later write of the lease's holder must still find.
        """
        mine = self.token()
        wait = min(self.lease * 2 ** min(item.attempts, 10), timedelta(hours=1))
        try:
            item.update(
                [
                    AgendaRow.attempts.set(item.attempts + 1),
                    AgendaRow.fence.set(item.fence + 1),
                    AgendaRow.lease_until.set(now + wait),
                    AgendaRow.lease_by.set(mine),
                ],
                condition=AgendaRow.sort.exists() & (AgendaRow.fence == item.fence),
            )
        except UpdateError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise OutcomeUnknown(f"store: {code_of(error)}") from error
            # a repeated request whose first answer was lost finds its own lease
            found = fetch(AgendaRow, item.partition, item.sort)
            if found is None or found.lease_by != mine:
                return False
            item.fence, item.attempts = found.fence, found.attempts
        return True

    def drop(self, item: AgendaRow) -> None:
        """Delete a row whose fact is settled or points elsewhere. Idempotent."""
        try:
            item.delete()
        except DeleteError as error:
            raise OutcomeUnknown(f"store: {code_of(error)}") from error

    def enter(self, kind: Kind, shard: int, now: datetime, until: datetime) -> AgendaRow | None:
        """Be the one worker of a shard until then; None if another is in it. ``leave`` it with what is returned.

        Rows are leased one by one all the same: this only keeps a crowd of workers out of each other's way.
        """
        mine = self.token()
        place = AgendaRow(f"worker#{kind}#{shard}", "worker", kind=kind, ref=str(shard))
        place.lease_until, place.lease_by = until, mine
        free = AgendaRow.sort.does_not_exist() | (AgendaRow.lease_until <= now) | (AgendaRow.lease_by == mine)
        try:
            place.save(condition=free)
        except PutError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return None
            raise OutcomeUnknown(f"store: {code_of(error)}") from error
        return place

    def leave(self, place: AgendaRow) -> None:
        """Give the shard back. A place that stays behind is free when its time is over."""
        try:
            place.delete(condition=AgendaRow.lease_by == place.lease_by)
        except DeleteError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise OutcomeUnknown(f"store: {code_of(error)}") from error
