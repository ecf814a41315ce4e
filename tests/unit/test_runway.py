"""The autopay sum: to the kopeck what keeps the account above nought to the end of its next period."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from chalicelib.billing import AccountState, Runway, ServiceKind
from chalicelib.billing.embedded.forecast import forecast
from chalicelib.billing.embedded.runway import runway
from chalicelib.billing.embedded.standing import Limit, Pause, Planned, Standing
from chalicelib.money import Kopecks
from tests.embedded import line, standing, tariff

TODAY, OPENING = date(2026, 11, 25), date(2026, 12, 10)


def account(balance: int, unpaid_from: date = OPENING, **more: Any) -> Standing:
    """Internet for 550 and a telephone for 150 a month, paid until 9 December; the next period ends on 9 January."""
    phone = line("phone", 150_00, unpaid_from, ServiceKind.TELEPHONY)
    return standing(balance, line("internet", 550_00, unpaid_from), phone, **more)


def made_of(found: Runway) -> list[tuple[str, int]]:
    return [(item.title, item.amount_kopecks) for item in found.items]


def test_it_is_the_example_of_the_screen() -> None:
    found = runway(account(160_00), TODAY)
    assert (found.period_start, found.period_end) == (OPENING, date(2027, 1, 9))
    assert found.missing_kopecks == 540_00
    assert made_of(found) == [("Интернет", -550_00), ("Телефон", -150_00)]


@pytest.mark.parametrize(("balance", "missing"), [(700_00, 0), (699_99, 1), (900_00, 0), (0, 700_00), (-50_00, 750_00)])
def test_to_the_kopeck_and_a_debt_is_in_it(balance: int, missing: int) -> None:
    assert runway(account(balance), TODAY).missing_kopecks == missing


def test_a_promise_is_no_money() -> None:
    promise = Limit(id="p", amount_kopecks=Kopecks(700_00), left_kopecks=Kopecks(700_00), taken_on=TODAY,
                    last_day=date(2026, 12, 20), payments_before=Kopecks(0))  # fmt: skip
    assert runway(account(0, promise=promise), TODAY).missing_kopecks == 700_00


def test_a_planned_tariff_is_followed_up_and_down() -> None:
    for fee, missing in ((900_00, 1050_00), (300_00, 450_00)):
        planned = Planned(tariff=tariff(fee, "new"), on=OPENING)
        internet = line("internet", 550_00, OPENING, planned=planned)
        found = runway(standing(0, internet, line("phone", 150_00, OPENING, ServiceKind.TELEPHONY)), TODAY)
        assert found.missing_kopecks == missing


def test_a_suspension_through_the_whole_period_costs_nothing() -> None:
    pause = Pause(id="a", start=date(2026, 12, 5), end=date(2027, 2, 10))
    found = runway(standing(0, line("internet", 550_00, OPENING, pause=pause)), TODAY)
    assert found.missing_kopecks == 0


def test_a_blocked_account_needs_the_rest_of_this_period_too() -> None:
    """25 November to 9 December: 15 of 30 days, half of 700; then the whole of the next period."""
    blocked = account(-10_00, TODAY, state=AccountState.FINANCIAL_BLOCK)
    assert runway(blocked, TODAY).missing_kopecks == 10_00 + 350_00 + 700_00


def test_an_account_without_services_lacks_nothing_but_its_debt() -> None:
    assert runway(standing(0), TODAY).missing_kopecks == 0
    assert runway(standing(-5_00), TODAY).missing_kopecks == 5_00


@given(
    balance=st.integers(-2000_00, 2000_00),
    fees=st.lists(st.integers(0, 1500_00), min_size=1, max_size=4),
    anchor=st.integers(1, 31),
    ahead=st.integers(0, 400),
)
def test_with_it_nothing_blocks_to_the_end_and_with_a_kopeck_less_something_does(
    balance: int, fees: list[int], anchor: int, ahead: int
) -> None:
    today = date(2026, 3, 1) + timedelta(days=ahead)
    from chalicelib.billing.embedded.periods import period_of

    unpaid = period_of(today, anchor).next_start
    lines = [line(f"s{n}", fee, unpaid, sort=n) for n, fee in enumerate(fees)]
    found = runway(standing(balance, *lines, anchor=anchor), today)

    def lowest(money: int) -> tuple[int, bool]:
        items = forecast(standing(money, *lines, anchor=anchor), today, found.period_end)
        blocked = any(item.kind == "financial_block" for item in items)
        return min([money, *(item.balance_after_kopecks for item in items)]), blocked

    least, blocked = lowest(balance + found.missing_kopecks)
    assert least >= 0
    assert not blocked
    if found.missing_kopecks:
        least, blocked = lowest(balance + found.missing_kopecks - 1)
        assert least < 0 or blocked
