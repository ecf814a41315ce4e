"""Time: aware UTC instants inside, whole days in the provider's zone for business.

A ``Clock`` is handed to whoever needs the time, so that tests and the local sandbox can move it.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


def to_text(instant: datetime) -> str:
    """Fixed width to the second, so that texts sort as instants do: ``2026-11-23T07:05:09Z``."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_text(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The business date of an instant: late evening in Moscow is still today although UTC agrees only by luck."""
    return instant.astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def last_instant(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a local day, in UTC."""
    return day_start(day_after(day), zone) - timedelta(seconds=1)


def day_after(day: date) -> date:
    return day + timedelta(days=1)
