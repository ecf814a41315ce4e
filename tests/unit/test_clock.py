"""Time: texts that sort as instants do, and business dates in the provider's zone."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from chalicelib.clock import day_after, day_start, from_text, local_date, to_text, utc_now

MOSCOW = ZoneInfo("Europe/Moscow")
ZONES = st.sampled_from([MOSCOW, ZoneInfo("Asia/Kamchatka"), ZoneInfo("America/New_York"), ZoneInfo("UTC")])
INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(9998, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(INSTANTS)
def test_an_instant_comes_back_from_its_text_to_the_second(instant: datetime) -> None:
    assert from_text(to_text(instant)) == instant.replace(microsecond=0)


@given(INSTANTS, INSTANTS)
def test_texts_sort_as_instants_do(one: datetime, other: datetime) -> None:
    one, other = one.replace(microsecond=0), other.replace(microsecond=0)
    assert (to_text(one) < to_text(other)) == (one < other)
    assert len(to_text(one)) == 20


def test_text_is_utc_whatever_the_zone_of_the_instant() -> None:
    there = datetime(2026, 11, 23, 10, 5, 9, tzinfo=timezone(timedelta(hours=3)))
    assert to_text(there) == "2026-11-23T07:05:09Z"


@pytest.mark.parametrize("text", ["2026-11-23", "2026-11-23T07:05:09", "2026-11-23T07:05:09+03:00", ""])
def test_a_text_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_text(text)


def test_late_evening_utc_is_tomorrow_in_moscow() -> None:
    assert local_date(datetime(2026, 12, 31, 20, 59, 59, tzinfo=UTC), MOSCOW) == date(2026, 12, 31)
    assert local_date(datetime(2026, 12, 31, 21, 0, tzinfo=UTC), MOSCOW) == date(2027, 1, 1)


@given(DAYS, ZONES)
def test_a_local_day_begins_where_the_one_before_ends(day: date, zone: ZoneInfo) -> None:
    start = day_start(day, zone)
    assert start.tzinfo is UTC
    assert local_date(start, zone) == day
    assert local_date(start - timedelta(microseconds=1), zone) == day - timedelta(days=1)


@given(DAYS)
def test_the_day_after_is_one_day_later(day: date) -> None:
    assert (day_after(day) - day).days == 1


def test_now_is_aware_utc() -> None:
    assert utc_now().tzinfo is UTC
