"""Of each account: the top-ups whose money may be on its way to it. Kept by the transactions that move a top-up.

``version`` counts every change of the two sets: who decides something because no money is on its way makes it a
condition of that decision, and fails if a payment comes in between.
"""

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.store.tables import TABLE_PREFIX, Connected, IntegerAttribute, Row, fetch
from chalicelib.store.transaction import Transaction

_ITEM = "in_flight"


class InFlightRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "topups"

    partition = UnicodeAttribute(hash_key=True, attr_name="topup_id")
    item = UnicodeAttribute(range_key=True, default=_ITEM)
    version = IntegerAttribute(default=0)
    #: ids of top-ups that are ordered and not paid, as far as anybody knows
    awaiting = UnicodeSetAttribute(null=True)
    #: ids of top-ups that are paid and not credited
    paid = UnicodeSetAttribute(null=True)


def of(account: str) -> InFlightRow:
    """One get, consistent; an account that never had a top-up has version 0."""
    return fetch(InFlightRow, _key(account), _ITEM) or InFlightRow(_key(account))


def unless_money_came(tx: Transaction, seen: InFlightRow) -> None:
    """Let a transaction fail (``in flight``) if a top-up of the account was ordered, paid or landed since."""
    tx.check("in flight", InFlightRow, seen.partition, _ITEM, _same(seen))


def ordered(tx: Transaction, account: str, topup_id: str, seen: InFlightRow | None = None) -> None:
    """``seen``: let the transaction fail if another top-up has moved since."""
    _move(tx, account, InFlightRow.awaiting.add({topup_id}), when=_same(seen) if seen is not None else None)


def paid(tx: Transaction, account: str, topup_id: str) -> None:
    _move(tx, account, InFlightRow.awaiting.delete({topup_id}), InFlightRow.paid.add({topup_id}))


def landed(tx: Transaction, account: str, topup_id: str) -> None:
    """Credited, declined or expired: nothing is on its way any more."""
    _move(tx, account, InFlightRow.awaiting.delete({topup_id}), InFlightRow.paid.delete({topup_id}))


def _move(tx: Transaction, account: str, *actions: Action, when: Condition | None = None) -> None:
    tx.update("in flight", InFlightRow(_key(account), _ITEM), [InFlightRow.version.add(1), *actions], when)


def _same(seen: InFlightRow) -> Condition:
    return InFlightRow.version == seen.version if seen.version else InFlightRow.version.does_not_exist()


def _key(account: str) -> str:
    return f"account#{account}"
