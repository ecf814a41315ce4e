"""Validly signed news that do not fit: an order that is not ours, an order that had ended, money still held."""

import pytest

from chalicelib import bootstrap
from local.web import Response
from tests.contract.gateways import robokassa_case
from tests.product import Product


def test_an_unknown_order_gets_no_ok_and_an_operator_sees_it(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    answer = shop.notify(shop.result_fields(topup, InvId="77"))
    assert answer.status == 409
    assert answer.json["code"] == "quarantined"
    assert [case.case_id for case in shop.cases()] == ["unknown_order:robokassa:77"]
    assert (shop.status(topup), shop.balance("100201")) == ("awaiting_payment", 0)


def test_an_order_of_another_top_up_gets_no_ok(shop: Product) -> None:
    topup, other = (shop.order("sub-bob", "100201").topup for _ in range(2))
    answer = shop.notify(shop.result_fields(topup, Shp_topup=other.topup_id))
    assert answer.status == 409
    assert [case.kind for case in shop.cases()] == ["other_order"]
    assert shop.balance("100201") == 0


def test_an_expired_order_that_is_paid_after_all_is_credited_and_flagged(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.advance(hours=25)
    assert shop.status(topup) == "expired"
    answer = shop.notify(shop.result_fields(topup))
    assert answer.text == f"OK{int(topup.invoice)}"
    assert (shop.status(topup), shop.balance("100201")) == ("credited", 500_00)
    assert bootstrap.topup_store().existing(topup.topup_id).late


@pytest.mark.parametrize("code", [5, 20, 50, 80])
def test_money_that_the_gateway_still_holds_is_not_credited(shop: Product, code: int) -> None:
    """Begun, held on the card, on its way, stopped by a check: each may still come to nothing."""
    topup = shop.order("sub-bob", "100201").topup

    def answers(name: str, proceed: object) -> Response:
        return robokassa_case.state(code)

    shop.wire.around = answers
    shop.advance(minutes=2)
    assert (shop.status(topup), shop.balance("100201")) == ("awaiting_payment", 0)
