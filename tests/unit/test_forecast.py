"""What the days ahead bring, what is due and until when an account is paid: plain numbers, no store."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from chalicelib.billing import AccountState, Due, NextCharge, ServiceKind
from chalicelib.billing.embedded.forecast import forecast, missing_for, outlook
from chalicelib.billing.embedded.standing import Limit, Pause, Planned, Standing
from chalicelib.money import Kopecks
from tests.embedded import line, standing, tariff

TODAY, OPENING = date(2026, 11, 25), date(2026, 12, 10)


def account(balance: int, unpaid_from: date = OPENING, **more: Any) -> Standing:
    """Internet for 600 and a telephone for 150 a month, paid until 9 December."""
    phone = line("phone", 150_00, unpaid_from, ServiceKind.TELEPHONY)
    return standing(balance, line("internet", 600_00, unpaid_from), phone, **more)


def blocked(balance: int, unpaid_from: date) -> Standing:
    return account(balance, unpaid_from, state=AccountState.FINANCIAL_BLOCK)


def due(kopecks: int, by: date) -> Due:
    return Due(amount_kopecks=Kopecks(kopecks), by=by)


def limit(kopecks: int, last_day: date) -> Limit:
    amount, before = Kopecks(kopecks), Kopecks(0)
    return Limit(
        id="p", amount_kopecks=amount, left_kopecks=amount, taken_on=TODAY, last_day=last_day, payments_before=before
    )


def rows(account: Standing, until: date, today: date = TODAY) -> list[tuple[str, str, int, int]]:
    return [
        (str(item.on), item.kind, item.amount_kopecks, item.balance_after_kopecks)
        for item in forecast(account, today, until)
    ]


def test_each_opening_charges_every_service_and_the_balance_runs_leg_by_leg() -> None:
    assert rows(account(1500_00), date(2027, 1, 10)) == [
        ("2026-12-10", "charge", -600_00, 900_00),
        ("2026-12-10", "charge", -150_00, 750_00),
        ("2027-01-10", "charge", -600_00, 150_00),
        ("2027-01-10", "charge", -150_00, 0),
    ]


def test_an_opening_that_is_not_covered_blocks_and_nothing_is_charged_any_more() -> None:
    assert rows(account(1499_99), date(2027, 6, 1))[2:] == [("2027-01-10", "financial_block", 0, 749_99)]


def test_nothing_after_the_last_day_asked_for_is_shown() -> None:
    assert rows(account(1500_00), date(2026, 12, 9)) == []


def test_a_promise_covers_an_opening_and_blocks_when_it_ends_in_debt() -> None:
    promised = account(500_00, promise=limit(250_00, date(2026, 12, 12)))
    assert rows(promised, date(2026, 12, 31))[1:] == [
        ("2026-12-10", "charge", -150_00, -250_00),
        ("2026-12-13", "promise_end", 0, -250_00),
        ("2026-12-13", "financial_block", 0, -250_00),
    ]
    assert outlook(promised, TODAY).due == due(250_00, OPENING)
    assert outlook(promised, TODAY).paid_until == date(2026, 12, 12)


def test_due_is_what_the_next_opening_lacks_by_its_day() -> None:
    assert outlook(account(535_63), TODAY).due == due(214_37, OPENING)
    assert outlook(account(750_00), TODAY).due == due(0, OPENING)
    assert outlook(account(-10_00), TODAY).due == due(760_00, OPENING)


def test_paid_until_is_the_day_before_the_first_uncovered_opening() -> None:
    assert outlook(account(749_99), TODAY).paid_until == date(2026, 12, 9)
    assert outlook(account(750_00), TODAY).paid_until == date(2027, 1, 9)


@pytest.mark.parametrize("balance", [0, 750_00])
def test_next_charge_is_told_per_service_whether_or_not_the_money_is_there(balance: int) -> None:
    assert outlook(account(balance), TODAY).next_charges == {
        "internet": NextCharge(on=OPENING, amount_kopecks=Kopecks(600_00)),
        "phone": NextCharge(on=OPENING, amount_kopecks=Kopecks(150_00)),
    }


def test_blocked_since_an_uncovered_opening_owes_the_rest_of_the_period_today() -> None:
    # 15 of 30 days are left on 25 November: 300.00 + 75.00, less 12.34 on the account
    ahead = outlook(blocked(12_34, date(2026, 11, 10)), TODAY)
    assert (ahead.due, ahead.paid_until, ahead.next_charges) == (due(362_66, TODAY), None, {})


def test_blocked_with_the_period_paid_owes_the_debt_alone() -> None:
    assert outlook(blocked(-412_63, OPENING), TODAY).due == due(412_63, TODAY)
    assert forecast(blocked(-412_63, OPENING), TODAY, date(2027, 12, 31)) == ()


def test_a_late_opening_of_an_active_account_charges_the_whole_period_and_is_shown_today() -> None:
    assert rows(account(750_00, date(2026, 11, 10)), TODAY) == [
        ("2026-11-25", "charge", -600_00, 150_00),
        ("2026-11-25", "charge", -150_00, 0),
    ]


def test_no_fee_accrues_in_an_administrative_block() -> None:
    assert forecast(account(9999_00, state=AccountState.ADMIN_BLOCK), TODAY, date(2028, 1, 1)) == ()
    assert outlook(account(0, state=AccountState.ADMIN_BLOCK), TODAY).due is None
    assert outlook(account(-5_00, state=AccountState.ADMIN_BLOCK), TODAY).due == due(5_00, TODAY)


def test_an_account_without_recurring_services_is_paid_for_ever_and_owes_its_debt_only() -> None:
    assert outlook(standing(0), TODAY).due is None
    assert outlook(standing(-7), TODAY).due == due(7, TODAY)
    assert outlook(standing(0, line("tv", 249_00, OPENING, ServiceKind.TV)), TODAY).paid_until is None


def test_money_beyond_the_horizon_has_no_end_in_sight() -> None:
    assert outlook(account(10**12), TODAY).paid_until is None


def test_a_planned_tariff_is_shown_and_says_what_it_lacks_by_its_day() -> None:
    planned = Planned(tariff=tariff(900_00, "new"), on=OPENING)
    dear = account(1049_99).with_line(line("internet", 600_00, OPENING, planned=planned))
    assert missing_for(dear, OPENING, TODAY) == due(1, OPENING)
    assert rows(dear, OPENING)[0] == ("2026-12-10", "tariff_change_dropped", 0, 1049_99)
    covered = dear.model_copy(update={"balance_kopecks": 1050_00})
    assert missing_for(covered, OPENING, TODAY) is None
    kinds = [row[1:3] for row in rows(covered, OPENING)]
    assert kinds == [("tariff_change", 0), ("charge", -900_00), ("charge", -150_00)]


def test_a_suspension_shows_its_start_its_return_its_end_and_what_is_charged_then() -> None:
    pause = Pause(id="s", start=date(2026, 11, 30), end=date(2026, 12, 4))
    one = standing(0, line("internet", 600_00, OPENING, pause=pause))
    assert rows(one, date(2026, 12, 9)) == [
        ("2026-11-30", "suspension_start", 0, 0),
        ("2026-11-30", "correction", 200_00, 200_00),
        ("2026-12-05", "suspension_end", 0, 200_00),
        ("2026-12-05", "charge", -100_00, 100_00),
    ]


@given(st.integers(1, 31), st.integers(0, 10**7), st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_due_paid_until_and_forecast_tell_the_same_story(anchor: int, balance: int, today: date) -> None:
    one = account(balance, today).model_copy(update={"anchor_day": anchor})
    ahead, items = outlook(one, today), forecast(one, today, today + timedelta(days=3653))
    block = next((item for item in items if item.kind == "financial_block"), None)
    assert ahead.paid_until == (block.on - timedelta(days=1) if block else None)
    assert ahead.due is not None
    assert (ahead.due.amount_kopecks > 0) == (block is not None and block.on == ahead.due.by)
    assert all(item.balance_after_kopecks >= 0 for item in items)
