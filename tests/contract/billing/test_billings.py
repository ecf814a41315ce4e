"""One suite for all registered billings."""

from datetime import UTC, date, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from chalicelib.billing import ADAPTERS, AccountState, BillingSystem, OperationKind, PostResult
from chalicelib.clock import local_date
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.money import Kopecks
from tests.contract.billing.suite import BALANCE, HISTORY, NOW, ZONE, BillingCase, ask, walk

PACKAGE = "tests.contract.billing"
WRITTEN = sorted(name for name in ADAPTERS if find_spec(f"{PACKAGE}.{name}_case"))
CASES: dict[str, BillingCase] = {name: import_module(f"{PACKAGE}.{name}_case").CASE for name in WRITTEN}
SUM = Kopecks(500_01)


@pytest.fixture(params=list(CASES.values()), ids=list(CASES))
def billing(request: pytest.FixtureRequest, store: object) -> BillingSystem:
    case: BillingCase = request.param
    return case.build(ZONE, lambda: NOW)


def test_every_registered_adapter_has_a_case_file() -> None:
    assert sorted(ADAPTERS) == WRITTEN
    assert all(case.name == name for name, case in CASES.items())


def test_accounts_come_in_their_order_with_balance_and_state(billing: BillingSystem) -> None:
    first, second = billing.accounts("sub-a")
    assert (first.account, first.label, first.balance_kopecks) == ("500001", "Дом", BALANCE)
    assert (second.account, second.label, second.balance_kopecks) == ("500002", "Дача", 0)
    assert first.state is AccountState.ACTIVE


def test_an_unknown_subscriber_has_no_accounts(billing: BillingSystem) -> None:
    assert billing.accounts("sub-x") == ()


@pytest.mark.parametrize("account", ["500003", "599999", "", "sub-a", "subscriber#sub-a", "500001 ", "я" * 3000])
def test_only_ones_own_account_is_owned(billing: BillingSystem, account: str) -> None:
    assert billing.owns("sub-a", "500001")
    assert not billing.owns("sub-a", account)


@pytest.mark.parametrize("account", ["599999", "", "subscriber#sub-a", "external#scene-0"])
def test_an_absent_account_is_not_found(billing: BillingSystem, account: str) -> None:
    with pytest.raises(NotFound):
        billing.account(account)
    with pytest.raises(NotFound):
        billing.forecast(account, date(2027, 1, 1))
    with pytest.raises(NotFound):
        billing.post_payment(account, SUM, "t-1", "gateway:robokassa")


def test_the_view_of_an_account_agrees_with_its_summary(billing: BillingSystem) -> None:
    view = billing.account("500001")
    summary = billing.accounts("sub-a")[0]
    assert {**view.model_dump(), **summary.model_dump()} == view.model_dump()
    assert view.subscriber_id == "sub-a"
    assert view.available_kopecks == view.balance_kopecks


def test_the_view_tells_period_due_and_paid_until(billing: BillingSystem) -> None:
    view = billing.account("500001")
    assert (view.period.start, view.period.end) == (date(2026, 11, 10), date(2026, 12, 9))
    assert view.due is not None
    assert (view.due.amount_kopecks, view.due.by) == (750_00 - BALANCE, date(2026, 12, 10))
    assert view.paid_until == date(2026, 12, 9)


def test_services_come_in_their_order_with_fee_and_next_charge(billing: BillingSystem) -> None:
    services = billing.account("500001").services
    assert [(each.id, each.tariff.fee_kopecks) for each in services] == [("internet", 600_00), ("phone", 150_00)]
    charges = [each.next_charge for each in services]
    assert [(each.on, each.amount_kopecks) for each in charges if each] == [
        (date(2026, 12, 10), 600_00),
        (date(2026, 12, 10), 150_00),
    ]


def test_a_payment_is_posted_once_and_found(billing: BillingSystem) -> None:
    assert billing.find_payment("t-1") is None
    assert billing.post_payment("500001", SUM, "t-1", "gateway:robokassa") is PostResult.CREATED
    assert billing.post_payment("500001", SUM, "t-1", "gateway:robokassa") is PostResult.ALREADY
    assert billing.account("500001").balance_kopecks == BALANCE + SUM
    found = billing.find_payment("t-1")
    assert found is not None
    assert (found.account, found.amount_kopecks, found.at) == ("500001", SUM, NOW)


@pytest.mark.parametrize(("account", "amount"), [("500001", SUM + 1), ("500003", SUM), ("500002", SUM)])
def test_an_id_used_for_something_else_is_a_conflict(billing: BillingSystem, account: str, amount: int) -> None:
    billing.post_payment("500001", SUM, "t-1", "gateway:robokassa")
    assert billing.post_payment(account, Kopecks(amount), "t-1", "gateway:robokassa") is PostResult.CONFLICT
    assert billing.account(account).balance_kopecks == (BALANCE + SUM if account == "500001" else 0)


