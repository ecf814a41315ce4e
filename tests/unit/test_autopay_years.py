"""Ten years of autopay for every anchor, without a store, against plain arithmetic that shares nothing with it."""

import copy
from datetime import date, timedelta
from random import Random

import pytest

from chalicelib.billing import AccountState
from chalicelib.billing.embedded.periods import period_of
from chalicelib.billing.embedded.runway import runway
from chalicelib.billing.embedded.standing import Pause, Planned
from chalicelib.money import Kopecks
from tests.embedded import tariff
from tests.unit.driven_days import FEES, FIRST, TARIFFS, Account
from tests.unit.plain_days import DAY, PlainDays, days, starts_a_period

#: Days before the period.
NOTICE, CHARGE, BY_HAND = 7, 3, 1
ENOUGH = 10**12


def next_start(day: date, anchor: int) -> date:
    """By walking."""
    day += DAY
    while not starts_a_period(day, anchor):
        day += DAY
    return day


def lacking(plain: PlainDays, today: date) -> int:
    """What the account lacks to the end of its next period: lived ahead as if money were no object."""
    ahead, seen = copy.deepcopy(plain), len(plain.moves)
    ahead.balance += ENOUGH
    end, day = next_start(next_start(today, plain.anchor), plain.anchor), today + DAY
    while day < end:
        ahead.midnight(day)
        day += DAY
    lowest = running = plain.balance
    for _, _, amount in ahead.moves[seen:]:
        running += amount
        lowest = min(lowest, running)
    return max(0, -lowest)


def happening(luck: Random, day: date, plain: PlainDays, account: Account) -> str:
    """Between the notice and the charge; the same to both."""
    event = luck.choice(["nothing", "nothing", "top-up", "call", "tariff", "suspension"])
    if event == "top-up":
        amount = luck.choice([1, luck.randint(1, 400_00), 1500_00])
        plain.money(day, amount)
        account.money(day, amount)
    if event == "call" and plain.pause is None:
        call = -luck.randint(1, 150_00)
        plain.money(day, call)
        account.money(day, call)
    idle = plain.pause is None and plain.plan is None
    if event == "tariff" and idle:
        on, fee = period_of(day, plain.anchor).next_start, luck.choice(TARIFFS)
        plain.plan = (on, fee)
        account.internet(planned=Planned(tariff=tariff(fee, f"t{fee}"), on=on))
    if event == "suspension" and idle and plain.balance >= 0:
        start = day + timedelta(days=luck.randint(1, 12))
        end = start + timedelta(days=luck.randint(6, 60))
        plain.pause = (start, end)
        account.internet(pause=Pause(id=f"{day}", start=start, end=end))
    return event


@pytest.mark.parametrize("anchor", range(1, 32))
def test_ten_years_of_announced_sums_keep_the_account_open(anchor: int) -> None:
    luck, opening = Random(f"autopay {anchor}"), 1500_00
    plain, account = PlainDays(anchor, opening, dict(FEES)), Account.opened(anchor, opening)
    announced, charged, asked = 0, 0, 0
    for day in days(FIRST, 3653):
        plain.midnight(day)
        account.midnight(day)
        assert account.standing.state is not AccountState.FINANCIAL_BLOCK, day
        left = (next_start(day, anchor) - day).days
        if left in {NOTICE, CHARGE, BY_HAND}:
            missing = runway(account.standing, day).missing_kopecks
            assert missing == lacking(plain, day), (day, left)
            # at the notice it is said, three days before it is charged and no more than was said, then it is asked for
            amount = {NOTICE: 0, CHARGE: min(announced, missing), BY_HAND: missing}[left]
            announced = missing if left == NOTICE else announced
            charged, asked = charged + (left == CHARGE and amount > 0), asked + (left == BY_HAND and amount > 0)
            if amount:
                plain.money(day, amount)
                account.money(day, Kopecks(amount))
            if left == CHARGE and amount and missing <= announced:
                assert runway(account.standing, day).missing_kopecks == 0
        if left == NOTICE - 2:
            happening(luck, day, plain, account)
    # the years had everything in them
    assert charged > 40
    assert asked > 5
