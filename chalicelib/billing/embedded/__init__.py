"""The embedded billing: accounts, a ledger and prepaid months, on the portal's own store.

``EmbeddedBilling`` is the port over it. Where to look: ``standing`` is how an account stands, ``books`` the one way
to change it, ``calendar`` what the days do to it (``openings``, ``pausing``), ``forecast`` shows those days ahead;
``ledger`` posts money that has an id of its own, ``operations`` shows it, ``accounts`` is the provider's side,
``verify`` recomputes everything from the entries.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from chalicelib.billing import (
    AccountState,
    AccountSummary,
    AccountView,
    CalendarRun,
    ForecastItem,
    NextCharge,
    OperationKind,
    OperationsPage,
    OperationsQuery,
    PlannedChange,
    PostedPayment,
    PostResult,
    Promise,
    Service,
    ServiceKind,
    Suspension,
)
from chalicelib.billing.embedded import operations
from chalicelib.billing.embedded.books import Books, read, standing_of
from chalicelib.billing.embedded.calendar import next_step
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.forecast import forecast, missing_for, outlook
from chalicelib.billing.embedded.ledger import Ledger, Posted, find_external
from chalicelib.billing.embedded.periods import period_of
from chalicelib.billing.embedded.standing import Line, Standing
from chalicelib.billing.embedded.tables import (
    AccountRow,
    BillingRow,
    HeadRow,
    MembershipRow,
    is_account,
    subscriber_key,
)
from chalicelib.clock import Clock, day_start, from_text, local_date
from chalicelib.config import Settings
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

    settings: Settings
    now: Clock
    mark: Callable[[], str]

    @cached_property
    def books(self) -> Books:
        return Books(self.now, self.settings.zone, self.settings.agenda_shards, self.mark)

    def _today(self) -> date:
        return local_date(self.now(), self.settings.zone)

    def accounts(self, subscriber_id: str) -> tuple[AccountSummary, ...]:
        """One query and one batch of two rows an account (a hundred rows a batch)."""
        with reading():
            members = list(MembershipRow.query(subscriber_key(subscriber_id), consistent_read=True))
            keys = [(member.number, item) for member in members for item in ("account", "head")]
            rows = list(BillingRow.batch_get(keys, consistent_read=True))
        heads = {row.account: row for row in rows if isinstance(row, HeadRow)}
        own = {row.account: row for row in rows if isinstance(row, AccountRow)}
        return tuple(
            _summary(own[number], standing_of(own[number], heads[number]))
            for number in (member.number for member in members)
        )

    def owns(self, subscriber_id: str, account: str) -> bool:
        """One get; none for a text that is no account number."""
        row = fetch(AccountRow, account, "account") if is_account(account) else None
        return row is not None and row.subscriber_id == subscriber_id

    def account(self, account: str) -> AccountView:
        """One query."""
        own, _, standing = read(account)
        today = self._today()
        ahead = outlook(standing, today)
        return AccountView(
            **_summary(own, standing).model_dump(),
            subscriber_id=own.subscriber_id,
            state_reason=standing.state_reason,
            promised=self._promised(standing, today),
            available_kopecks=standing.available_on(today),
            period=period_of(today, standing.anchor_day),
            due=ahead.due,
            paid_until=ahead.paid_until,
            services=tuple(
                _service(line, standing, today, ahead.next_charges.get(line.service)) for line in standing.lines
            ),
        )

    def _promised(self, standing: Standing, today: date) -> Promise | None:
        limit = standing.promise
        if limit is None or today > limit.last_day:
            return None
        last_instant = day_start(limit.last_day + timedelta(days=1), self.settings.zone) - timedelta(seconds=1)
        return Promise(amount_kopecks=limit.left_kopecks, until=last_instant)

    def operations(self, account: str, query: OperationsQuery) -> OperationsPage:
        """Two queries for the first page, three for a later one."""
        return operations.page(account, query, self.settings.zone)

    def post_payment(self, account: str, amount_kopecks: Kopecks, external_id: str, source: str) -> PostResult:
        """One query and one transaction, in which a promise is lowered and a block that is covered lifted; a repeat
        takes two gets more.

        :raises ValueError: a sum that is not positive, or a source that is no contra account.
        :raises UpstreamError: come again with the same id.
        """
        if not is_account(account):
            raise NotFound("account")
        leg = Leg(OperationKind.PAYMENT, amount_kopecks, _PAYMENT_TITLE, contra=source)
        try:
            return _RESULTS[Ledger(self.books).post(NewEntry(account, external_id, (leg,)))]
        except OutcomeUnknown:
            return PostResult.UNKNOWN

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
        return forecast(read(account)[2], self._today(), until)

    def run_calendar(self, account: str) -> CalendarRun:
        """A query and a transaction a step, and one query more that finds nothing left."""
        taken = 0
        while self.books.change(account, lambda standing: next_step(standing, self._today())) is not None:
            taken += 1
        return CalendarRun(steps=taken, agenda_key=read(account)[1].agenda_key)


def _summary(own: AccountRow, standing: Standing) -> AccountSummary:
    return AccountSummary(
        account=own.account,
        label=own.label,
        address=own.address,
        balance_kopecks=standing.balance_kopecks,
        state=standing.shown_state,
    )


def _service(line: Line, standing: Standing, today: date, next_charge: NextCharge | None) -> Service:
    """A service is off with its account, except TV, which stays on to its paid end."""
    state = AccountState.ACTIVE if line.kind is ServiceKind.TV else standing.state
    planned = line.planned
    return Service(
        id=line.service,
        kind=line.kind,
        title=line.title,
        state=AccountState.SUSPENDED if line.paused and state is AccountState.ACTIVE else state,
        tariff=line.tariff,
        next_charge=next_charge,
        planned_change=PlannedChange(
            tariff=planned.tariff, on=planned.on, missing=missing_for(standing, planned.on, today)
        )
        if planned
        else None,
        suspension=Suspension(start=line.pause.start, end=line.pause.end, started=line.pause.started)
        if line.pause
        else None,
    )
