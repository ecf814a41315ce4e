"""What an account lacks for its next period, by plain arithmetic: it lives ahead as if money were no object."""

import copy
from datetime import date

from tests.unit.plain_days import DAY, PlainDays, starts_a_period

ENOUGH = 10**12


def next_start(day: date, anchor: int) -> date:
    """The first day of the period after the one that this day lies in, by walking."""
    day += DAY
    while not starts_a_period(day, anchor):
        day += DAY
    return day


def lacking(plain: PlainDays, today: date) -> int:
    """To the end of the next period, of an account that is not blocked."""
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
