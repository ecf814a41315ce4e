"""Billing periods: one month from the account's anchor day to the day before the next one. Pure."""

from calendar import monthrange
from datetime import date, timedelta

from chalicelib.billing import BillingPeriod


def _anchored(year: int, month: int, anchor_day: int) -> date:
    """The anchor's date in a month, 13 and 0 being the neighbours; a short month gives its last day."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(anchor_day, monthrange(year, month)[1]))


def period_of(day: date, anchor_day: int) -> BillingPeriod:
    """The period that a day lies in. Always counted from the anchor, so 31 does not drift to 28."""
    if not 1 <= anchor_day <= 31:
        raise ValueError("an anchor day is 1 to 31")
    start = _anchored(day.year, day.month, anchor_day)
    if start > day:
        start = _anchored(day.year, day.month - 1, anchor_day)
    next_start = _anchored(start.year, start.month + 1, anchor_day)
    return BillingPeriod(start=start, end=next_start - timedelta(days=1), next_start=next_start)
