"""Posting: entry, uniqueness row and head move in one transaction, or nothing moves."""

import random
from dataclasses import dataclass
from datetime import UTC, date
from enum import StrEnum

from pynamodb.expressions.update import Action

from chalicelib.billing.embedded.entries import NewEntry, Totals, entry_hash
from chalicelib.billing.embedded.tables import EntryRow, ExternalRow, HeadRow, entry_key, external_key
from chalicelib.clock import Clock
from chalicelib.errors import NotFound, UpstreamUnavailable
from chalicelib.money import Kopecks
from chalicelib.store import transaction
from chalicelib.store.tables import fetch
from chalicelib.store.transaction import ConditionFailed, Transaction

#: How often a posting that lost the race for the head is tried again.
TRIES = 20


class Posted(StrEnum):
    CREATED = "created"
    ALREADY = "already"
    CONFLICT = "conflict"
    NOT_ENOUGH_MONEY = "not_enough_money"


@dataclass(frozen=True)
class Ledger:
    now: Clock

    def post(self, entry: NewEntry, floor_kopecks: Kopecks | None = None) -> Posted:
        """Post an entry once: a get and a transaction; a repeat takes a get more, a lost race starts again.

        With ``floor_kopecks`` the entry is posted only if the balance after it is not below; the balance is
        the one that the transaction itself still finds. ALREADY: this very fact is in the ledger, posted by
        whomever. CONFLICT: the id belongs to another account, sum or kind of entry. Safe to repeat always.

        :raises NotFound: no such account. :raises UpstreamUnavailable: certainly not posted by this call.
        :raises OutcomeUnknown: it may have been posted: ask by the id, or post it again.
        """
        for attempt in range(1, TRIES + 1):
            head = fetch(HeadRow, entry.account, "head")
            if head is None:
                raise NotFound(f"account {entry.account}")
            if floor_kopecks is not None and head.balance_kopecks + entry.amount_kopecks < floor_kopecks:
                return self._earlier(entry) or Posted.NOT_ENOUGH_MONEY
            try:
                self._append(head, entry)
                return Posted.CREATED
            except ConditionFailed:
                # Mine or theirs? The id decides, not the names: with a lost answer both conditions fail.
                earlier = self._earlier(entry)
            if earlier:
                return earlier
            transaction.pause(random.uniform(0, 0.005 * attempt))  # noqa: S311 - spreads the waiters, guards nothing
        raise UpstreamUnavailable(f"ledger: the head of account {entry.account} is contended")

    def _earlier(self, entry: NewEntry) -> Posted | None:
        """What the ledger already says about this external id; None if it was never used."""
        found = find_external(entry.external_id)
        if found is None:
            return None
        theirs = (found.owner, found.amount_kopecks, found.kind)
        return Posted.ALREADY if theirs == (entry.account, entry.amount_kopecks, entry.kind) else Posted.CONFLICT

    def _append(self, head: HeadRow, entry: NewEntry) -> None:
        row = self._row(head, entry)
        external = ExternalRow(
            external_key(entry.external_id),
            owner=entry.account,
            kind=entry.kind,
            amount_kopecks=entry.amount_kopecks,
            entry=row.item,
        )
        moved: list[Action] = [
            HeadRow.seq.set(row.seq),
            HeadRow.last_at.set(row.at),
            HeadRow.balance_kopecks.set(row.balance_kopecks),
            HeadRow.payments_kopecks.set(row.payments_kopecks),
            HeadRow.charges_kopecks.set(row.charges_kopecks),
            HeadRow.other_kopecks.set(row.other_kopecks),
            HeadRow.hash.set(row.hash),
        ]
        if entry.opened_until is not None:
            moved.append(HeadRow.opened_until.set(max(head.opened_until or date.min, entry.opened_until)))
        tx = Transaction()
        tx.put("entry", row, EntryRow.account.does_not_exist())
        tx.put("external", external, ExternalRow.partition.does_not_exist())
        tx.update("head", HeadRow(entry.account, "head"), moved, HeadRow.seq == head.seq)
        tx.commit()

    def _row(self, head: HeadRow, entry: NewEntry) -> EntryRow:
        """The next entry after this head. A clock that stepped back must not put it before the last one."""
        at = max(self.now().astimezone(UTC).replace(microsecond=0), head.last_at)
        totals = Totals.of(head).after(entry.legs)
        row = EntryRow(
            entry.account,
            entry_key(at, head.seq + 1),
            external_id=entry.external_id,
            legs=[leg.as_map() for leg in entry.legs],
            operator=entry.operator,
            reason=entry.reason,
            opened_until=entry.opened_until,
            balance_kopecks=totals.balance,
            payments_kopecks=totals.payments,
            charges_kopecks=totals.charges,
            other_kopecks=totals.other,
            previous_hash=head.hash,
        )
        row.hash = entry_hash(row)
        return row


def find_external(external_id: str) -> ExternalRow | None:
    """The use of an external id. One get, consistent."""
    return fetch(ExternalRow, external_key(external_id), "external")
