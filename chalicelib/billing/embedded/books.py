"""The one way to change an account: read it, decide, commit on condition that nothing has changed since.

A decision is a pure function of the standing that was read. Its entries, the new standing, the agenda row and the
messages are one transaction, conditional on the head's revision; whoever loses the race decides again. So any two
changes of an account, however they meet, end as if one had come after the other.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from pynamodb.expressions.update import Action

from chalicelib.billing.embedded.calendar import next_day
from chalicelib.billing.embedded.entries import NewEntry, Totals, entry_hash
from chalicelib.billing.embedded.standing import KEPT, Standing
from chalicelib.billing.embedded.steps import Said, Step
from chalicelib.billing.embedded.tables import (
    AccountRow,
    BillingRow,
    EntryRow,
    ExternalRow,
    HeadRow,
    entry_key,
    external_key,
    is_account,
)
from chalicelib.clock import Clock, day_start, local_date
from chalicelib.errors import NotFound, UpstreamUnavailable
from chalicelib.store import transaction
from chalicelib.store.agenda import Kind, move, row as agenda_row
from chalicelib.store.messages import MessageRow
from chalicelib.store.tables import fetch, reading
from chalicelib.store.transaction import ConditionFailed, Transaction

#: How often a decision that lost the race for the head is made anew.
TRIES = 20
#: Marks of the last changes, by which a repeated request with a lost answer knows its own.
MARKS = 8
#: Nobody is woken by what the calendar does at midnight.
QUIET_UNTIL = time(10)

#: None decides that there is nothing to do. Raises ``Rejected`` to refuse.
Decide = Callable[[Standing], Step | None]


class Used(Exception):
    """An external id of the decision stands in the ledger already."""

    def __init__(self, row: ExternalRow) -> None:
        super().__init__(row.partition)
        self.row = row


@dataclass(frozen=True)
class Books:
    """``shards`` as the agenda has them; ``mark`` makes a random word for each change."""

    now: Clock
    zone: ZoneInfo
    shards: int
    mark: Callable[[], str]

    def today(self) -> date:
        return local_date(self.now(), self.zone)

    def change(self, account: str, decide: Decide) -> Step | None:
        """One query and one transaction; a lost race starts again. What was committed, or None.

        :raises NotFound: no such account. :raises Rejected: ``decide`` refused. :raises Used: an entry's external
            id was used before, nothing was changed. :raises UpstreamUnavailable: certainly not changed.
        :raises OutcomeUnknown: it may have been changed.
        """
        mark = self.mark()
        sent: Step | None = None
        for attempt in range(1, TRIES + 1):
            own, head, standing = read(account)
            if sent is not None and mark in head.marks:
                return sent
            step = decide(standing)
            if step is None or (step.standing == standing and not step.entries and not step.said):
                return None
            try:
                self._commit(head, step, mark)
                return step
            except ConditionFailed as error:
                self._used(error, step, head)
                sent = step
            transaction.pause(random.uniform(0, 0.005 * attempt))  # noqa: S311 - spreads the waiters, guards nothing
        raise UpstreamUnavailable(f"books: the head of account {account} is contended")

    def _used(self, error: ConditionFailed, step: Step, decided_on: HeadRow) -> None:
        """An id that was used before the decision. If the head has moved since, whether by this very change whose
        answer was lost or by somebody who was faster, the account is looked at again instead."""
        if not any(name.startswith("external") for name in error.names):
            return
        head = fetch(HeadRow, decided_on.account, "head")
        if head is None or head.revision != decided_on.revision:
            return
        for entry in step.entries:
            row = fetch(ExternalRow, external_key(entry.external_id), "external")
            if row is not None:
                raise Used(row)

    def _commit(self, head: HeadRow, step: Step, mark: str) -> None:
        tx = Transaction()
        totals, seq, at, last_hash = Totals.of(head), head.seq, head.last_at, head.hash
        for number, entry in enumerate(step.entries):
            # a clock that stepped back must not put an entry before the last one
            at = max(self.now().astimezone(UTC).replace(microsecond=0), at)
            totals, seq = totals.after(entry.legs), seq + 1
            row = _entry_row(entry, at, seq, totals, last_hash)
            last_hash = row.hash
            tx.put(f"entry {number}", row, EntryRow.account.does_not_exist())
            tx.put(f"external {number}", _external_row(entry, row), ExternalRow.partition.does_not_exist())
        if totals.balance != step.standing.balance_kopecks:
            raise ValueError("a decision's standing must hold the balance that its entries make")
        key = self._plant(tx, head, step.standing)
        actions: list[Action] = [
            HeadRow.seq.set(seq),
            HeadRow.last_at.set(at),
            HeadRow.balance_kopecks.set(totals.balance),
            HeadRow.payments_kopecks.set(totals.payments),
            HeadRow.charges_kopecks.set(totals.charges),
            HeadRow.other_kopecks.set(totals.other),
            HeadRow.hash.set(last_hash),
            HeadRow.revision.set(head.revision + 1),
            HeadRow.marks.set([*head.marks, mark][-MARKS:]),
            HeadRow.standing.set(step.standing.model_dump(mode="json", include=KEPT)),
            HeadRow.agenda_key.set(key) if key else HeadRow.agenda_key.remove(),
        ]
        tx.update("head", HeadRow(head.account, "head"), actions, HeadRow.revision == head.revision)
        for said in step.said:
            self._say(tx, step.standing, said)
        tx.commit()

    def _plant(self, tx: Transaction, head: HeadRow, after: Standing) -> str | None:
        """The account's one row in the agenda, moved to the day of the next step."""
        day = next_day(after)
        wanted = agenda_row(Kind.ACCOUNT_DAY, after.account, day_start(day, self.zone), self.shards) if day else None
        move(tx, head.agenda_key, wanted)
        return wanted.key if wanted is not None else None

    def _say(self, tx: Transaction, standing: Standing, said: Said) -> None:
        message = MessageRow(
            f"{said.event}:{standing.account}:{said.key}",
            subscriber_id=standing.subscriber_id,
            event=said.event,
            facts=dict(said.facts),
            created_at=self.now(),
        )
        when = self.now() if said.at_once else self._awake()
        due = agenda_row(Kind.DELIVER_MESSAGE, message.message_id, when, self.shards)
        message.agenda_key = due.key
        tx.put(f"message {said.event}", message)
        tx.put(f"deliver {said.event}", due)

    def _awake(self) -> datetime:
        """Now, or at ten in the morning of the provider's zone if it is night."""
        local = self.now().astimezone(self.zone)
        return self.now() if local.time() >= QUIET_UNTIL else local.replace(hour=10, minute=0, second=0, microsecond=0)


