"""Posting money by a fact that has an id of its own: payments, calls, corrections, refunds."""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.billing import OperationKind
from chalicelib.billing.embedded.books import Books, Used
from chalicelib.billing.embedded.entries import NewEntry
from chalicelib.billing.embedded.openings import unblock
from chalicelib.billing.embedded.standing import Standing
from chalicelib.billing.embedded.steps import Step
from chalicelib.billing.embedded.tables import ExternalRow, external_key
from chalicelib.money import Kopecks
from chalicelib.store.tables import fetch


class Posted(StrEnum):
    CREATED = "created"
    ALREADY = "already"
    CONFLICT = "conflict"
    NOT_ENOUGH_MONEY = "not_enough_money"


class _Poor(Exception):
    """The balance after the entry would be below its floor."""


@dataclass(frozen=True)
class Ledger:
    books: Books

    def post(self, entry: NewEntry, floor_kopecks: Kopecks | None = None) -> Posted:
        """Post an entry once: a query and a transaction; a repeat takes two gets more, a lost race starts again.

        A payment lowers an active promise by its sum. Money that covers a financial block lifts it, in the same
        transaction. With ``floor_kopecks`` the entry is posted only if the balance after it is not below; the
        balance is the one that the transaction itself still finds. ALREADY: this very fact is in the ledger,
        posted by whomever. CONFLICT: the id belongs to another account, sum or kind of entry. Safe to repeat always.

        :raises NotFound: no such account. :raises UpstreamUnavailable: certainly not posted by this call.
        :raises OutcomeUnknown: it may have been posted: ask by the id, or post it again.
        """
        today = self.books.today()

        def decide(standing: Standing) -> Step:
            if floor_kopecks is not None and standing.balance_kopecks + entry.amount_kopecks < floor_kopecks:
                raise _Poor
            after = _repaid(standing.after(entry), _paid(entry), self.books)
            return Step(today, "entry", after, (entry,)).then(unblock(after, today))

        try:
            self.books.change(entry.account, decide)
            return Posted.CREATED
        except Used as used:
            return self._told(used.row, entry)
        except _Poor:
            earlier = find_external(entry.external_id)
            return self._told(earlier, entry) if earlier else Posted.NOT_ENOUGH_MONEY

    def _told(self, found: ExternalRow, entry: NewEntry) -> Posted:
        """What the ledger already says about this external id."""
        theirs = (found.owner, found.amount_kopecks, found.kind)
        return Posted.ALREADY if theirs == (entry.account, entry.amount_kopecks, entry.kind) else Posted.CONFLICT


def _paid(entry: NewEntry) -> int:
    return sum(leg.amount_kopecks for leg in entry.legs if leg.kind is OperationKind.PAYMENT)


def _repaid(standing: Standing, paid: int, books: Books) -> Standing:
    """A promise is lowered by what was paid, and over once nothing of it is left."""
    if standing.promise is None or paid <= 0:
        return standing
    left = Kopecks(max(0, standing.promise.left_kopecks - paid))
    if not left:
        return standing.without_promise(books.today())
    return standing.model_copy(update={"promise": standing.promise.model_copy(update={"left_kopecks": left})})


def find_external(external_id: str) -> ExternalRow | None:
    """The use of an external id. One get, consistent."""
    return fetch(ExternalRow, external_key(external_id), "external")
