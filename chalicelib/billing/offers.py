"""Offers before actions: what may be done, since when, what it costs, and why not."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from chalicelib.billing.values import Promise, Suspension, Tariff
from chalicelib.models import Instant, Value
from chalicelib.money import Kopecks


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
