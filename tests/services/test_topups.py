"""Ordering a top-up: written down before anybody is called, once per id."""

import uuid
from datetime import UTC, datetime

import pytest

from chalicelib import bootstrap
from chalicelib.errors import Conflict, InvalidRequest, NotFound, TooManyAttempts
from chalicelib.store.topups import TopUpRow
from tests.product import Product


def test_an_order_awaits_payment_and_sends_the_payer_to_the_gateway(shop: Product) -> None:
    ordered = shop.order("sub-bob", "100201")
    assert ordered.created
    assert ordered.topup.status == "awaiting_payment"
    assert ordered.checkout is not None
    assert ordered.checkout.url.startswith("http://127.0.0.1:8000/sandbox/robokassa/Merchant/Index.aspx?")


def test_the_same_wish_again_is_the_same_order(shop: Product) -> None:
    first = shop.order("sub-bob", "100201", id="7e2f0c5e-66f6-4d7c-9f3c-0a4c8f3b1a11")
    again = shop.order("sub-bob", "100201", id="7e2f0c5e-66f6-4d7c-9f3c-0a4c8f3b1a11")
    assert not again.created
    assert again.checkout == first.checkout
    assert len(list(TopUpRow.scan(TopUpRow.item == "topup"))) == 1


@pytest.mark.parametrize("other", [{"kopecks": 501_00}, {"account": "100202"}, {"subscriber_id": "sub-charlie"}])
def test_the_same_id_for_something_else_is_a_conflict(shop: Product, other: dict[str, object]) -> None:
    id = str(uuid.uuid4())
    shop.order("sub-bob", "100201", id=id)
    shop.account("100301", "sub-charlie")
    wish = {"subscriber_id": "sub-bob", "account": "100201", "kopecks": 500_00, **other}
    if other.get("subscriber_id"):
        wish["account"] = "100301"
    with pytest.raises(Conflict):
        shop.order(id=id, **wish)  # type: ignore[arg-type]


def test_an_order_for_a_foreign_account_is_not_found_and_not_written(shop: Product) -> None:
    with pytest.raises(NotFound):
        shop.order("sub-charlie", "100201")
    assert not list(TopUpRow.scan())


@pytest.mark.parametrize("kopecks", [9_99, 15_000_01])
def test_a_sum_outside_the_limits_is_refused_and_not_written(shop: Product, kopecks: int) -> None:
    with pytest.raises(InvalidRequest) as refused:
        shop.order("sub-bob", "100201", kopecks)
    assert list(refused.value.fields) == ["amount_kopecks"]
    assert not list(TopUpRow.scan())


def test_every_order_has_its_own_invoice_counted_from_the_setting(shop: Product) -> None:
    invoices = [int(shop.order("sub-bob", "100201").topup.invoice) for _ in range(3)]
    assert invoices == [1000, 1001, 1002]


def test_a_paid_order_gives_no_second_checkout(shop: Product) -> None:
    ordered = shop.order("sub-bob", "100201")
    shop.pay(ordered.topup)
    again = shop.order("sub-bob", "100201", id=ordered.topup.topup_id)
    assert again.checkout is None
    assert again.topup.status == "credited"


def test_an_order_left_half_written_is_finished_by_the_repeat(shop: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies after the row is written and before its checkout is made."""
    id = str(uuid.uuid4())
    gateway = bootstrap.gateways()["robokassa"]
    with monkeypatch.context() as dying:
        dying.setattr(type(gateway), "create_checkout", _die)
        with pytest.raises(KeyboardInterrupt):
            shop.order("sub-bob", "100201", id=id)
    assert bootstrap.topups().status(id) == "created"
    assert shop.order("sub-bob", "100201", id=id).topup.status == "awaiting_payment"


def test_a_day_has_so_many_orders_and_a_repeat_is_not_one(shop: Product) -> None:
    last = [shop.order("sub-bob", "100201") for _ in range(50)][-1]
    with pytest.raises(TooManyAttempts) as refused:
        shop.order("sub-bob", "100201")
    # midnight in Moscow
    assert refused.value.available_from == datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
    assert not shop.order("sub-bob", "100201", id=last.topup.topup_id).created
    assert shop.order("sub-charlie", shop.account("100301", "sub-charlie")).created
    shop.advance(hours=13)
    assert shop.order("sub-bob", "100201").created


def test_the_suggested_sum_is_what_is_due_in_whole_roubles(shop: Product) -> None:
    shop.block("100201", 50)
    _, suggested = bootstrap.topups().options("sub-bob", "100201")
    # 0,50 ₽ of debt and 650 ₽ for 19 of the 30 days from 12 November, 412,17 ₽, rounded up
    assert suggested == 413_00


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_payer_who_came_back_can_go_on_paying_until_it_is_over(shop: Product) -> None:
    ordered = shop.order("sub-bob", "100201")
    topups = bootstrap.topups()
    assert topups.checkout_again(ordered.topup) == ordered.checkout
    shop.pay(ordered.topup)
    assert topups.checkout_again(bootstrap.topup_store().existing(ordered.topup.topup_id)) is None
    lapsed = shop.order("sub-bob", "100201").topup
    shop.clock.advance(24 * 3600)
    assert topups.checkout_again(lapsed) is None
