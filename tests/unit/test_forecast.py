"""Openings to come, what is due and until when an account is paid: plain numbers, no store."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing import AccountState, Due, NextCharge, ServiceKind
from chalicelib.billing.embedded.forecast import forecast, outlook
from chalicelib.billing.embedded.openings import Recurring, Standing, first_day, plan
from chalicelib.money import Kopecks

INTERNET = Recurring("internet", ServiceKind.INTERNET, "Интернет", Kopecks(600_00))
PHONE = Recurring("phone", ServiceKind.TELEPHONY, "Телефон", Kopecks(150_00))
#: 30 days of the period that began on 10 November are paid.
PAID = Standing(
    account="1",
    state=AccountState.ACTIVE,
    balance_kopecks=Kopecks(0),
    promise_kopecks=Kopecks(0),
    anchor_day=10,
    opened_until=date(2026, 12, 10),
    recurring=(INTERNET, PHONE),
)
TODAY = date(2026, 11, 25)


def standing(balance: int, **changes: object) -> Standing:
    return replace(PAID, balance_kopecks=Kopecks(balance), **changes)  # type: ignore[arg-type]


def blocked(balance: int, opened_until: date) -> Standing:
    return standing(balance, state=AccountState.FINANCIAL_BLOCK, opened_until=opened_until)


def rows(account: Standing, until: date, today: date = TODAY) -> list[tuple[str, str, int, int]]:
    return [
        (str(item.on), item.kind, item.amount_kopecks, item.balance_after_kopecks)
        for item in forecast(account, today, until)
    ]


def test_each_opening_charges_every_service_and_the_balance_runs_leg_by_leg() -> None:
    assert rows(standing(1500_00), date(2027, 1, 10)) == [
        ("2026-12-10", "charge", -600_00, 900_00),
        ("2026-12-10", "charge", -150_00, 750_00),
        ("2027-01-10", "charge", -600_00, 150_00),
        ("2027-01-10", "charge", -150_00, 0),
    ]


def test_an_opening_that_is_not_covered_blocks_and_nothing_is_charged_any_more() -> None:
    assert rows(standing(1499_99), date(2027, 6, 1))[2:] == [("2027-01-10", "financial_block", 0, 749_99)]


def test_nothing_after_the_last_day_asked_for_is_shown() -> None:
    assert rows(standing(1500_00), date(2026, 12, 9)) == []


def test_a_promise_covers_an_opening_but_is_no_money() -> None:
    account = standing(500_00, promise_kopecks=Kopecks(250_00))
    assert rows(account, date(2026, 12, 31))[-1] == ("2026-12-10", "charge", -150_00, -250_00)
    assert outlook(account, TODAY).due == Due(amount_kopecks=Kopecks(250_00), by=date(2026, 12, 10))
    assert outlook(account, TODAY).paid_until == date(2027, 1, 9)


def test_due_is_what_the_next_opening_lacks_by_its_day() -> None:
    assert outlook(standing(535_63), TODAY).due == Due(amount_kopecks=Kopecks(214_37), by=date(2026, 12, 10))
    assert outlook(standing(750_00), TODAY).due == Due(amount_kopecks=Kopecks(0), by=date(2026, 12, 10))
    assert outlook(standing(-10_00), TODAY).due == Due(amount_kopecks=Kopecks(760_00), by=date(2026, 12, 10))


def test_paid_until_is_the_day_before_the_first_uncovered_opening() -> None:
    assert outlook(standing(749_99), TODAY).paid_until == date(2026, 12, 9)
    assert outlook(standing(750_00), TODAY).paid_until == date(2027, 1, 9)


def test_next_charge_is_told_per_service() -> None:
    assert outlook(standing(0), TODAY).next_charges == {
        "internet": NextCharge(on=date(2026, 12, 10), amount_kopecks=Kopecks(600_00)),
        "phone": NextCharge(on=date(2026, 12, 10), amount_kopecks=Kopecks(150_00)),
    }


def test_blocked_since_an_uncovered_opening_owes_the_rest_of_the_period_today() -> None:
    # 15 of 30 days are left on 25 November: 300.00 + 75.00, less 12.34 on the account
    account = blocked(12_34, opened_until=date(2026, 11, 10))
    assert outlook(account, TODAY).due == Due(amount_kopecks=Kopecks(362_66), by=TODAY)
    assert outlook(account, TODAY).paid_until is None
    assert outlook(account, TODAY).next_charges == {}


def test_blocked_with_the_period_paid_owes_the_debt_alone() -> None:
    account = blocked(-412_63, opened_until=date(2026, 12, 10))
    assert outlook(account, TODAY).due == Due(amount_kopecks=Kopecks(412_63), by=TODAY)
    assert forecast(account, TODAY, date(2027, 12, 31)) == ()


def test_a_blocked_account_that_is_covered_opens_today_by_days() -> None:
    account = blocked(375_00, opened_until=date(2026, 11, 10))
    assert rows(account, date(2026, 12, 31)) == [
        ("2026-11-25", "charge", -300_00, 75_00),
        ("2026-11-25", "charge", -75_00, 0),
        ("2026-12-10", "financial_block", 0, 0),
    ]


def test_a_late_opening_of_an_active_account_charges_the_whole_period_and_is_shown_today() -> None:
    account = standing(750_00, opened_until=date(2026, 11, 10))
    assert rows(account, TODAY) == [
        ("2026-11-25", "charge", -600_00, 150_00),
        ("2026-11-25", "charge", -150_00, 0),
    ]
    assert first_day(account, TODAY) == date(2026, 11, 10)


@pytest.mark.parametrize("state", [AccountState.SUSPENDED, AccountState.ADMIN_BLOCK])
def test_no_fee_accrues_in_a_state_that_stops_fees(state: AccountState) -> None:
    assert forecast(standing(9999_00, state=state), TODAY, date(2028, 1, 1)) == ()
    assert outlook(standing(0, state=state), TODAY).due is None
    assert outlook(standing(-5_00, state=state), TODAY).due == Due(amount_kopecks=Kopecks(5_00), by=TODAY)


def test_an_account_without_recurring_services_is_paid_for_ever_and_owes_its_debt_only() -> None:
    assert outlook(standing(0, recurring=()), TODAY) == outlook(standing(9, recurring=()), TODAY)
    assert outlook(standing(0, recurring=()), TODAY).due is None
    assert outlook(standing(-7, recurring=()), TODAY).due == Due(amount_kopecks=Kopecks(7), by=TODAY)


def test_money_beyond_the_horizon_has_no_end_in_sight() -> None:
    assert outlook(standing(10**12), TODAY).paid_until is None


def test_a_planned_opening_names_its_rule_formula_days_and_period() -> None:
    opening = plan(replace(PAID, opened_until=None), TODAY)
    assert opening is not None
    assert opening.external_id == "opening:1:2026-11-10"
    legs = opening.entry().legs
    assert [(leg.amount_kopecks, leg.rule, leg.formula, leg.contra) for leg in legs] == [
        (-300_00, "opening_by_days", "60000 * 15 / 30", "revenue:internet"),
        (-75_00, "opening_by_days", "15000 * 15 / 30", "revenue:telephony"),
    ]
    assert legs[0].period is not None
    assert (legs[0].period.start, legs[0].period.end) == (TODAY, date(2026, 12, 9))
    assert opening.entry().opened_until == date(2026, 12, 10)


def test_a_day_that_is_paid_for_is_not_opened_again() -> None:
    assert plan(PAID, date(2026, 12, 9)) is None
    assert plan(PAID, date(2026, 12, 10)) is not None


def test_a_fee_that_rounds_to_nothing_has_no_leg() -> None:
    kopeck = replace(INTERNET, fee_kopecks=Kopecks(1))
    opening = plan(replace(PAID, opened_until=None, recurring=(kopeck, PHONE)), date(2026, 12, 9))
    assert opening is not None
    assert [fee.service.service for fee in opening.fees] == ["phone"]


@given(st.integers(1, 31), st.integers(0, 10**7), st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_due_paid_until_and_forecast_tell_the_same_story(anchor: int, balance: int, today: date) -> None:
    account = standing(balance, anchor_day=anchor, opened_until=None)
    ahead, items = outlook(account, today), forecast(account, today, today + timedelta(days=3653))
    block = next((item for item in items if item.kind == "financial_block"), None)
    assert ahead.paid_until == (block.on - timedelta(days=1) if block else None)
    assert ahead.due is not None
    assert (ahead.due.amount_kopecks > 0) == (block is not None and block.on == ahead.due.by)
    assert all(item.balance_after_kopecks >= 0 for item in items)
