"""The embedded billing: accounts, a ledger and prepaid months, on the portal's own store.

``EmbeddedBilling`` is the port over it. Where to look: ``entries`` and ``ledger`` move money,
``openings`` and ``forecast`` say when, ``operations`` shows it, ``accounts`` is the provider's side,
``verify`` recomputes everything from the entries.
"""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from chalicelib.billing import (
    AccountState,
    AccountSummary,
    AccountView,
    ForecastItem,
    NextCharge,
    OperationKind,
    OperationsPage,
    OperationsQuery,
    PostedPayment,
    PostResult,
    Service,
    ServiceKind,
    Tariff,
)
from chalicelib.billing.embedded import accounts, operations
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.forecast import forecast, outlook
from chalicelib.billing.embedded.ledger import Ledger, Posted, find_external
from chalicelib.billing.embedded.periods import period_of
from chalicelib.billing.embedded.tables import (
    AccountRow,
    BillingRow,
    HeadRow,
    MembershipRow,
    ServiceRow,
    is_account,
    subscriber_key,
)
from chalicelib.billing.embedded.unblocking import unblock
from chalicelib.clock import Clock, from_text, local_date
from chalicelib.errors import NotFound, OutcomeUnknown
from chalicelib.money import Kopecks
from chalicelib.store.tables import fetch, reading

_PAYMENT_TITLE = "Пополнение счёта"

_RESULTS = {
    Posted.CREATED: PostResult.CREATED,
    Posted.ALREADY: PostResult.ALREADY,
    Posted.CONFLICT: PostResult.CONFLICT,
}


@dataclass(frozen=True)
class EmbeddedBilling:
    """Store calls per method are in its docstring; every read is consistent.

    :raises UpstreamUnavailable: from any read that the store did not answer.
    """

    zone: ZoneInfo
    now: Clock

    def accounts(self, subscriber_id: str) -> tuple[AccountSummary, ...]:
        """One query and one batch of two rows an account (a hundred rows a batch)."""
        with reading():
            members = list(MembershipRow.query(subscriber_key(subscriber_id), consistent_read=True))
            keys = [(member.number, item) for member in members for item in ("account", "head")]
            rows = list(BillingRow.batch_get(keys, consistent_read=True))
        heads = {row.account: row for row in rows if isinstance(row, HeadRow)}
        own = {row.account: row for row in rows if isinstance(row, AccountRow)}
        return tuple(_summary(own[member.number], heads[member.number]) for member in members)

    def owns(self, subscriber_id: str, account: str) -> bool:
        """One get; none for a text that is no account number."""
        row = fetch(AccountRow, account, "account") if is_account(account) else None
        return row is not None and row.subscriber_id == subscriber_id

    def account(self, account: str) -> AccountView:
        """One query."""
        snapshot = accounts.read(account)
        today = local_date(self.now(), self.zone)
        standing = snapshot.standing
        ahead = outlook(standing, today)
        return AccountView(
            **_summary(snapshot.account, snapshot.head).model_dump(),
            subscriber_id=snapshot.account.subscriber_id,
            state_reason=snapshot.account.state_reason,
            available_kopecks=standing.available_kopecks,
            period=period_of(today, standing.anchor_day),
            due=ahead.due,
            paid_until=ahead.paid_until,
            services=tuple(
                _service(row, standing.state, ahead.next_charges.get(row.service)) for row in snapshot.services
            ),
        )

    def operations(self, account: str, query: OperationsQuery) -> OperationsPage:
        """Two queries for the first page, three for a later one."""
        return operations.page(account, query, self.zone)

    def post_payment(self, account: str, amount_kopecks: Kopecks, external_id: str, source: str) -> PostResult:
        """One get, one transaction, and the query that shows whether a block can be lifted; a repeat one get more.

        A block that the store did not let us lift raises although the payment is posted: the caller comes again
        with the same id, and then it is lifted.
        :raises ValueError: a sum that is not positive, or a source that is no contra account.
        :raises UpstreamError: come again with the same id.
        """
        if not is_account(account):
            raise NotFound("account")
        leg = Leg(OperationKind.PAYMENT, amount_kopecks, _PAYMENT_TITLE, contra=source)
        ledger = Ledger(self.now)
        try:
            result = _RESULTS[ledger.post(NewEntry(account, external_id, (leg,)))]
        except OutcomeUnknown:
            return PostResult.UNKNOWN
        if result is not PostResult.CONFLICT:
            unblock(account, ledger, local_date(self.now(), self.zone))
        return result

    def find_payment(self, external_id: str) -> PostedPayment | None:
        """One get. None also for an id that something else than a payment has used."""
        found = find_external(external_id)
        if found is None or found.kind != OperationKind.PAYMENT:
            return None
        return PostedPayment(
            external_id=external_id,
            account=found.owner,
            amount_kopecks=Kopecks(found.amount_kopecks),
            at=from_text(found.entry.partition("#")[0]),
        )

    def forecast(self, account: str, until: date) -> tuple[ForecastItem, ...]:
        """One query. :raises NotFound: no such account."""
        return forecast(accounts.read(account).standing, local_date(self.now(), self.zone), until)


def _summary(own: AccountRow, head: HeadRow) -> AccountSummary:
    return AccountSummary(
        account=own.account,
        label=own.label,
        address=own.address,
        balance_kopecks=Kopecks(head.balance_kopecks),
        state=AccountState(own.state),
    )


def _service(row: ServiceRow, account_state: AccountState, next_charge: NextCharge | None) -> Service:
    """A service is off with its account, except TV, which stays on to its paid end."""
    own = AccountState(row.state)
    follows = own is AccountState.ACTIVE and row.kind != ServiceKind.TV
    return Service(
        id=row.service,
        kind=ServiceKind(row.kind),
        title=row.title,
        state=account_state if follows else own,
        tariff=Tariff(
            id=row.tariff,
            title=row.tariff_title,
            fee_kopecks=Kopecks(row.fee_kopecks),
            speed_mbps=row.speed_mbps,
        ),
        next_charge=next_charge,
    )
