"""The embedded billing: accounts, a ledger and prepaid months, on the portal's own store.

``EmbeddedBilling`` is the port over it. Where to look: ``standing`` is how an account stands, ``books`` the one way
to change it, ``calendar`` what the days do to it (``openings``, ``pausing``), ``forecast`` shows those days ahead;
``ledger`` posts money that has an id of its own, ``operations`` shows it, ``accounts`` is the provider's side,
``verify`` recomputes everything from the entries. What a subscriber may ask for: ``promises``, ``suspensions`` and
``tariffs`` (from the ``catalogue``); ``turns`` lets the calendar go first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from chalicelib.billing import (
    AccountSummary,
    AccountView,
    CalendarRun,
    Coming,
    ForecastItem,
    OperationKind,
    OperationsPage,
    OperationsQuery,
    PostedPayment,
    PostResult,
    PromiseOffer,
    Runway,
    Start,
    SuspensionOffer,
    TariffChanged,
    TariffOffer,
)
from chalicelib.billing.embedded import catalogue, operations, passwords, promises, suspensions, tariffs, turns, views
from chalicelib.billing.embedded.books import Books, Decide, read, standing_of
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.forecast import forecast, outlook
from chalicelib.billing.embedded.ledger import Ledger, Posted, find_external
from chalicelib.billing.embedded.periods import period_of
from chalicelib.billing.embedded.runway import runway
from chalicelib.billing.embedded.standing import Standing
from chalicelib.billing.embedded.steps import Step
from chalicelib.billing.embedded.tables import (
    AccountRow,
    BillingRow,
    HeadRow,
    MembershipRow,
    is_account,
    subscriber_key,
)
from chalicelib.billing.embedded.turns import line_of
from chalicelib.clock import Clock, from_text, local_date, to_text
from chalicelib.cloud import keys
from chalicelib.cloud.keys import Keys
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

    @cached_property
    def keys(self) -> Keys:
        return keys.load(self.settings.kms_key, self.settings.key_file)

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
            views.summary(own[number], standing_of(own[number], heads[number]))
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
            **views.summary(own, standing).model_dump(),
            subscriber_id=own.subscriber_id,
            state_reason=standing.state_reason,
            promised=views.promised(standing, today, self.settings.zone),
            available_kopecks=standing.available_on(today),
            period=period_of(today, standing.anchor_day),
            due=ahead.due,
            paid_until=ahead.paid_until,
            services=tuple(
                views.service(line, standing, today, ahead.next_charges.get(line.service)) for line in standing.lines
            ),
        )

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

    def post_refund(
        self, account: str, amount_kopecks: Kopecks, external_id: str, source: str, operator: str, reason: str
    ) -> PostResult:
        """A query and a transaction; a repeat takes two gets more."""
        leg = Leg(OperationKind.REFUND, Kopecks(-amount_kopecks), "Возврат платежа", contra=source)
        return self._refund(NewEntry(account, external_id, (leg,), operator, reason))

    def reverse_refund(self, account: str, amount_kopecks: Kopecks, external_id: str, source: str) -> PostResult:
        """A query and a transaction; a repeat takes two gets more."""
        leg = Leg(OperationKind.REFUND, amount_kopecks, "Возврат не состоялся", contra=source)
        return self._refund(NewEntry(account, f"{external_id}:back", (leg,)))

    def _refund(self, entry: NewEntry) -> PostResult:
        try:
            return _RESULTS[Ledger(self.books).post(entry)]
        except OutcomeUnknown:
            return PostResult.UNKNOWN

    def forecast(self, account: str, until: date, coming: Coming | None = None) -> tuple[ForecastItem, ...]:
        """One query. :raises NotFound: no such account."""
        return forecast(read(account)[2], self._today(), until, coming)

    def runway(self, account: str) -> Runway:
        """One query."""
        return runway(self._standing(account), self._today())

    def hold_block(self, account: str, day: date) -> None:
        """A transaction; a query if it stands so already."""
        self.books.change(account, lambda standing: Step(day, "hold", standing.model_copy(update={"held_on": day})))

    def run_calendar(self, account: str) -> CalendarRun:
        """A query and a transaction a step. If there is none, two queries: also what the agenda should hold."""
        taken = turns.run_calendar(self.books, account)
        return CalendarRun(steps=taken, agenda_key=None if taken else read(account)[1].agenda_key)

    def tariff_offers(self, account: str, service: str) -> tuple[TariffOffer, ...]:
        """One query and the catalogue's get."""
        standing, today = self._standing(account), self._today()
        return tariffs.offers(standing, line_of(standing, service), today, catalogue.load())

    def change_tariff(
        self,
        account: str,
        service: str,
        tariff: str,
        when: Start,
        expected_kopecks: Kopecks,
        expected_fee_kopecks: Kopecks | None = None,
    ) -> TariffChanged:
        """The catalogue's get, a query and a transaction."""
        wish = tariffs.Wish(tariff, when, expected_kopecks, expected_fee_kopecks, to_text(self.now()))
        offered, decided = catalogue.load(), list[TariffChanged]()

        def decide(standing: Standing) -> Step | None:
            change = tariffs.change(standing, line_of(standing, service), wish, self._today(), offered)
            decided.append(change.told)
            return change.step

        self._change(account, decide)
        return decided[-1]

    def cancel_tariff_change(self, account: str, service: str) -> None:
        """A query and a transaction; only the query if nothing is planned."""
        self._change(account, lambda standing: tariffs.cancel(standing, line_of(standing, service), self._today()))

    def promise_offer(self, account: str) -> PromiseOffer:
        """One query and the catalogue's get."""
        rules = promises.Rules.of(self.settings)
        return promises.offer(self._standing(account), self._today(), rules, catalogue.load())

    def grant_promise(self, account: str, id: str, expected_kopecks: Kopecks) -> PromiseOffer:
        """The catalogue's get, a query and a transaction; a repeat makes no transaction."""
        rules, offered, decided = promises.Rules.of(self.settings), catalogue.load(), list[PromiseOffer]()

        def decide(standing: Standing) -> Step | None:
            grant = promises.grant(standing, id, expected_kopecks, self._today(), rules, offered)
            decided.append(grant.granted)
            return grant.step

        self._change(account, decide)
        return decided[-1]

    def revoke_promise(self, account: str, id: str) -> None:
        """A query and a transaction; only the query if it is over."""
        self._change(account, lambda standing: promises.revoke(standing, id, self._today()))

    def suspension_offer(
        self, account: str, service: str, start: date | None = None, end: date | None = None
    ) -> SuspensionOffer:
        """One query."""
        run = suspensions.Run(start, end) if start is not None and end is not None else None
        standing, rules = self._standing(account), suspensions.Rules.of(self.settings)
        return suspensions.offer(standing, line_of(standing, service), self._today(), rules, run)

    def suspend(self, account: str, service: str, start: date, end: date, expected_kopecks: Kopecks | None) -> None:
        """A query and a transaction."""
        run, rules = suspensions.Run(start, end), suspensions.Rules.of(self.settings)
        id = f"{account}:{service}:{start.isoformat()}:{self.mark()[:8]}"

        def decide(standing: Standing) -> Step | None:
            line = line_of(standing, service)
            return suspensions.plan(standing, line, run, expected_kopecks, id, self._today(), rules)

        self._change(account, decide)

    def resume(self, account: str, service: str) -> None:
        """A query and a transaction; only the query if there is nothing to end."""
        rules = suspensions.Rules.of(self.settings)
        self._change(
            account,
            lambda standing: suspensions.resume(standing, line_of(standing, service), self._today(), rules),
        )

    def set_internet_password(self, account: str, service: str, password: str) -> None:
        """Two queries, a call for sealing and a transaction."""
        standing = read(account)[2]
        passwords.internet_line(standing, service)
        sealed = self.keys.encrypt(password, passwords.context(standing.subscriber_id, account, service))
        stamp = to_text(self.now()) + self.mark()[:8]
        self._change(account, lambda before: passwords.put(before, service, sealed, stamp, self._today()))

    def _standing(self, account: str) -> Standing:
        return turns.caught_up(read(account)[2], self._today())

    def _change(self, account: str, decide: Decide) -> None:
        turns.change(self.books, account, decide)
