"""Which days may be suspended, counted against a plain count of days: no store."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from chalicelib.billing import SuspensionOffer
from chalicelib.billing.embedded import suspensions
from chalicelib.billing.embedded.standing import Line, PastPause, Pause, Standing
from chalicelib.billing.embedded.suspensions import Rules, Run
from chalicelib.errors import Rejected
from chalicelib.money import Kopecks
from tests.embedded import line, standing

RULES = Rules(
    shortest=7, longest=90, a_year=180, free=30, fee_per_day_kopecks=Kopecks(5_00), cooldown=7, ahead=60,
    from_today=False, resume_after=1,
)  # fmt: skip
TODAY, NEXT = date(2026, 11, 23), date(2026, 12, 10)
MINE = line("internet", 600_00, NEXT)
DAY = timedelta(days=1)


def past(start: date, count: int, service: str = "internet") -> PastPause:
    return PastPause(service=service, start=start, end=start + (count - 1) * DAY)


def account(own: Line = MINE, *pauses: PastPause, balance: int = 5000_00) -> Standing:
    return standing(balance, own, pauses=pauses)


def offer(who: Standing, run: Run | None = None, today: date = TODAY) -> SuspensionOffer:
    return suspensions.offer(who, who.lines[0], today, RULES, run)


def run(start: date, count: int) -> Run:
    return Run(start, start + (count - 1) * DAY)


def test_the_offer_names_the_limits() -> None:
    told = offer(account())
    assert (told.earliest, told.latest) == (TODAY + DAY, TODAY + 60 * DAY)
    assert (told.min_days, told.max_days, told.days_left_this_year, told.free_days_left) == (7, 90, 180, 30)


def test_days_of_another_service_and_another_year_do_not_count() -> None:
    used = account(MINE, past(date(2025, 12, 22), 20), past(date(2026, 3, 1), 10, "second"))
    assert offer(used).days_left_this_year == 180 - 10


def test_the_planned_days_count() -> None:
    pause = Pause(id="x", start=date(2026, 12, 25), end=date(2027, 1, 13))
    told = offer(account(MINE.model_copy(update={"pause": pause})))
    assert (told.code, told.days_left_this_year) == ("already_planned", 173)


@given(
    st.lists(st.tuples(st.dates(date(2026, 1, 1), date(2026, 8, 1)), st.integers(1, 90)), max_size=4),
    st.integers(1, 60),
    st.integers(7, 90),
)
def test_a_run_is_refused_exactly_when_a_year_has_too_few_days(
    before: list[tuple[date, int]], ahead: int, count: int
) -> None:
    asked = run(TODAY + ahead * DAY, count)
    code = offer(account(MINE, *(past(start, length) for start, length in before)), asked).code
    days = [start + n * DAY for start, length in before for n in range(length)]
    days += [asked.start + n * DAY for n in range(count)]
    too_many = any(sum(day.year == year for day in days) > RULES.a_year for year in {asked.start.year, asked.end.year})
    assert code == ("no_days_left" if too_many else None)


@pytest.mark.parametrize(("used", "count", "fee"), [(0, 30, 0), (0, 31, 5_00), (25, 10, 25_00), (30, 7, 35_00)])
def test_each_day_beyond_the_free_ones_has_its_fee(used: int, count: int, fee: int) -> None:
    pauses = (past(date(2026, 5, 1), used),) if used else ()
    assert offer(account(MINE, *pauses), run(TODAY + DAY, count)).fee_kopecks == fee


def test_each_year_has_its_own_free_days() -> None:
    used = account(MINE, past(date(2026, 5, 1), 30))
    # 10 days of December cost, 30 of January are free, 2 more are not
    assert offer(used, run(date(2026, 12, 22), 42)).fee_kopecks == 12 * 5_00


def test_the_first_day_with_room_is_offered_when_this_year_is_full() -> None:
    used = account(MINE, past(date(2026, 3, 1), 180))
    assert (offer(used).code, offer(used).earliest) == (None, date(2027, 1, 1))
    paid = account(line("internet", 600_00, date(2026, 10, 10)), past(date(2026, 3, 1), 180))
    none = offer(paid, today=date(2026, 10, 1))
    assert (none.code, none.available_from) == ("no_days_left", date(2027, 1, 1))


@pytest.mark.parametrize(("days_after", "code"), [(1, "cooldown"), (7, "cooldown"), (8, None)])
def test_seven_whole_days_pass_after_the_last_one(days_after: int, code: str | None) -> None:
    used = account(MINE, past(TODAY - (days_after + 6) * DAY, 7))
    assert offer(used).code == code


@pytest.mark.parametrize("start", [date.min, date(2026, 11, 22), date(9999, 12, 1)])
def test_dates_out_of_the_world_are_refused_and_nothing_breaks(start: date) -> None:
    told = offer(account(), Run(start, date.max))
    assert (told.code, told.refund_kopecks) == ("too_early", 0)


def test_the_fee_of_a_start_today_must_be_there() -> None:
    rules = Rules(**{**vars(RULES), "from_today": True, "free": 0})
    poor = account(MINE, balance=10_00)
    with pytest.raises(Rejected) as no:
        suspensions.plan(poor, MINE, run(TODAY, 7), None, "x", TODAY, rules)
    assert no.value.code == "debt"
