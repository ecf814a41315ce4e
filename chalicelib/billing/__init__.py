"""The billing port: what the portal asks of whoever keeps the accounts.

Signs: plus is the subscriber's money, minus is debt. Promised money is never part of a balance.
A decline is a value, a broken line is an exception from ``errors``.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from importlib import import_module
from typing import Any, Protocol

from pydantic import Field

from chalicelib.models import Instant, Value
from chalicelib.money import Kopecks


class AccountState(StrEnum):
    ACTIVE = "active"
    FINANCIAL_BLOCK = "financial_block"
    SUSPENDED = "suspended"
    ADMIN_BLOCK = "admin_block"


class ServiceKind(StrEnum):
    INTERNET = "internet"
    TV = "tv"
    TELEPHONY = "telephony"
    ADDON = "addon"


class OperationKind(StrEnum):
    PAYMENT = "payment"
    CHARGE = "charge"
    REFUND = "refund"
    CORRECTION = "correction"


class PostResult(StrEnum):
    """What became of a payment that we asked the billing to post."""

    CREATED = "created"
    ALREADY = "already"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"


class AccountSummary(Value):
    account: str
    label: str
    address: str
    balance_kopecks: Kopecks
    state: AccountState


class Promise(Value):
    amount_kopecks: Kopecks
    until: Instant


class BillingPeriod(Value):
    """``end`` is the last day of the period, ``next_start`` the first day of the next one."""

    start: date
    end: date
    next_start: date


class Due(Value):
    amount_kopecks: Kopecks
    by: date


class Tariff(Value):
    id: str
    title: str
    fee_kopecks: Kopecks
    speed_mbps: int | None = None


class NextCharge(Value):
    on: date
    amount_kopecks: Kopecks


class PlannedChange(Value):
    """A tariff change to come; ``missing`` is what the balance lacks for it by that day, None if nothing."""

    tariff: Tariff
    on: date
    missing: Due | None = None


class Suspension(Value):
    """Local dates, both inclusive. ``started`` False: only planned."""

    start: date
    end: date
    started: bool


class Service(Value):
    id: str
    kind: ServiceKind
    title: str
    state: AccountState
    tariff: Tariff
    next_charge: NextCharge | None = None
    planned_change: PlannedChange | None = None
    suspension: Suspension | None = None


class AccountView(AccountSummary):
    #: whose account it is; for the portal's own check, never in an answer
    subscriber_id: str = Field(exclude=True)
    state_reason: str | None = None
    promised: Promise | None = None
    available_kopecks: Kopecks
    period: BillingPeriod
    due: Due | None = None
    paid_until: date | None = None
    services: tuple[Service, ...] = ()


class ServicePeriod(Value):
    start: date
    end: date


class Operation(Value):
    """One row on screen: a leg of a ledger entry, with the balance right after it.

    ``rule`` names why it was moved, ``formula`` how it was computed, in kopecks and days: ``65000 * 19 / 30``.
    """

    id: str
    at: Instant
    kind: OperationKind
    amount_kopecks: Kopecks
    balance_after_kopecks: Kopecks
    title: str
    service: str | None = None
    period: ServicePeriod | None = None
    rule: str | None = None
    formula: str | None = None
    external_id: str | None = None
    receipt_url: str | None = None


class OperationsQuery(Value):
    """Local dates, both inclusive. ``kind`` and ``service`` narrow the rows, never the totals."""

    date_from: date
    date_to: date
    kind: OperationKind | None = None
    service: str | None = None
    cursor: str | None = None
    limit: int = 50


class OperationTotals(Value):
    """Of the whole range: opening + payments + charges + other = closing; charges are negative."""

    opening_balance_kopecks: Kopecks
    payments_kopecks: Kopecks
    charges_kopecks: Kopecks
    other_kopecks: Kopecks
    closing_balance_kopecks: Kopecks


class OperationsPage(Value):
    items: tuple[Operation, ...]
    next_cursor: str | None
    totals: OperationTotals


class PostedPayment(Value):
    external_id: str
    account: str
    amount_kopecks: Kopecks
    at: Instant


class ForecastItem(Value):
    on: date
    kind: str
    amount_kopecks: Kopecks
    balance_after_kopecks: Kopecks
    title: str


class RunwayItem(Value):
    """One movement on the way: a charge is negative, what comes back is positive."""

    title: str
    amount_kopecks: Kopecks


class Runway(Value):
    """Whether the money lasts to the end of the next period, without top-ups, autopay and promises.

    ``missing_kopecks`` is what brings the lowest balance on the way to nought; 0 if nothing is missing.
    """

    period_start: date
    period_end: date
    missing_kopecks: Kopecks
    balance_kopecks: Kopecks
    items: tuple[RunwayItem, ...]


class Coming(Value):
    """A payment that will come by itself: the forecast counts on it."""

    on: date
    amount_kopecks: Kopecks


class Start(StrEnum):
    NOW = "now"
    NEXT_PERIOD = "next_period"


class TariffStart(Value):
    """One way to begin a tariff. ``charge_kopecks`` is taken at once; ``refund_kopecks`` says how much of the old
    tariff's fee is in it already. ``days_left`` of ``days_total`` are what the sums are computed from. ``code`` says
    why this way is closed where another one is open."""

    when: Start
    on: date
    allowed: bool = True
    code: str | None = None
    charge_kopecks: Kopecks
    refund_kopecks: Kopecks
    days_left: int
    days_total: int
    explanation: str


#: Code of a refusal -> what the subscriber can do about it; a code that is not here only takes time.
FIXES: Mapping[str, str] = {
    "debt": "pay",
    "debt_too_big": "pay",
    "no_payment_since": "pay",
    "not_enough_money": "pay",
    "promise_active": "repay_promise",
    "suspended": "resume",
    "planned_exists": "cancel_planned",
    "already_planned": "cancel_planned",
    "too_short": "other_days",
    "too_long": "other_days",
    "numbers_changed": "look_again",
}


class TariffOffer(Tariff):
    """``code`` says why it is not allowed, in the words of the rules; ``current`` is the one in use.

    ``fix`` is one of ``FIXES``.
    """

    current: bool
    allowed: bool
    code: str | None = None
    fix: str | None = None
    starts: tuple[TariffStart, ...] = ()


class ChangeOutcome(StrEnum):
    APPLIED = "applied"
    SCHEDULED = "scheduled"


class TariffChanged(Value):
    result: ChangeOutcome
    on: date


class PromiseOffer(Value):
    """What a promised payment would be now; without ``allowed`` the ``code`` says why, ``fix`` the way out.

    ``amount_kopecks`` is the limit that would be given; for ``debt_too_big`` what has to be paid first stands in
    ``pay_first_kopecks``. ``until`` is the last instant of its last day. ``active`` is what is left of the promise
    that stands, until it is repaid or revoked, even if its last day is over.
    """

    allowed: bool
    code: str | None = None
    available_from: date | None = None
    fix: str | None = None
    amount_kopecks: Kopecks
    pay_first_kopecks: Kopecks | None = None
    days: int
    fee_kopecks: Kopecks
    until: Instant
    active: Promise | None = None


class SuspensionOffer(Value):
    """Dates are local and inclusive; ``latest`` is the last day on which it may start. ``refund_kopecks`` comes back
    at the start if it starts on ``earliest``, or on the day that was asked about. ``fee_kopecks`` is the fee of the
    days that were asked about, None without them. The money is looked at on the day of the start."""

    allowed: bool
    code: str | None = None
    available_from: date | None = None
    fix: str | None = None
    earliest: date
    latest: date
    min_days: int
    max_days: int
    days_left_this_year: int
    free_days_left: int
    fee_per_day_kopecks: Kopecks
    refund_kopecks: Kopecks
    fee_kopecks: Kopecks | None = None
    money_checked_on: date
    keeps_charging: tuple[str, ...]
    current: Suspension | None = None


class CalendarRun(Value):
    """How many steps were taken, which moved the account's agenda row; without any, the row that it should have."""

    steps: int
    agenda_key: str | None


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
