"""Billing periods of every anchor day, against arithmetic that shares nothing with the product's."""

from datetime import date, timedelta

import pytest

from chalicelib.billing.embedded.periods import period_of

FIRST, YEARS = 2023, 10


def _is_last_of_month(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def starts(anchor: int) -> list[date]:
    """Walks day by day: a period starts on the anchor's day, or on the last day of a month too short for it."""
    day, found = date(FIRST, 1, 1), []
    while day < date(FIRST + YEARS, 1, 1):
        if day.day == anchor or (day.day < anchor and _is_last_of_month(day)):
            found.append(day)
        day += timedelta(days=1)
    return found


@pytest.mark.parametrize("anchor", range(1, 32))
def test_every_day_of_ten_years_lies_in_the_period_of_its_anchor(anchor: int) -> None:
    expected = starts(anchor)
    assert len(expected) == 12 * YEARS
    for start, next_start in zip(expected, expected[1:], strict=False):
        for day in (start + timedelta(days=n) for n in range((next_start - start).days)):
            period = period_of(day, anchor)
            assert (period.start, period.next_start) == (start, next_start)
            assert period.end == next_start - timedelta(days=1)


def test_the_31st_stays_the_31st_after_february() -> None:
    assert period_of(date(2024, 2, 29), 31).next_start == date(2024, 3, 31)
    assert period_of(date(2025, 2, 28), 31).next_start == date(2025, 3, 31)
    assert period_of(date(2025, 2, 27), 31).start == date(2025, 1, 31)


@pytest.mark.parametrize("anchor", [0, 32, -1])
def test_an_anchor_is_a_day_of_a_month(anchor: int) -> None:
    with pytest.raises(ValueError):
        period_of(date(2026, 1, 1), anchor)
