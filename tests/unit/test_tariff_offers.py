"""Tariffs to choose from and their arithmetic, and the catalogue they come from: plain values, no store."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from chalicelib.billing import AccountState, ServiceKind, Start, TariffOffer
from chalicelib.billing.embedded import tariffs
from chalicelib.billing.embedded.catalogue import Catalogue, CatalogueTariff, TariffGroup
from chalicelib.billing.embedded.periods import period_of
from chalicelib.billing.embedded.standing import Line, Pause, Planned, Standing
from chalicelib.billing.embedded.tariffs import Wish
from tests.embedded import line, standing, tariff
from tests.scene import GROUPS, TARIFFS, tariff as listed

TODAY, NEXT = date(2026, 11, 23), date(2026, 12, 12)
CATALOGUE = Catalogue(tariffs=TARIFFS, groups=GROUPS)


def mine(**more: Any) -> Line:
    """Paid to the end of the period."""
    given = {"unpaid_from": NEXT, "tariff": tariff(650_00, "t100"), **more}
    return line("internet", 650_00, **given)


def account(own: Line, balance: int = 500_00, **more: object) -> Standing:
    return standing(balance, own, anchor=12, **more)


def offers(own: Line | None = None, catalogue: Catalogue = CATALOGUE, **more: Any) -> dict[str, TariffOffer]:
    chosen = own or mine()
    return {one.id: one for one in tariffs.offers(account(chosen, **more), chosen, TODAY, catalogue)}


def test_the_own_tariff_comes_first_and_then_what_its_group_may_become() -> None:
    told = offers()
    assert list(told) == ["t100", "t50", "t300", "t500"]
    assert [(one.current, one.code) for one in told.values()] == [(True, "same_tariff"), *[(False, None)] * 3]


def test_a_group_may_move_into_others() -> None:
    groups = [TariffGroup(id="home", moves=("business",))]
    assert list(offers(catalogue=Catalogue(tariffs=TARIFFS, groups=tuple(groups)))) == ["t100", "office"]


def test_a_tariff_outside_the_catalogue_may_become_nothing() -> None:
    assert list(offers(mine(tariff=tariff(650_00, "old")))) == ["old"]


def test_now_is_for_an_upgrade_only() -> None:
    told = offers()
    assert [start.when for start in told["t50"].starts] == [Start.NEXT_PERIOD]
    assert [start.when for start in told["t300"].starts] == [Start.NOW, Start.NEXT_PERIOD]


def test_now_costs_the_new_days_less_the_old_ones() -> None:
    now, later = offers()["t300"].starts
    assert (now.charge_kopecks, now.refund_kopecks) == (500_33 - 411_67, 411_67)
    assert (now.on, now.days_left, now.days_total) == (TODAY, 19, 30)
    assert (later.on, later.charge_kopecks, later.refund_kopecks) == (NEXT, 0, 0)


def test_the_explanation_says_the_sum_and_where_it_comes_from() -> None:
    now, later = (start.explanation.replace("\u00a0", " ") for start in offers()["t300"].starts)
    assert now == (
        "Сегодня спишем 88,66 ₽: 500,33 ₽ за 19 из 30 дней по новому тарифу (790 ₽ в месяц)"
        " минус 411,67 ₽ неиспользованных по старому (650 ₽ в месяц). С 12 декабря — 790 ₽ в месяц."
    )
    assert later == "Сегодня ничего не спишем. С 12 декабря — 790 ₽ в месяц вместо 650 ₽."


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(1, 31), st.dates(date(2026, 1, 1), date(2036, 1, 1)))
def test_the_charge_is_never_negative_and_the_books_agree(old: int, new: int, anchor: int, today: date) -> None:
    """What is taken is what is shown, and nobody gets money out of a change."""
    opened = period_of(today, anchor).next_start
    own = line("internet", old, opened, tariff=tariff(old, "old"))
    both = (listed("old", old), listed("new", new))
    who, catalogue = standing(10**8, own, anchor=anchor), Catalogue(tariffs=both)
    start = tariffs.offers(who, own, today, catalogue)[1].starts[0]
    if start.when is Start.NEXT_PERIOD:
        assert new <= old
        return
    wish = Wish("new", Start.NOW, start.charge_kopecks, None, "x")
    step = tariffs.change(who, own, wish, today, catalogue).step
    assert step is not None
    assert who.balance_kopecks - step.standing.balance_kopecks == start.charge_kopecks >= 0


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"state": AccountState.ADMIN_BLOCK}, "not_offered"),
        ({"balance": -1}, "debt"),
    ],
)
def test_the_account_may_refuse_every_tariff(more: dict[str, Any], code: str) -> None:
    told = offers(**more)
    assert {one.code for one in told.values()} == {"same_tariff", code}
    assert all(one.starts == () for one in told.values())


def test_of_several_reasons_the_first_to_be_mended_is_told() -> None:
    """Suspended, then in debt, then planned."""
    pause = Pause(id="x", start=TODAY, end=NEXT, started=True)
    planned = Planned(tariff=tariff(450_00, "t50"), on=NEXT)
    assert offers(mine(pause=pause, planned=planned), balance=-1)["t300"].code == "suspended"
    assert offers(mine(planned=planned), balance=-1)["t300"].code == "debt"
    assert offers(mine(planned=planned))["t300"].code == "planned_exists"
    assert offers(mine(planned=planned))["t300"].fix == "cancel_planned"


def test_a_change_in_the_last_period_does_not_count() -> None:
    assert offers(mine(changed_in=date(2026, 11, 12)))["t300"].starts[0].code == "already_changed"
    assert offers(mine(changed_in=date(2026, 10, 12)))["t300"].starts[0].code is None


def test_a_balance_of_exactly_the_charge_is_enough() -> None:
    assert offers(balance=88_66)["t300"].starts[0].code is None
    assert offers(balance=88_65)["t300"].starts[0].code == "not_enough_money"


@pytest.mark.parametrize(
    ("rows", "groups"),
    [
        ([listed("a", 1), listed("a", 2)], []),
        ([listed("a", 1)], [TariffGroup(id="home", moves=("nowhere",))]),
        ([listed("a", 1)], [TariffGroup(id="home"), TariffGroup(id="home")]),
    ],
)
def test_a_catalogue_that_contradicts_itself_is_refused(rows: list[CatalogueTariff], groups: list[TariffGroup]) -> None:
    with pytest.raises(ValidationError):
        Catalogue(tariffs=tuple(rows), groups=tuple(groups))


@pytest.mark.parametrize("bad", [{"fee": -1}, {"speed_mbps": 0}, {"group": ""}, {"id": "a b"}, {"title": ""}])
def test_a_tariff_without_sense_is_refused(bad: dict[str, Any]) -> None:
    fee, group = bad.pop("fee", 1), bad.pop("group", "home")
    with pytest.raises(ValidationError):
        listed(bad.pop("id", "a"), fee, group, **bad)


def test_other_kinds_have_nothing_to_choose() -> None:
    phone = line("phone", 150_00, NEXT, ServiceKind.TELEPHONY, tariff=tariff(150_00, "calls"))
    assert tariffs.offers(account(phone), phone, TODAY, CATALOGUE) == ()


def test_a_late_plan_waits_for_the_first_day_that_is_not_paid() -> None:
    later = mine(unpaid_from=NEXT + timedelta(days=31))
    assert offers(later)["t50"].starts[0].on == NEXT + timedelta(days=31)
