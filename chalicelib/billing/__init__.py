"""The billing port: what the portal asks of whoever keeps the accounts.

Signs: plus is the subscriber's money, minus is debt. Promised money is never part of a balance.
A decline is a value, a broken line is an exception from ``errors``.
"""

from collections.abc import Mapping
from datetime import date
from importlib import import_module
from typing import Any, Protocol

from chalicelib.billing.offers import (
    FIXES as FIXES,
    ChangeOutcome as ChangeOutcome,
    PromiseOffer as PromiseOffer,
    Start as Start,
    SuspensionOffer as SuspensionOffer,
    TariffChanged as TariffChanged,
    TariffOffer as TariffOffer,
    TariffStart as TariffStart,
)
from chalicelib.billing.values import (
    AccountState as AccountState,
    AccountSummary as AccountSummary,
    AccountView as AccountView,
    BillingPeriod as BillingPeriod,
    CalendarRun as CalendarRun,
    Coming as Coming,
    Due as Due,
    ForecastItem as ForecastItem,
    NextCharge as NextCharge,
    Operation as Operation,
    OperationKind as OperationKind,
    OperationsPage as OperationsPage,
    OperationsQuery as OperationsQuery,
    OperationTotals as OperationTotals,
    PlannedChange as PlannedChange,
    PostedPayment as PostedPayment,
    PostResult as PostResult,
    Promise as Promise,
    Runway as Runway,
    RunwayItem as RunwayItem,
    Service as Service,
    ServiceKind as ServiceKind,
    ServicePeriod as ServicePeriod,
    Suspension as Suspension,
    Tariff as Tariff,
)
from chalicelib.money import Kopecks


class BillingSystem(Protocol):
    def accounts(self, subscriber_id: str) -> tuple[AccountSummary, ...]:
        """Every account of a subscriber, in a stable order; empty if the billing knows none."""

    def owns(self, subscriber_id: str, account: str) -> bool:
        """Whether the account is this subscriber's; False for an account that does not exist."""

    def account(self, account: str) -> AccountView:
        """:raises NotFound: no such account."""

    def operations(self, account: str, query: OperationsQuery) -> OperationsPage:
        """Newest first. :raises InvalidRequest: a cursor that is not ours or belongs to another question."""

    def post_payment(self, account: str, amount_kopecks: Kopecks, external_id: str, source: str) -> PostResult:
        """Credit a payment once: idempotent by ``external_id``; ``source`` is its contra account (``gateway:...``).

        CONFLICT when the id was posted with another account or sum. UNKNOWN when it may have happened:
        ask ``find_payment``, then call again with the same id. :raises NotFound: no such account.
        """

    def find_payment(self, external_id: str) -> PostedPayment | None: ...

    def post_refund(
        self, account: str, amount_kopecks: Kopecks, external_id: str, source: str, operator: str, reason: str
    ) -> PostResult:
        """Take off the account what goes back to the payer, whatever the balance: idempotent by ``external_id``.

        The amount is positive. CONFLICT and UNKNOWN as for a payment; after UNKNOWN call again with the same id.
        :raises NotFound: no such account.
        """

    def reverse_refund(self, account: str, amount_kopecks: Kopecks, external_id: str, source: str) -> PostResult:
        """The refund of that id did not happen: its money is the account's again, once, as a record of its own.

        :raises NotFound: no such account.
        """

    def forecast(self, account: str, until: date, coming: Coming | None = None) -> tuple[ForecastItem, ...]:
        """What will happen to the balance by the end of ``until`` if nobody does anything but what is ``coming``."""

    def runway(self, account: str) -> Runway:
        """What the account lacks for uninterrupted service to the end of its next period. :raises NotFound:"""

    def hold_block(self, account: str, day: date) -> None:
        """Do not block the account on this day for want of money: a charge of its card is under way, and nobody knows
        its outcome. Repeatable. :raises NotFound:"""

    def run_calendar(self, account: str) -> CalendarRun:
        """Everything that the calendar owes this account by now: openings, suspensions, tariffs, oldest first.

        Late, twice, overlapped or killed between two steps: the next run goes on. A billing that keeps its own
        calendar has nothing to do. :raises NotFound: no such account.
        """

    def tariff_offers(self, account: str, service: str) -> tuple[TariffOffer, ...]:
        """Every tariff that the service may have, its own included; none for a service that is not internet.

        :raises NotFound: no such service.
        """

    def change_tariff(
        self,
        account: str,
        service: str,
        tariff: str,
        when: Start,
        expected_kopecks: Kopecks,
        expected_fee_kopecks: Kopecks | None = None,
    ) -> TariffChanged:
        """Apply now, or schedule for the next period. The same wish again is answered alike and changes nothing.

        ``expected_kopecks`` is what was shown as taken at once, ``expected_fee_kopecks`` as the fee of each period.

        :raises Rejected: a rule says no, or ``numbers_changed`` where the charge is no longer the expected one.
        """

    def cancel_tariff_change(self, account: str, service: str) -> None:
        """Drop a planned change; nothing planned, nothing done. :raises NotFound: no such service."""

    def promise_offer(self, account: str) -> PromiseOffer: ...

    def grant_promise(self, account: str, id: str, expected_kopecks: Kopecks) -> PromiseOffer:
        """Raise the limit under the portal's own id; idempotent by it, also when it is over. What was granted.

        :raises Rejected: a rule says no, or ``numbers_changed``. :raises OutcomeUnknown: ask again with the same id.
        """

    def revoke_promise(self, account: str, id: str) -> None:
        """The promise is over: the limit goes, and a debt blocks. Idempotent; another promise is left alone."""

    def suspension_offer(
        self, account: str, service: str, start: date | None = None, end: date | None = None
    ) -> SuspensionOffer:
        """With dates, also what those days would bring and cost, and whether they are allowed.

        :raises NotFound: no such service, or none that can be suspended.
        """

    def suspend(self, account: str, service: str, start: date, end: date, expected_kopecks: Kopecks | None) -> None:
        """Plan a suspension, or start it today where that is allowed. The same days again change nothing.

        :raises Rejected: a rule says no, or ``numbers_changed`` where the refund is not the expected one.
        """

    def resume(self, account: str, service: str) -> None:
        """Cancel a planned suspension, or end a running one today. Nothing to end, nothing done.

        :raises Rejected: ``too_early``.
        """

    def set_internet_password(self, account: str, service: str, password: str) -> None:
        """From now on the service signs in to the network with this one. Again is harmless; nothing gives it back.

        :raises NotFound: no such service, or none that has such a password.
        :raises OutcomeUnknown: this one or the one before: set it again.
        """


#: name -> "module:class"; the class takes the keyword arguments that bootstrap hands to every billing.
ADAPTERS: Mapping[str, str] = {
    "embedded": "chalicelib.billing.embedded:EmbeddedBilling",
}


def load(name: str, **ports: Any) -> BillingSystem:
    """:raises KeyError: no adapter of that name."""
    module, _, cls = ADAPTERS[name].partition(":")
    billing: BillingSystem = getattr(import_module(module), cls)(**ports)
    return billing
