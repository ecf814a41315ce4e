"""Accounts and their services: the one read that gives a whole account, and the provider's side of it.

Nothing here moves money: that is the ledger's alone.
"""

from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.billing import AccountState, ServiceKind
from chalicelib.billing.embedded.entries import MAX_LEGS
from chalicelib.billing.embedded.openings import Recurring, Standing
from chalicelib.billing.embedded.tables import (
    AccountRow,
    BillingRow,
    HeadRow,
    MembershipRow,
    ServiceRow,
    is_account,
    service_key,
    subscriber_key,
)
from chalicelib.errors import Conflict, InvalidRequest, NotFound
from chalicelib.money import Kopecks
from chalicelib.store.tables import fetch, reading
from chalicelib.store.transaction import ConditionFailed, Transaction

_CHARGED_STATES = {AccountState.ACTIVE, AccountState.FINANCIAL_BLOCK}


@dataclass(frozen=True)
class Snapshot:
    """An account as one Query read it."""

    account: AccountRow
    head: HeadRow
    services: tuple[ServiceRow, ...]

    @property
    def standing(self) -> Standing:
        return Standing(
            account=self.account.account,
            state=AccountState(self.account.state),
            balance_kopecks=Kopecks(self.head.balance_kopecks),
            promise_kopecks=Kopecks(0),
            anchor_day=self.account.anchor_day,
            opened_until=self.head.opened_until,
            recurring=tuple(_recurring(row) for row in self.services if _is_recurring(row)),
        )


def _is_recurring(row: ServiceRow) -> bool:
    return row.kind != ServiceKind.TV and AccountState(row.state) in _CHARGED_STATES


def _recurring(row: ServiceRow) -> Recurring:
    return Recurring(row.service, ServiceKind(row.kind), row.title, Kopecks(row.fee_kopecks))


def read(account: str) -> Snapshot:
    """One query, consistent. :raises NotFound: no such account."""
    if not is_account(account):
        raise NotFound("account")
    with reading():
        rows = list(BillingRow.query(account, consistent_read=True))
    head = next((row for row in rows if isinstance(row, HeadRow)), None)
    own = next((row for row in rows if isinstance(row, AccountRow)), None)
    if own is None or head is None:
        raise NotFound(f"account {account}")
    services = sorted((row for row in rows if isinstance(row, ServiceRow)), key=lambda row: (row.sort, row.service))
    return Snapshot(own, head, tuple(services))


@dataclass(frozen=True)
class NewAccount:
    """``order`` is the account's place among its subscriber's; the anchor day is 1 to 31."""

    number: str
    subscriber_id: str
    label: str
    address: str
    anchor_day: int
    contract_on: date
    order: int = 0

    def __post_init__(self) -> None:
        if not is_account(self.number) or not self.subscriber_id:
            raise InvalidRequest({"account": "malformed"})
        if not 1 <= self.anchor_day <= 31 or not 0 <= self.order <= 9999:
            raise InvalidRequest({"anchor_day": "out_of_range"})


@dataclass(frozen=True)
class NewService:
    """``fee_kopecks`` is for a whole period; ``sort`` is its place on screen and in an opening."""

    id: str
    kind: ServiceKind
    title: str
    tariff: str
    tariff_title: str
    fee_kopecks: Kopecks
    speed_mbps: int | None = None
    sort: int = 0

    def __post_init__(self) -> None:
        if not self.id or type(self.fee_kopecks) is not int or self.fee_kopecks < 0:
            raise InvalidRequest({"fee_kopecks": "out_of_range"})


def create(new: NewAccount, at: datetime) -> bool:
    """Create an active account with an empty ledger that begins at ``at``. Idempotent by number: False if it was there.

    :raises Conflict: the number belongs to another subscriber.
    """
    tx = Transaction()
    absent = BillingRow.account.does_not_exist()
    tx.put("account", _account_row(new), absent)
    tx.put("head", HeadRow(new.number, "head", last_at=at.replace(microsecond=0)), absent)
    member = MembershipRow(subscriber_key(new.subscriber_id), f"{new.order:04d}#{new.number}", number=new.number)
    tx.put("membership", member, absent)
    try:
        tx.commit()
    except ConditionFailed:
        found = fetch(AccountRow, new.number, "account")
        if found is None or found.subscriber_id != new.subscriber_id:
            raise Conflict() from None
        return False
    return True


def _account_row(new: NewAccount) -> AccountRow:
    return AccountRow(
        new.number,
        "account",
        subscriber_id=new.subscriber_id,
        label=new.label,
        address=new.address,
        anchor_day=new.anchor_day,
        contract_on=new.contract_on,
        state=AccountState.ACTIVE,
    )


def add_service(account: str, new: NewService) -> bool:
    """Connect a service from the next opening on; charges nothing now. Idempotent by its id: False if it was there.

    :raises NotFound: no such account. :raises InvalidRequest: more services than one entry has legs.
    """
    snapshot = read(account)
    if any(row.service == new.id for row in snapshot.services):
        return False
    if len(snapshot.services) >= MAX_LEGS:
        raise InvalidRequest({"service": "too_many"})
    row = ServiceRow(
        account,
        service_key(new.id),
        service=new.id,
        kind=new.kind,
        title=new.title,
        state=AccountState.ACTIVE,
        tariff=new.tariff,
        tariff_title=new.tariff_title,
        fee_kopecks=new.fee_kopecks,
        speed_mbps=new.speed_mbps,
        sort=new.sort,
    )
    tx = Transaction()
    tx.put("service", row, ServiceRow.account.does_not_exist())
    try:
        tx.commit()
    except ConditionFailed:
        return False
    return True


def set_state(account: str, state: AccountState, reason: str | None = None) -> None:
    """Set the state and say why. Idempotent. :raises NotFound: no such account."""
    said = AccountRow.state_reason.set(reason) if reason else AccountRow.state_reason.remove()
    tx = Transaction()
    row = AccountRow(account, "account")
    tx.update("account", row, [AccountRow.state.set(state), said], AccountRow.account.exists())
    try:
        tx.commit()
    except ConditionFailed:
        raise NotFound(f"account {account}") from None
