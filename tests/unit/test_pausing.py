"""A voluntary suspension on its days: what comes back, what is charged again, what is said."""

from datetime import date

from chalicelib.billing import AccountState, ServiceKind
from chalicelib.billing.embedded import pausing
from chalicelib.billing.embedded.standing import PastPause, Pause, Planned, Standing
from chalicelib.billing.embedded.steps import Step
from tests.embedded import line, standing, tariff

START, END, AFTER = date(2026, 11, 20), date(2026, 11, 29), date(2026, 11, 30)
NEXT = date(2026, 12, 10)


def suspended(balance: int, started: bool = False, unpaid_from: date = NEXT, **more: object) -> Standing:
    """Internet for 600 a month of 30 days, to be suspended for ten of them."""
    pause = Pause.model_validate({"id": "s", "start": START, "end": END, "started": started, **more})
    return standing(balance, line("internet", 600_00, unpaid_from, pause=pause))


def begun(standing: Standing, day: date = START) -> Step:
    return pausing.start(standing, standing.lines[0], day)


def ended(standing: Standing, day: date = AFTER) -> Step:
    return pausing.finish(standing, standing.lines[0], day)


def legs(step: Step) -> list[tuple[str, int, str | None]]:
    return [(leg.kind.value, leg.amount_kopecks, leg.formula) for entry in step.entries for leg in entry.legs]


def test_at_the_start_the_unused_days_come_back_as_a_correction_with_its_formula() -> None:
    step = begun(suspended(0))
    assert legs(step) == [("correction", 400_00, "60000 * 20 / 30")]
    assert step.standing.lines[0].unpaid_from == START
    assert step.standing.shown_state is AccountState.SUSPENDED
    assert [said.event for said in step.said] == ["suspension_started"]


def test_days_that_were_free_bring_nothing_back() -> None:
    free = standing(0, line("internet", 600_00, NEXT, free_until=NEXT, pause=Pause(id="s", start=START, end=END)))
    assert legs(begun(free)) == []
    step = ended(begun(free).standing)
    assert (legs(step), step.standing.lines[0].unpaid_from) == ([], NEXT)


def test_on_the_day_of_an_opening_nothing_was_paid_and_nothing_comes_back() -> None:
    step = begun(suspended(0, unpaid_from=START))
    assert (legs(step), step.standing.lines[0].unpaid_from) == ([], START)


def test_a_debt_or_a_block_drops_the_plan_and_says_so() -> None:
    in_debt = begun(suspended(-1))
    blocked = begun(suspended(0).model_copy(update={"state": AccountState.FINANCIAL_BLOCK}))
    for step in (in_debt, blocked):
        assert (step.kind, step.entries, step.standing.lines[0].pause) == ("suspension_dropped", (), None)
        assert [said.event for said in step.said] == ["suspension_dropped"]


def test_days_beyond_the_free_ones_are_charged_at_the_start_and_need_the_money() -> None:
    step = begun(suspended(50_00, fee_days=5, fee_per_day_kopecks=10_00))
    assert legs(step)[1] == ("charge", -50_00, "1000 * 5")
    assert begun(suspended(49_99, fee_days=5, fee_per_day_kopecks=10_00)).kind == "suspension_dropped"


def test_from_the_day_of_the_resumption_the_days_left_are_charged() -> None:
    step = ended(suspended(200_00, started=True, unpaid_from=START))
    assert legs(step) == [("charge", -200_00, "60000 * 10 / 30")]
    assert step.standing.lines[0].unpaid_from == NEXT
    assert step.standing.pauses == (PastPause(service="internet", start=START, end=END),)


def test_a_resumption_that_is_not_covered_blocks() -> None:
    step = ended(suspended(199_99, started=True, unpaid_from=START))
    assert (step.entries, step.standing.state) == ((), AccountState.FINANCIAL_BLOCK)
    assert (step.needed_kopecks, step.standing.lines[0].unpaid_from) == (200_00, AFTER)


def test_an_early_resumption_gives_back_the_fee_of_the_days_that_were_not_used() -> None:
    running = suspended(500_00, started=True, unpaid_from=START, fee_days=5, fee_per_day_kopecks=10_00)
    step = ended(running, date(2026, 11, 27))
    assert legs(step) == [("correction", 30_00, "1000 * 3"), ("charge", -260_00, "60000 * 13 / 30")]
    assert step.standing.pauses[0].end == date(2026, 11, 26)


def test_a_tariff_whose_day_came_during_the_suspension_takes_over_at_the_resumption() -> None:
    running = suspended(300_00, started=True, unpaid_from=START)
    planned = Planned(tariff=tariff(900_00, "new"), on=date(2026, 11, 25))
    plan = running.with_line(running.lines[0].model_copy(update={"planned": planned}))
    assert legs(ended(plan)) == [("charge", -300_00, "90000 * 10 / 30")]
    poor = ended(plan.model_copy(update={"balance_kopecks": 299_99}))
    assert legs(poor) == [("charge", -200_00, "60000 * 10 / 30")]
    assert [said.event for said in poor.said] == ["suspension_ended", "tariff_change_dropped"]


def test_what_was_suspended_longer_than_two_years_ago_is_forgotten() -> None:
    old = PastPause(service="internet", start=date(2024, 1, 1), end=date(2024, 1, 9))
    last_year = PastPause(service="internet", start=date(2025, 1, 1), end=date(2025, 1, 9))
    running = suspended(200_00, started=True, unpaid_from=START).model_copy(update={"pauses": (old, last_year)})
    assert ended(running).standing.pauses[0] == last_year


def test_other_services_go_on() -> None:
    both = suspended(0).model_copy(
        update={"lines": (*suspended(0).lines, line("phone", 150_00, NEXT, ServiceKind.TELEPHONY))}
    )
    assert begun(both).standing.lines[1] == both.lines[1]
    assert [each.service for each in begun(both).standing.charged] == ["phone"]
