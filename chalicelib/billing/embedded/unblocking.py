"""Lifting a financial block as soon as the money covers what the rest of the period costs."""

from datetime import date

from pynamodb.expressions.update import Action

from chalicelib.billing import AccountState
from chalicelib.billing.embedded import accounts
from chalicelib.billing.embedded.ledger import Ledger, Posted
from chalicelib.billing.embedded.openings import Openings, plan
from chalicelib.billing.embedded.tables import AccountRow
from chalicelib.store.transaction import ConditionFailed, Transaction


def unblock(account: str, ledger: Ledger, today: date) -> bool:
    """Open the days left of an unpaid period, then switch the services on; True if they were switched on now.

    Not covered: nothing is charged and the block stays. Killed between the two: the next payment, or the repeat
    of this one, finds the period opened and only switches on. Another state than a financial block is left alone.
    :raises UpstreamError: the store did not answer; call again.
    """
    standing = accounts.read(account).standing
    if standing.state is not AccountState.FINANCIAL_BLOCK:
        return False
    opening = plan(standing, today)
    if opening is not None and opening.fees:
        if Openings(ledger).post(opening, standing.promise_kopecks) is Posted.NOT_ENOUGH_MONEY:
            return False
    elif standing.available_kopecks < 0:
        return False
    return _switch_on(account)


def _switch_on(account: str) -> bool:
    tx = Transaction()
    actions: list[Action] = [AccountRow.state.set(AccountState.ACTIVE), AccountRow.state_reason.remove()]
    blocked = AccountRow.state == AccountState.FINANCIAL_BLOCK
    tx.update("account", AccountRow(account, "account"), actions, blocked)
    try:
        tx.commit()
    except ConditionFailed:
        return False
    return True
