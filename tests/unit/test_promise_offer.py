"""What a promised payment would be: plain values, no store."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from chalicelib.billing import AccountState, PromiseOffer, ServiceKind
from chalicelib.billing.embedded import promises
from chalicelib.billing.embedded.catalogue import Catalogue
from chalicelib.billing.embedded.promises import Rules
from chalicelib.billing.embedded.standing import EndedLimit, Limit, Pause, Planned, Standing
from chalicelib.errors import Rejected
from chalicelib.money import Kopecks
from tests.embedded import line, standing, tariff

RULES = Rules(days=3, percent=100, debt_percent=100, cooldown_days=28, contract_days=30, zone=ZoneInfo("Europe/Moscow"))
#: Periods begin on the 10th; the one of 10 November is unpaid.
TODAY = date(2026, 11, 25)
UNPAID, PAID = date(2026, 11, 10), date(2026, 12, 10)
PHONE = line("phone", 150_00, UNPAID, ServiceKind.TELEPHONY)


def blocked(balance: int = 0, **more: Any) -> Standing:
    lines = line("internet", 600_00, UNPAID), PHONE
    given: dict[str, Any] = {"state": AccountState.FINANCIAL_BLOCK, "payments_kopecks": 5000_00, **more}
    return standing(balance, *lines, **given)


def active(balance: int, **more: Any) -> Standing:
    return standing(balance, line("internet", 600_00, PAID), **{"payments_kopecks": 5000_00, **more})


def offer(account: Standing, today: date = TODAY, rules: Rules = RULES) -> PromiseOffer:
    return promises.offer(account, today, rules, Catalogue())


def ended(on: date, amount: int = 300_00, payments_before: int = 0) -> EndedLimit:
    return EndedLimit(id="p", amount_kopecks=Kopecks(amount), ended_on=on, payments_before=Kopecks(payments_before))


def limit(last_day: date) -> Limit:
    sum_ = Kopecks(100_00)
    return Limit(
        id="p", amount_kopecks=sum_, left_kopecks=sum_, taken_on=TODAY, last_day=last_day, payments_before=Kopecks(0)
    )


@pytest.mark.parametrize(
    ("balance", "amount"),
    [(0, 375_00), (375_00 - 1, 1_00), (-100_00, 475_00), (-375_00, 750_00), (12_34, 363_00)],
)
def test_a_blocked_account_lacks_the_rest_of_the_period_and_its_debt(balance: int, amount: int) -> None:
    """15 of 30 days of 750 ₽ are 375 ₽, rounded up to the rouble."""
    assert (offer(blocked(balance)).amount_kopecks, offer(blocked(balance)).code) == (amount, None)


def test_the_largest_sum_is_a_month_and_the_rounding_does_not_count_against_it() -> None:
    account = standing(
        0, line("internet", 549_90, PAID), state=AccountState.ACTIVE, payments_kopecks=1, contract_on=date(2025, 1, 1)
    )
    told = offer(account, date(2026, 12, 9))
    assert (told.allowed, told.amount_kopecks) == (True, 550_00)


def test_one_kopeck_over_the_largest_sum_has_a_rouble_to_be_paid_first() -> None:
    told = offer(blocked(-375_01))
    assert (told.code, told.pay_first_kopecks, told.fix) == ("debt_too_big", 1_00, "pay")


def test_a_debt_over_its_limit_is_refused_although_the_need_is_not() -> None:
    told = offer(blocked(-100_00), rules=replace(RULES, debt_percent=10))
    assert (told.code, told.pay_first_kopecks) == ("debt_too_big", 25_00)


@given(st.integers(0, 3000_00), st.integers(1, 300), st.integers(0, 300), st.dates(date(2026, 11, 10), PAID))
def test_what_is_to_be_paid_first_makes_it_possible(debt: int, percent: int, of_debt: int, today: date) -> None:
    rules = replace(RULES, percent=percent, debt_percent=of_debt)
    told = offer(blocked(-debt), today, rules)
    if told.pay_first_kopecks:
        after = offer(blocked(-debt + told.pay_first_kopecks), today, rules)
        assert after.code in {None, "not_needed"}


@pytest.mark.parametrize(("days_before", "code"), [(0, None), (3, None), (4, "not_needed"), (20, "not_needed")])
def test_an_active_account_may_have_one_that_reaches_the_next_opening(days_before: int, code: str | None) -> None:
    told = offer(active(100_00), PAID - timedelta(days=days_before))
    assert (told.code, told.amount_kopecks) == (code, 500_00)
    assert told.available_from == (date(2026, 12, 7) if code else None)


def test_it_does_not_pay_for_a_dearer_tariff_that_is_planned() -> None:
    planned = line("internet", 600_00, PAID, planned=Planned(tariff=tariff(900_00, "big"), on=PAID))
    account = standing(600_00, planned, payments_kopecks=1)
    assert offer(account, PAID - timedelta(days=1)).code == "not_needed"


def test_a_cheaper_tariff_that_is_planned_needs_less() -> None:
    planned = line("internet", 600_00, PAID, planned=Planned(tariff=tariff(400_00, "small"), on=PAID))
    assert offer(standing(0, planned, payments_kopecks=1), PAID).amount_kopecks == 400_00


def test_it_lasts_to_the_end_of_the_third_day() -> None:
    until = offer(blocked()).until.astimezone(RULES.zone)
    assert f"{until:%Y-%m-%d %H:%M:%S}" == "2026-11-28 23:59:59"


def test_the_date_that_is_told_is_the_one_on_which_every_rule_allows_it() -> None:
    account = blocked(contract_on=date(2026, 11, 1), last_promise=ended(date(2026, 11, 20)))
    told = offer(account)
    assert (told.code, told.available_from) == ("contract_too_young", date(2026, 12, 18))
    assert offer(account, date(2026, 12, 18)).code not in {"contract_too_young", "cooldown"}


@pytest.mark.parametrize(("payments", "code"), [(5299_99, "no_payment_since"), (5300_00, None)])
def test_a_payment_of_the_last_promise_is_counted_from_its_taking(payments: int, code: str | None) -> None:
    last = ended(date(2026, 10, 1), 300_00, 5000_00)
    assert offer(blocked(payments_kopecks=payments, last_promise=last)).code == code


SUSPENDED = Pause(id="x", start=TODAY, end=PAID, started=True)
#: Worst first: with all of them at once the first is told; each next one when those before are gone.
REASONS: list[tuple[str, dict[str, object]]] = [
    ("already_active", {"promise": limit(TODAY)}),
    ("not_offered", {"state": AccountState.ADMIN_BLOCK}),
    ("suspended", {"lines": (line("internet", 600_00, TODAY, pause=SUSPENDED), PHONE)}),
    ("contract_too_young", {"contract_on": TODAY}),
    ("cooldown", {"last_promise": ended(TODAY, payments_before=5000_00)}),
    ("no_payment_since", {"payments_kopecks": 0, "last_promise": None}),
]


@pytest.mark.parametrize("number", range(len(REASONS)))
def test_of_several_reasons_the_one_that_lasts_is_told(number: int) -> None:
    given: dict[str, object] = {}
    for _, reason in reversed(REASONS[number:]):
        given.update(reason)
    assert offer(blocked().model_copy(update=given)).code == REASONS[number][0]


@pytest.mark.parametrize("last_day", [TODAY, TODAY - timedelta(days=2)])
def test_one_that_nobody_has_ended_still_stands(last_day: date) -> None:
    told = offer(blocked(promise=limit(last_day)))
    assert told.code == "already_active"
    assert told.active is not None


def test_nothing_is_given_where_the_provider_gives_nothing() -> None:
    assert offer(blocked(), rules=replace(RULES, percent=0)).code == "not_offered"
    assert offer(standing(0, payments_kopecks=1)).code == "not_offered"


def test_the_same_id_is_granted_once_even_when_it_is_over() -> None:
    def grant(account: Standing) -> promises.Decision:
        return promises.grant(account, "p", Kopecks(375_00), TODAY, RULES, Catalogue())

    first = grant(blocked())
    assert first.step is not None
    again = grant(first.step.standing)
    over = grant(first.step.standing.without_promise(TODAY))
    assert (again.step, over.step) == (None, None)
    assert {one.granted.amount_kopecks for one in (first, again, over)} == {375_00}


def test_a_grant_that_covers_opens_the_period_and_moves_no_other_money() -> None:
    step = promises.grant(blocked(), "p", Kopecks(375_00), TODAY, RULES, Catalogue()).step
    assert step is not None
    assert [leg.rule for entry in step.entries for leg in entry.legs] == ["opening_by_days", "opening_by_days"]
    assert (step.standing.balance_kopecks, step.standing.state) == (-375_00, AccountState.ACTIVE)


def test_another_sum_is_not_granted_in_its_place() -> None:
    with pytest.raises(Rejected) as no:
        promises.grant(blocked(), "p", Kopecks(374_00), TODAY, RULES, Catalogue())
    assert (no.value.code, no.value.numbers) == ("numbers_changed", {"amount_kopecks": 375_00})


def test_only_the_promise_of_that_id_is_revoked() -> None:
    held = active(-100_00, promise=limit(TODAY))
    assert promises.revoke(held, "other", TODAY) is None
    step = promises.revoke(held, "p", TODAY + timedelta(days=9))
    assert step is not None
    assert step.standing.state is AccountState.FINANCIAL_BLOCK
    assert step.standing.last_promise is not None
    assert step.standing.last_promise.ended_on == TODAY + timedelta(days=1)
