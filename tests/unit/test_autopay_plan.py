"""Announced a week before, charged three days before, never without three days' notice: ten years, every anchor."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib.billing.embedded.periods import period_of
from chalicelib.services.autopay_plan import NOTICE, Plan

MOSCOW, KAMCHATKA = ZoneInfo("Europe/Moscow"), ZoneInfo("Asia/Kamchatka")
D = date(2027, 1, 10)


def utc(month: int, day: int, hour: int, year: int = 2027) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def test_the_hours_are_the_providers() -> None:
    plan = Plan(D, MOSCOW)
    assert plan.announce_at == utc(1, 3, 7)
    assert list(plan.tries) == [utc(1, 7, 7), utc(1, 8, 7), utc(1, 9, 7), utc(1, 9, 17)]
    assert plan.ask_by_hand_at == utc(1, 9, 7)
    assert Plan(D, KAMCHATKA).announce_at == utc(1, 2, 22)


@pytest.mark.parametrize(
    ("noticed", "charged"),
    [
        (utc(1, 3, 7), utc(1, 7, 7)),
        (utc(1, 4, 7), utc(1, 7, 7)),
        (utc(1, 5, 12), utc(1, 8, 12)),
        (utc(1, 6, 17), utc(1, 9, 17)),
        (utc(1, 6, 18), None),
        (utc(1, 9, 7), None),
    ],
)
def test_a_late_notice_charges_late_or_not_at_all(noticed: datetime, charged: datetime | None) -> None:
    assert Plan(D, MOSCOW).first_charge(noticed) == charged


def test_a_soft_decline_is_tried_three_times_more() -> None:
    plan = Plan(D, MOSCOW)
    at, tries = plan.tries[0], []
    while (following := plan.next_try(at)) is not None:
        tries.append(at := following)
    assert tries == list(plan.tries[1:])
    assert plan.next_try(utc(1, 8, 8)) == utc(1, 9, 7)


@pytest.mark.parametrize("anchor", range(1, 32))
@pytest.mark.parametrize("zone", [MOSCOW, KAMCHATKA, ZoneInfo("America/New_York")], ids=str)
def test_ten_years_of_periods(anchor: int, zone: ZoneInfo) -> None:
    day, end, periods = date(2025, 12, 31), date(2036, 1, 1), 0
    while (start := period_of(day, anchor).next_start) < end:
        plan = Plan(start, zone)
        assert (
            plan.announce_at < plan.tries[0] < plan.last_at < datetime(start.year, start.month, start.day, tzinfo=zone)
        )
        assert plan.tries[0] - plan.announce_at >= NOTICE
        assert plan.announce_at.astimezone(zone).date() == start - timedelta(days=7)
        # the plan of one period is over before that of the next begins
        following = Plan(period_of(start, anchor).next_start, zone)
        assert plan.last_at < following.announce_at
        day, periods = start, periods + 1
    assert periods == 120
