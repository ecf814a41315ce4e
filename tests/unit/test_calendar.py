"""Which of an account's days comes first, and for which it stands in the agenda."""

from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.billing import AccountState, ServiceKind
from chalicelib.billing.embedded.calendar import end_promise, next_day, next_step
from chalicelib.billing.embedded.standing import Limit, Pause, Standing
from chalicelib.money import Kopecks
from tests.embedded import line, standing

DAY = date(2026, 12, 10)
BEFORE = DAY - timedelta(days=1)


def kinds(standing: Standing, by: date) -> list[tuple[date, str]]:
    """The steps to the end of a day, in order."""
    found = []
    while (step := next_step(standing, by)) is not None:
        found.append((step.on, step.kind))
        standing = step.standing
    return found


def pausing(start: date, end: date, **more: Any) -> Standing:
    pause = Pause.model_validate({"id": "s", "start": start, "end": end, **more})
    return standing(10**6, line("internet", 600_00, DAY, pause=pause))


def promised(balance: int, **more: Any) -> Standing:
    limit = Limit(
        id="p",
        amount_kopecks=Kopecks(100_00),
        left_kopecks=Kopecks(100_00),
        taken_on=BEFORE,
        last_day=DAY,
        payments_before=Kopecks(7),
    )
    return standing(balance, promise=limit, **more)


def test_nothing_happens_before_its_day() -> None:
    assert next_step(standing(10**6, line("internet", 600_00, DAY)), BEFORE) is None
    assert next_day(standing(10**6, line("internet", 600_00, DAY))) == DAY


def test_a_day_is_done_once() -> None:
    assert kinds(standing(10**6, line("internet", 600_00, DAY)), DAY) == [(DAY, "charge")]


def test_days_that_are_late_are_done_oldest_first_each_at_its_own_date() -> None:
    later = kinds(standing(1200_00, line("internet", 600_00, DAY)), date(2027, 2, 28))
    assert later == [(DAY, "charge"), (date(2027, 1, 10), "charge"), (date(2027, 2, 10), "financial_block")]


def test_a_suspension_that_starts_on_the_day_of_an_opening_comes_before_it() -> None:
    assert kinds(pausing(DAY, DAY + timedelta(days=6)), DAY) == [(DAY, "suspension_start")]


def test_a_reminder_comes_three_days_before_the_end_and_once() -> None:
    end = DAY + timedelta(days=8)
    assert kinds(pausing(BEFORE, end), end + timedelta(days=1)) == [
        (BEFORE, "suspension_start"),
        (end - timedelta(days=2), "reminder"),
        (end + timedelta(days=1), "suspension_end"),
    ]


def test_a_suspension_too_short_for_a_reminder_has_none() -> None:
    end = BEFORE + timedelta(days=2)
    assert [kind for _, kind in kinds(pausing(BEFORE, end), end)] == ["suspension_start"]


def test_a_suspension_that_ends_on_the_day_of_an_opening_charges_that_day_once() -> None:
    running = pausing(DAY - timedelta(days=9), BEFORE, started=True, reminded=True)
    assert kinds(running, DAY) == [(DAY, "suspension_end")]


@pytest.mark.parametrize("state", [AccountState.FINANCIAL_BLOCK, AccountState.ADMIN_BLOCK])
def test_a_blocked_account_has_no_day_to_wait_for(state: AccountState) -> None:
    assert next_day(standing(10**6, line("internet", 600_00, DAY), state=state)) is None


def test_television_alone_has_no_opening() -> None:
    assert next_day(standing(0, line("tv", 249_00, DAY, ServiceKind.TV))) is None


def test_a_promise_that_ends_in_debt_blocks_and_one_that_was_repaid_does_not() -> None:
    over = end_promise(promised(-1), DAY + timedelta(days=1))
    assert (over.standing.state, over.standing.state_reason) == (AccountState.FINANCIAL_BLOCK, "promise_ended")
    assert [said.event for said in over.said] == ["blocked"]
    assert end_promise(promised(0), DAY).standing.state is AccountState.ACTIVE


def test_an_ended_promise_leaves_the_facts_for_the_rules_about_the_next_one() -> None:
    after = end_promise(promised(0), DAY).standing
    assert after.promise is None
    assert after.last_promise is not None
    assert (after.last_promise.amount_kopecks, after.last_promise.ended_on) == (100_00, DAY)
    assert after.last_promise.payments_before == 7


def test_only_the_forecast_ends_a_promise_by_itself() -> None:
    day_after = DAY + timedelta(days=1)
    assert next_step(promised(-1), day_after) is None
    step = next_step(promised(-1), day_after, promises=True)
    assert step is not None
    assert (step.on, step.kind) == (day_after, "promise_end")