def read(account: str) -> tuple[AccountRow, HeadRow, Standing]:
    """One query, consistent. :raises NotFound: no such account."""
    if not is_account(account):
        raise NotFound("account")
    with reading():
        rows = list(BillingRow.query(account, consistent_read=True))
    head = next((row for row in rows if isinstance(row, HeadRow)), None)
    own = next((row for row in rows if isinstance(row, AccountRow)), None)
    if own is None or head is None:
        raise NotFound(f"account {account}")
    return own, head, standing_of(own, head)


def standing_of(own: AccountRow, head: HeadRow) -> Standing:
    fixed = {
        "account": own.account,
        "subscriber_id": own.subscriber_id,
        "anchor_day": own.anchor_day,
        "contract_on": own.contract_on.isoformat(),
        "balance_kopecks": head.balance_kopecks,
        "payments_kopecks": head.payments_kopecks,
    }
    return Standing.model_validate_json(json.dumps({**head.standing, **fixed}))


def _entry_row(entry: NewEntry, at: datetime, seq: int, totals: Totals, previous_hash: str) -> EntryRow:
    row = EntryRow(
        entry.account,
        entry_key(at, seq),
        external_id=entry.external_id,
        legs=[leg.as_map() for leg in entry.legs],
        operator=entry.operator,
        reason=entry.reason,
        balance_kopecks=totals.balance,
        payments_kopecks=totals.payments,
        charges_kopecks=totals.charges,
        other_kopecks=totals.other,
        previous_hash=previous_hash,
    )
    row.hash = entry_hash(row)
    return row


def _external_row(entry: NewEntry, row: EntryRow) -> ExternalRow:
    return ExternalRow(
        external_key(entry.external_id),
        owner=entry.account,
        kind=entry.kind,
        amount_kopecks=entry.amount_kopecks,
        entry=row.item,
    )
