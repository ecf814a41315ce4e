"""What the billing port speaks of: accounts, their services, operations, and what will happen to them."""

from datetime import date
from enum import StrEnum

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


class CalendarRun(Value):
    """How many steps were taken, which moved the account's agenda row; without any, the row that it should have."""

    steps: int
    agenda_key: str | None
