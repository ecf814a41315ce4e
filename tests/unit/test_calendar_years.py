"""Ten years of days for every anchor, against plain arithmetic; and the forecast against the days that come."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from chalicelib.billing import AccountState, OperationKind
from chalicelib.billing.embedded.calendar import next_step
from chalicelib.billing.embedded.entries import Leg
from chalicelib.billing.embedded.forecast import forecast
from chalicelib.billing.embedded.periods import period_of
from chalicelib.billing.embedded.standing import Limit, Pause, Planned, Standing
from chalicelib.money import Kopecks
from tests.embedded import tariff
from tests.unit.driven_days import FEES, FIRST, TARIFFS, TEN_YEARS, Account
from tests.unit.plain_days import PlainDays, days, starts_a_period


def wishes(luck: Random, day: date, plain: PlainDays, account: Account, number: int) -> None:
    """What people do at noon, to both alike: money, calls, a tariff for the next period, a suspension."""
    if luck.random() < 0.045:
        amount = luck.choice((luck.randint(1, 400_00), luck.randint(500_00, 2500_00)))
        plain.money(day, amount)
        account.money(day, amount)
    if luck.random() < 0.02:
        call = -luck.randint(1, 150_00)
        plain.money(day, call)
        account.money(day, call)
    idle = not plain.blocked and plain.pause is None
    if idle and plain.plan is None and luck.random() < 0.01:
        on, fee = period_of(day, plain.anchor).next_start, luck.choice(TARIFFS)
        plain.plan = (on, fee)
        account.internet(planned=Planned(tariff=tariff(fee, f"t{fee}"), on=on))
    if idle and luck.random() < 0.012:
        start = day + timedelta(days=luck.randint(1, 30))
        end = start + timedelta(days=luck.randint(6, 89))
        plain.pause = (start, end)
        account.internet(pause=Pause(id=f"s{number}", start=start, end=end))


@pytest.mark.parametrize("anchor", range(1, 32))
def test_ten_years_of_days_bring_what_plain_arithmetic_says(anchor: int) -> None:
    luck = Random(anchor)
    plain, account = PlainDays(anchor, 1500_00, dict(FEES)), Account.opened(anchor, 1500_00)
    for number, day in enumerate(days(FIRST, TEN_YEARS)):
        plain.midnight(day)
        account.midnight(day)
        wishes(luck, day, plain, account, number)
        blocked = account.standing.state is AccountState.FINANCIAL_BLOCK
        assert (account.standing.balance_kopecks, blocked) == (plain.balance, plain.blocked), day
    assert account.moves == plain.moves
    no_fee_for_suspended_days(account.legs, plain.suspended)
    no_period_costs_more_than_its_fee(account.legs, anchor)
    # the years had everything in them
    rules = {leg.rule for _, leg in account.legs}
    assert {"opening", "opening_by_days", "suspension_return", "resumption_by_days"} <= rules
    assert len(plain.suspended) > 200


def no_fee_for_suspended_days(legs: list[tuple[date, Leg]], suspended: set[date]) -> None:
    """Every day that is charged is charged once, less what came back; none of them was suspended."""
    charged: set[date] = set()
    for _, leg in legs:
        if leg.service != "internet" or leg.period is None:
            continue
        span = set(days(leg.period.start, (leg.period.end - leg.period.start).days + 1))
        if leg.kind is OperationKind.CHARGE:
            assert not span & charged
            charged |= span
        else:
            assert span <= charged
            charged -= span
    assert not charged & suspended


def no_period_costs_more_than_its_fee(legs: Iterable[tuple[date, Leg]], anchor: int) -> None:
    """Each part by days is off by half a kopeck at most, so k parts together by k/2 and never more."""
    periods: dict[tuple[str, date], list[Leg]] = defaultdict(list)
    for _, leg in legs:
        assert leg.period is not None
        periods[leg.service or "", period_of(leg.period.start, anchor).start].append(leg)
    for found in periods.values():
        fee = max(int((leg.formula or "").split(" ")[0]) for leg in found)
        assert -sum(leg.amount_kopecks for leg in found) <= fee + len(found) / 2


@pytest.mark.parametrize("anchor", range(1, 32))
def test_with_enough_money_there_is_exactly_one_opening_a_period(anchor: int) -> None:
    account = Account.opened(anchor, 10**9)
    for day in days(FIRST, TEN_YEARS):
        account.midnight(day)
    opened = [day for day, leg in account.legs if leg.service == "internet"]
    starts = [day for day in days(FIRST, TEN_YEARS) if day > FIRST and starts_a_period(day, anchor)]
    assert opened == [FIRST, *starts]


@pytest.mark.parametrize("anchor", [1, 29, 31])
def test_days_that_are_done_late_all_at_once_bring_the_same(anchor: int) -> None:
    punctual, late = Account.opened(anchor, 10**9), Account.opened(anchor, 10**9)
    for day in days(FIRST, TEN_YEARS):
        punctual.midnight(day)
        if day.day % 11 == 0:
            late.midnight(day)
    late.midnight(day)
    assert late.legs == punctual.legs
    assert late.standing == punctual.standing


@st.composite
def standings(draw: st.DrawFn) -> tuple[Standing, date]:
    """Any account whose days so far are done, with or without a plan, a suspension and a promise ahead."""
    anchor, today = draw(st.integers(1, 31)), draw(st.dates(date(2024, 1, 1), date(2030, 1, 1)))
    account = Account.opened(anchor, draw(st.integers(0, 5000_00)), today)
    account.midnight(today)
    if draw(st.booleans()):
        on = period_of(today, anchor).next_start
        account.internet(planned=Planned(tariff=tariff(draw(st.integers(1, 2000_00)), "new"), on=on))
    if draw(st.booleans()):
        start = today + timedelta(days=draw(st.integers(1, 60)))
        end = start + timedelta(days=draw(st.integers(6, 89)))
        account.internet(pause=Pause(id="s", start=start, end=end))
    if draw(st.booleans()):
        amount, last_day = Kopecks(draw(st.integers(1, 900_00))), today + timedelta(days=draw(st.integers(0, 3)))
        limit = Limit(
            id="p", amount_kopecks=amount, left_kopecks=amount, taken_on=today, last_day=last_day,
            payments_before=Kopecks(0),
        )  # fmt: skip
        account.standing = account.standing.model_copy(update={"promise": limit})
    return account.standing, today


@settings(deadline=None, max_examples=150)
@given(standings(), st.integers(0, 500))
def test_the_days_that_come_bring_exactly_what_the_forecast_said(given: tuple[Standing, date], ahead: int) -> None:
    account, today = given
    told = [
        (item.on, item.kind, item.amount_kopecks, item.balance_after_kopecks)
        for item in forecast(account, today, today + timedelta(days=ahead))
        if item.amount_kopecks or item.kind == "financial_block"
    ]
    came = []
    for day in days(today, ahead + 1):
        while (step := next_step(account, day, promises=True)) is not None:
            balance = account.balance_kopecks
            for leg in (leg for entry in step.entries for leg in entry.legs):
                balance = Kopecks(balance + leg.amount_kopecks)
                came.append((day, leg.kind.value, leg.amount_kopecks, balance))
            if account.state is AccountState.ACTIVE and step.standing.state is AccountState.FINANCIAL_BLOCK:
                came.append((day, "financial_block", Kopecks(0), balance))
            account = step.standing
    assert came == told
