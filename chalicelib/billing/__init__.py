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


class Service(Value):
    id: str
    kind: ServiceKind
    title: str
    state: AccountState
    tariff: Tariff
    next_charge: NextCharge | None = None
    #: no billing of this release plans a change or suspends
    planned_change: None = None
    suspension: None = None


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
    """One row on screen: a leg of a ledger entry, with the balance right after it."""

    id: str
    at: Instant
    kind: OperationKind
    amount_kopecks: Kopecks
    balance_after_kopecks: Kopecks
    title: str
    service: str | None = None
    period: ServicePeriod | None = None
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

    def forecast(self, account: str, until: date) -> tuple[ForecastItem, ...]:
        """What will happen to the balance by the end of ``until`` if nobody does anything."""


#: name -> "module:class"; the class takes the keyword arguments that bootstrap hands to every billing.
ADAPTERS: Mapping[str, str] = {
    "embedded": "chalicelib.billing.embedded:EmbeddedBilling",
}


def load(name: str, **ports: Any) -> BillingSystem:
    """:raises KeyError: no adapter of that name."""
    module, _, cls = ADAPTERS[name].partition(":")
    billing: BillingSystem = getattr(import_module(module), cls)(**ports)
    return billing
