"""What the opening of a period asks for, charges and says: plain values, no store."""

from datetime import date

import pytest

from chalicelib.billing import AccountState, ServiceKind
from chalicelib.billing.embedded.openings import due_now, open_period, opening_of, unblock
from chalicelib.billing.embedded.standing import Limit, Planned, Standing
from chalicelib.billing.embedded.steps import Step
from chalicelib.money import Kopecks
from tests.embedded import line, standing, tariff

DAY = date(2026, 12, 10)
MIDDLE = date(2026, 11, 25)
INTERNET = line("internet", 600_00, DAY)
PHONE = line("phone", 150_00, DAY, ServiceKind.TELEPHONY)
#: Until 9 December is paid.
PAID = standing(0, INTERNET, PHONE)


def legs(step: Step | None) -> list[tuple[str | None, int]]:
    assert step is not None
    return [(leg.service, leg.amount_kopecks) for entry in step.entries for leg in entry.legs]


def planning(fee: int, balance: int) -> Standing:
    planned = Planned(tariff=tariff(fee, "new"), on=DAY)
    return standing(balance, INTERNET.model_copy(update={"planned": planned}), PHONE)


def blocked(balance: int, since: date) -> Standing:
    lines = (each.model_copy(update={"unpaid_from": since}) for each in PAID.lines)
    return standing(balance, *lines, state=AccountState.FINANCIAL_BLOCK, state_reason="not_enough_money")


def test_a_covered_opening_charges_every_service_in_one_entry() -> None:
    step = open_period(standing(750_00, INTERNET, PHONE), DAY)
    assert len(step.entries) == 1
    assert legs(step) == [("internet", -600_00), ("phone", -150_00)]
    assert step.standing.balance_kopecks == 0
    assert {each.unpaid_from for each in step.standing.lines} == {date(2027, 1, 10)}


def test_one_kopeck_short_charges_nothing_and_blocks() -> None:
    step = open_period(standing(749_99, INTERNET, PHONE), DAY)
    assert (step.entries, step.standing.state) == ((), AccountState.FINANCIAL_BLOCK)
    assert (step.standing.balance_kopecks, step.standing.state_reason) == (749_99, "not_enough_money")
    assert (step.needed_kopecks, [said.event for said in step.said]) == (750_00, ["blocked"])
    assert [leg.amount_kopecks for leg in step.refused] == [-600_00, -150_00]


@pytest.mark.parametrize(("last_day", "charged"), [(DAY, True), (date(2026, 12, 9), False)])
def test_a_promise_covers_an_opening_until_its_last_day_and_is_no_money(last_day: date, charged: bool) -> None:
    limit = Limit(
        id="p",
        amount_kopecks=Kopecks(250_00),
        left_kopecks=Kopecks(250_00),
        taken_on=date(2026, 12, 7),
        last_day=last_day,
        payments_before=Kopecks(0),
    )
    step = open_period(standing(500_00, INTERNET, PHONE, promise=limit), DAY)
    assert step.standing.balance_kopecks == (-250_00 if charged else 500_00)


def test_television_has_months_of_its_own() -> None:
    television = line("tv", 249_00, DAY, ServiceKind.TV)
    assert legs(open_period(standing(750_00, INTERNET, television, PHONE), DAY)) == [
        ("internet", -600_00),
        ("phone", -150_00),
    ]


def test_an_opening_names_its_rule_formula_days_and_period() -> None:
    opening = opening_of(PAID, PAID.lines, MIDDLE)
    assert opening.id == "opening:1:2026-11-25:internet"
    told = [(leg.amount_kopecks, leg.rule, leg.formula, leg.contra) for leg in opening.legs()]
    assert told == [
        (-300_00, "opening_by_days", "60000 * 15 / 30", "revenue:internet"),
        (-75_00, "opening_by_days", "15000 * 15 / 30", "revenue:telephony"),
    ]
    period = opening.legs()[0].period
    assert period is not None
    assert (period.start, period.end) == (MIDDLE, date(2026, 12, 9))
    assert {leg.rule for leg in opening_of(PAID, PAID.lines, DAY).legs()} == {"opening"}


def test_a_fee_that_rounds_to_nothing_has_no_leg_and_still_pays_its_days() -> None:
    step = open_period(standing(0, line("k", 1, date(2026, 12, 9))), date(2026, 12, 9))
    assert step.entries == ()
    assert step.standing.lines[0].unpaid_from == DAY


def test_a_planned_tariff_takes_over_at_the_opening() -> None:
    step = open_period(planning(900_00, 1050_00), DAY)
    changed = step.standing.lines[0]
    assert (changed.tariff.id, changed.planned, changed.changed_in) == ("new", None, DAY)
    assert legs(step)[0] == ("internet", -900_00)
    assert [said.event for said in step.said] == ["tariff_changed"]


def test_a_dearer_planned_tariff_without_the_money_is_dropped_and_the_old_one_goes_on() -> None:
    step = open_period(planning(900_00, 1049_99), DAY)
    assert (step.standing.lines[0].tariff.id, step.standing.lines[0].planned) == ("t", None)
    assert legs(step)[0] == ("internet", -600_00)
    assert ([said.event for said in step.said], step.needed_kopecks) == (["tariff_change_dropped"], 1050_00)


def test_a_cheaper_planned_tariff_takes_over_even_where_the_account_is_blocked() -> None:
    step = open_period(planning(400_00, 100_00), DAY)
    assert (step.standing.state, step.standing.lines[0].tariff.id) == (AccountState.FINANCIAL_BLOCK, "new")
    assert [said.event for said in step.said] == ["tariff_changed", "blocked"]


def test_forty_planned_tariffs_are_told_of_in_one_message() -> None:
    new = Planned(tariff=tariff(100_00, "new"), on=DAY)
    many = (line(f"s{number:02}", 150_00, DAY).model_copy(update={"planned": new}) for number in range(40))
    [said] = open_period(standing(4000_00, *many), DAY).said
    assert said.event == "tariff_changed"
    assert str(said.facts["tariff"]).count("new") == 40


def test_a_dearer_tariff_whose_day_came_during_a_block_is_dropped_when_the_block_is_lifted() -> None:
    planned = planning(900_00, 750_00).model_copy(update={"state": AccountState.FINANCIAL_BLOCK})
    assert due_now(planned, DAY).total_kopecks == 750_00
    step = unblock(planned, DAY)
    assert legs(step) == [("internet", -600_00), ("phone", -150_00)]
    assert step is not None
    assert [said.event for said in step.said] == ["tariff_change_dropped", "unblocked"]


def test_a_block_is_lifted_by_the_rest_of_the_period_and_the_debt_by_days() -> None:
    assert unblock(blocked(374_99, date(2026, 11, 10)), MIDDLE) is None
    step = unblock(blocked(375_00, date(2026, 11, 10)), MIDDLE)
    assert legs(step) == [("internet", -300_00), ("phone", -75_00)]
    assert step is not None
    assert (step.standing.state, step.standing.state_reason) == (AccountState.ACTIVE, None)
    assert {each.unpaid_from for each in step.standing.lines} == {DAY}


def test_a_block_within_a_paid_period_is_lifted_by_the_debt_alone() -> None:
    assert unblock(blocked(-1, DAY), MIDDLE) is None
    assert legs(unblock(blocked(0, DAY), MIDDLE)) == []


def test_only_a_financial_block_is_lifted_by_money() -> None:
    assert unblock(standing(10**6, INTERNET, state=AccountState.ADMIN_BLOCK), DAY) is None
    assert unblock(standing(10**6, INTERNET), DAY) is None
