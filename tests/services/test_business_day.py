"""What day it is, is a matter of the provider's zone: at 00:30 in Moscow it is still yesterday in UTC."""

from datetime import UTC, date, datetime

import pytest

from chalicelib import bootstrap
from chalicelib.billing import AccountState
from chalicelib.billing.embedded import accounts
from tests.product import START, Product, books


@pytest.fixture
def midnight(shop: Product) -> Product:
    """00:30 of 12 December in Moscow, the day from which both of bob's accounts are to pay a new period."""
    shop.clock.advance((datetime(2026, 12, 11, 21, 30, tzinfo=UTC) - START).total_seconds())
    return shop


def test_the_period_on_screen_is_that_of_the_local_day(midnight: Product) -> None:
    view = bootstrap.billing().account("100201")
    assert view.period.start == date(2026, 12, 12)
    assert view.due is not None
    assert (view.due.by, view.due.amount_kopecks) == (date(2026, 12, 12), 650_00)


def test_the_forecast_begins_on_the_local_day(midnight: Product) -> None:
    events = bootstrap.accounts().events("100201")
    assert [(event.kind, event.on) for event in events] == [("financial_block", date(2026, 12, 12))]


def test_lifting_a_block_charges_from_the_local_day(midnight: Product) -> None:
    """The whole new period of 650 ₽; the day before would cost 1/30 of the old one, 21,67 ₽."""
    accounts.set_state(books(), "100201", AccountState.FINANCIAL_BLOCK, "not_enough_money")
    midnight.notify(midnight.result_fields(midnight.order("sub-bob", "100201", 700_00).topup))
    assert midnight.balance("100201") == 50_00


def test_operations_without_dates_are_those_of_the_local_month(shop: Product) -> None:
    shop.clock.advance((datetime(2026, 11, 30, 21, 30, tzinfo=UTC) - START).total_seconds())
    assert bootstrap.accounts().today() == date(2026, 12, 1)