def test_operations_come_newest_first_with_the_balance_after_each(billing: BillingSystem) -> None:
    items = ask(billing).items
    told = [(each.at, each.kind, each.amount_kopecks, each.service) for each in reversed(items)]
    assert told == [(each.at, each.kind, each.amount_kopecks, each.service) for each in HISTORY]
    balance = 0
    for each in reversed(items):
        balance += each.amount_kopecks
        assert each.balance_after_kopecks == balance
    assert len({each.id for each in items}) == len(HISTORY)


def test_totals_are_of_the_range(billing: BillingSystem) -> None:
    totals = ask(billing, date_from=date(2026, 10, 10), date_to=date(2026, 11, 9)).totals
    assert totals.model_dump() == {
        "opening_balance_kopecks": 900_00,
        "payments_kopecks": 1000_00,
        "charges_kopecks": -750_00,
        "other_kopecks": 20_01,
        "closing_balance_kopecks": 1170_01,
    }


@pytest.mark.parametrize(
    "fields", [{"kind": OperationKind.CHARGE}, {"service": "internet"}, {"kind": OperationKind.REFUND}]
)
def test_filters_narrow_the_rows_and_not_the_totals(billing: BillingSystem, fields: dict[str, Any]) -> None:
    page = ask(billing, **fields)
    assert page.totals == ask(billing).totals
    everything = ask(billing).items
    wanted = [each for each in everything if all(getattr(each, name) == value for name, value in fields.items())]
    assert list(page.items) == wanted
    assert 0 < len(wanted) < len(everything)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 100])
def test_pages_put_together_are_the_whole(billing: BillingSystem, limit: int) -> None:
    assert walk(billing, limit=limit) == list(ask(billing).items)
    assert walk(billing, limit=limit, service="phone") == list(ask(billing, service="phone").items)


def test_a_day_is_a_day_in_the_zone_of_the_provider(billing: BillingSystem) -> None:
    opened = ask(billing, date_from=date(2026, 11, 10), date_to=date(2026, 11, 10)).items
    assert [each.service for each in opened] == ["phone", "internet"]
    assert local_date(datetime(2026, 11, 9, 22, tzinfo=UTC), ZONE) == date(2026, 11, 10)


@pytest.mark.parametrize(
    "change",
    [
        {"account": "500002"},
        {"date_from": date(2026, 1, 2)},
        {"date_to": date(2026, 11, 29)},
        {"kind": OperationKind.PAYMENT},
        {"service": "internet"},
    ],
)
def test_a_cursor_of_another_question_is_refused(billing: BillingSystem, change: dict[str, Any]) -> None:
    cursor = ask(billing, limit=2).next_cursor
    with pytest.raises(InvalidRequest) as refused:
        ask(billing, **{"limit": 2, "cursor": cursor, **change})
    assert set(refused.value.fields) == {"cursor"}


@pytest.mark.parametrize(
    "damage", ["x", "я", "", "====", "e30=", "W10=", "bnVsbA==", "WzEsMiwzXQ==", "W1tdLDEsIiJd", "W1tb"]
)
def test_a_damaged_cursor_is_refused(billing: BillingSystem, damage: str) -> None:
    cursor = ask(billing, limit=2).next_cursor or ""
    for bad in (cursor + damage + "x", cursor[:-6] + damage, damage, damage * 20000):
        with pytest.raises(InvalidRequest):
            ask(billing, cursor=bad)


def test_limits_and_ranges_are_checked(billing: BillingSystem) -> None:
    for bad in ({"limit": 0}, {"limit": 101}, {"date_from": date(2026, 12, 1)}, {"date_to": date(9999, 12, 31)}):
        with pytest.raises(InvalidRequest):
            ask(billing, **bad)
    with pytest.raises(InvalidRequest):
        ask(billing, date_from=date(1, 1, 1))


def test_an_account_without_history_has_empty_pages_and_zero_totals(billing: BillingSystem) -> None:
    page = ask(billing, "500002")
    assert (page.items, page.next_cursor) == ((), None)
    assert set(page.totals.model_dump().values()) == {0}


def test_a_forecast_runs_from_the_balance_in_order(billing: BillingSystem) -> None:
    billing.post_payment("500001", Kopecks(1000_00), "t-2", "gateway:robokassa")
    items = billing.forecast("500001", date(2027, 3, 1))
    balance = billing.account("500001").balance_kopecks
    for item in items:
        balance = Kopecks(balance + item.amount_kopecks)
        assert item.balance_after_kopecks == balance
    assert [item.on for item in items] == sorted(item.on for item in items)
    assert [item.kind for item in items] == ["charge", "charge", "financial_block"]
