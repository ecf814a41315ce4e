"""The sandbox of Uniteller in front of the real adapter: its page, its notifications, its ranges and limits."""

from collections.abc import Mapping
from datetime import timedelta
from hashlib import md5
from types import MappingProxyType
from typing import Any

import pytest

from chalicelib.errors import SignatureInvalid, UpstreamBroken
from chalicelib.providers.gateways import PaymentState, PaymentStatus
from local.sandbox.uniteller_wire import UNSET, Point
from tests.unit.sandbox_world import ORDER, ORIGIN, RETURN, World

RESULTS = "/sandbox/uniteller/wpay/results/"
FISCAL = {"UNITELLER_FISCAL": "true"}
SECOND = ORDER.model_copy(update={"invoice": 78})
PLACES = ("Shop_IDP", "Order_IDP", "Subtotal_P", "MeanType", "EMoneyType", "Lifetime", "Customer_IDP", "Card_IDP",
          "IData", "PT_Code")  # fmt: skip
ASKED: Mapping[str, str] = {
    "Shop_ID": "00001234", "Login": "4321", "Password": Point().password, "Format": "1", "Header1": "1",
}  # fmt: skip


@pytest.fixture
def world() -> World:
    return World(company="uniteller")


@pytest.fixture
def opened(world: World) -> World:
    assert world.open().status == 200
    return world


def changed(world: World, fields: Mapping[str, str | None] = MappingProxyType({}), resign: bool = False) -> Any:
    """The answer to the checkout's form with other fields, signed anew if asked."""
    checkout = world.gateway.create_checkout(ORDER)
    form = {name: value for name, value in {**checkout.fields, **fields}.items() if value is not None}
    if resign:
        slots = [form.get(name, "") for name in PLACES] + [form["OrderLifetime"], Point().password]
        text = "&".join(md5(slot.encode()).hexdigest() for slot in slots)
        form["Signature"] = md5(text.encode()).hexdigest().upper()
    return world.go("POST", checkout.url, form)


def reason(answer: Any) -> str:
    assert answer.status == 400
    return str(answer.body.decode().partition("MERCHANT ERROR: ")[2].partition(" --")[0])


def state(world: World, invoice: int = 77) -> PaymentState:
    """After a turn has passed."""
    world.clock.advance(6)
    return world.gateway.get_payment(invoice)


SAVED = ORDER.model_copy(update={"invoice": 79, "save_card": True})
LIST = {"Shop_IDP": "00001234", "Login": "4321", "Password": Point().password, "Customer_IDP": "LK-79"}


def card_list(world: World, **fields: str | None) -> tuple[int, list[str]]:
    form = {name: value for name, value in {**LIST, **fields}.items() if value is not None}
    answer = world.go("POST", "/sandbox/uniteller/wpay/cardv3/", form)
    return answer.status, answer.body.decode().split("\r\n")[1:-1]


def test_a_card_is_registered_by_a_payment_of_its_customer_that_is_paid(world: World) -> None:
    gateway = world.gateway
    checkout = gateway.create_checkout(SAVED)
    assert world.go("POST", checkout.url, checkout.fields).status == 200
    assert card_list(world) == (200, [])
    world.pay(invoice="LK-79", outcome="paid")
    assert card_list(world)[0] == 429
    world.clock.advance(2)
    [card] = card_list(world)[1]
    assert card.endswith(";visa;400000******2487;1;virtual;0;;0;3501")
    world.clock.advance(2)
    assert gateway.saved_card(79).expires == "2035-01"
    with pytest.raises(UpstreamBroken):
        gateway.saved_card(79)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [("Customer_IDP", None, 3), ("Password", None, 3), ("Password", "x", 1), ("Shop_IDP", "1", 1),
     ("Customer_IDP", "c" * 65, 5), ("Format", "3", 5)],
)  # fmt: skip
def test_a_list_of_cards_is_refused_as_the_document_says(world: World, name: str, value: str | None, code: int) -> None:
    [error] = card_list(world, **{name: value})[1]
    assert error.startswith(f"{code};")


@pytest.mark.parametrize("fields", [{"Customer_IDP": "Nobody"}, {"Customer_IDP": "c" * 65}, {"IsSaveCard": "1"},
                                    {"IsSaveCard": "yes", "Customer_IDP": "c"}])  # fmt: skip
def test_a_card_cannot_be_registered_for_nobody(world: World, fields: dict[str, str | None]) -> None:
    assert reason(changed(world, fields, resign=True)) in {"Customer_IDP is not valid", "IsSaveCard is not valid"}


def results(world: World, **fields: str) -> tuple[int, str]:
    world.clock.advance(6)
    answer = world.go("POST", RESULTS, {**ASKED, **fields})
    return answer.status, answer.body.decode()


def test_page_shows_the_order_and_takes_a_decision(world: World) -> None:
    answer = world.open()
    page = answer.body.decode()
    assert "500,00\u00a0₽" in page
    assert "Пополнение лицевого счёта 100201" in page
    assert "<script" not in page
    assert f"form-action 'self' {ORIGIN}" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"Subtotal_P": "1.00"}, "Signature is not valid"),
        ({"OrderLifetime": "1"}, "Signature is not valid"),
        ({"OrderLifetime": None}, "Signature is not valid"),
        ({"MeanType": "0"}, "Signature is not valid"),
        ({"Signature": "00"}, "Signature is not valid"),
        ({"Signature": None}, "Signature is not set"),
        ({"Shop_IDP": "1"}, "Shop_IDP is not found"),
        ({"Order_IDP": " "}, "Order_IDP is not set"),
        ({"URL_RETURN_NO": None}, "URL_RETURN_NO is not set"),
        ({"URL_RETURN_OK": "https://пример.рф/"}, "URL_RETURN is not valid"),
        ({"CallbackFields": "Total Sum"}, "CallbackFields is not valid"),
    ],
    ids=str,
)
def test_page_refuses_as_uniteller_does(world: World, fields: dict[str, str | None], told: str) -> None:
    assert reason(changed(world, fields)) == told


@pytest.mark.parametrize("amount", ["0", "1e2", "-1.00", "1.001"])
def test_page_refuses_a_bad_sum_that_is_well_signed(world: World, amount: str) -> None:
    assert reason(changed(world, {"Subtotal_P": amount}, resign=True)) == "Subtotal_P is not valid"


def test_an_order_may_be_opened_again_until_it_is_paid(opened: World) -> None:
    assert opened.open().status == 200
    assert reason(changed(opened, {"Subtotal_P": "1.00"}, resign=True)) == "the order has another sum"
    opened.pay(outcome="declined")
    assert opened.open().status == 200
    opened.pay()
    assert reason(opened.open()) == "the order is paid already"
    assert opened.pay()[0] == 409


def test_an_order_past_its_lifetime_cannot_be_paid(opened: World) -> None:
    opened.clock.advance(86401)
    assert reason(opened.open()) == "the lifetime of the order is over"
    assert opened.pay()[1] == {"code": "checkout_refused", "message": "the lifetime of the order is over"}


def test_payment_is_notified_once_and_the_payer_comes_back_by_get(opened: World) -> None:
    status, answer = opened.pay()
    assert (status, [told["status"] for told in answer["webhooks"]]) == (200, [200])
    assert answer["return"] == f"{RETURN}&Order_ID=LK-77"
    [event] = opened.events()
    assert (event.order, event.status, event.proven) == ("LK-77", PaymentStatus.PAID, False)
    [(_, form)] = opened.received
    assert set(form) == {"Order_ID", "Status", "ApprovalCode", "BillNumber", "Total", "Signature"}
    assert state(opened) == PaymentState(
        status=PaymentStatus.PAID,
        amount_kopecks=ORDER.amount_kopecks,
        reference=form["BillNumber"],
        card="•• 2487",
    )


def test_ten_tries_within_three_and_a_half_hours(opened: World) -> None:
    opened.answer = 503, b""
    opened.pay()
    opened.call("POST", "clock", {"advance_seconds": 86400})
    assert len(opened.received) == 10
    assert opened.received[-1][0] - opened.received[0][0] == timedelta(minutes=210)


def test_a_newer_status_ends_the_tries_of_the_older_one(opened: World) -> None:
    opened.answer = 503, b""
    opened.pay()
    opened.answer = None
    opened.call("POST", "uniteller/cancel", {"invoice": "LK-77"})
    opened.call("POST", "clock", {"advance_seconds": 86400})
    assert [form["Status"] for _, form in opened.received] == ["paid", "canceled"]
    assert state(opened).status is PaymentStatus.RETURNED


def test_a_decline_is_told_to_nobody_and_known_to_the_list(opened: World) -> None:
    opened.pay(outcome="declined")
    assert opened.received == []
    assert state(opened).status is PaymentStatus.DECLINED


def test_an_order_that_was_only_opened_is_unknown_to_the_list(opened: World) -> None:
    assert state(opened).status is PaymentStatus.NOT_FOUND


@pytest.mark.parametrize(("webhook", "heard"), [("lost", 0), ("twice", 2), ("normal", 1)])
def test_notifications_come_as_often_as_chosen(opened: World, webhook: str, heard: int) -> None:
    opened.pay(webhook=webhook)
    assert len(opened.received) == heard


def test_a_late_one_comes_when_the_clock_has_moved(opened: World) -> None:
    opened.pay(webhook="late")
    assert opened.received == []
    opened.call("POST", "clock", {"advance_seconds": 600})
    assert len(opened.events()) == 1


def test_a_wrong_sum_is_told_by_both(opened: World) -> None:
    opened.pay(webhook="wrong_amount")
    assert opened.received[0][1]["Total"] == "499.00"
    assert opened.events()
    assert state(opened).amount_kopecks == 499_00


def test_a_bad_signature_is_bad_and_the_list_knows_better(opened: World) -> None:
    opened.pay(webhook="bad_signature")
    with pytest.raises(SignatureInvalid):
        opened.events()
    assert state(opened).status is PaymentStatus.PAID


def test_who_asks_more_often_than_every_five_seconds_is_turned_away(opened: World) -> None:
    opened.gateway.get_payment(77)
    opened.clock.advance(4)
    with pytest.raises(UpstreamBroken):
        opened.gateway.get_payment(77)
    opened.clock.advance(2)
    assert opened.gateway.get_payment(77).status is PaymentStatus.NOT_FOUND


def test_a_range_finds_what_was_registered_in_it(world: World) -> None:
    for order in (ORDER, SECOND):
        world.open(order)
        world.pay(invoice=f"LK-{order.invoice}", webhook="lost")
        world.clock.advance(3600)
    ranges, now = world.gateway.ranges, world.clock()
    assert ranges is not None
    assert set(ranges.get_payments(now - timedelta(hours=3), now)) == {77, 78}
    world.clock.advance(6)
    assert set(ranges.get_payments(now - timedelta(minutes=61), now)) == {78}
    world.clock.advance(6)
    assert set(ranges.get_payments(now - timedelta(minutes=10), now)) == set()


def test_a_range_of_more_than_a_week_is_refused(opened: World) -> None:
    now = opened.clock()
    assert opened.gateway.ranges is not None
    with pytest.raises(UpstreamBroken, match="period"):
        opened.gateway.ranges.get_payments(now - timedelta(days=7, minutes=1), now)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"Password": "x"}, "Authentication error"),
        ({"Shop_ID": "1"}, "Authentication error"),
        ({"Format": "2"}, "Format is not valid"),
        ({"S_FIELDS": "Secret"}, "S_FIELDS contains a field which is not allowed"),
        (
            {"StartDay": "1"},
            "You need to specify StartYear, StartMonth, StartDay, StartHour, StartMin to set StartDate",
        ),
    ],
    ids=str,
)
def test_errors_come_with_status_200_as_a_text(opened: World, fields: dict[str, str], told: str) -> None:
    status, text = results(opened, **fields)
    assert status == 200
    assert text.startswith(f"ERROR: {told}")


def test_the_list_speaks_csv_and_xml_and_names_what_is_not_set(opened: World) -> None:
    opened.pay(outcome="declined")
    wanted = {"S_FIELDS": "OrderNumber;Status;BillNumber"}
    assert results(opened, **wanted) == (200, f"OrderNumber;Status;BillNumber\r\nLK-77;Not Authorized;{UNSET}\r\n")
    status, text = results(opened, Format="4", **wanted)
    assert (status, "<order><ordernumber>LK-77</ordernumber><status>Not Authorized</status>" in text) == (200, True)


@pytest.mark.parametrize(
    ("kind", "text"), [("nonsense", "Технические работы"), ("refused", "ERROR: "), ("http_500", "Internal")]
)
def test_an_outage_is_a_page_a_text_or_a_500(opened: World, kind: str, text: str) -> None:
    opened.call("POST", "faults", {"target": "uniteller", "call": "get_payment", "kind": kind, "times": 1})
    _, answer = results(opened, ShopOrderNumber="LK-77")
    assert text in answer


def test_fiscal_payment_needs_a_receipt_and_returns_it_signed() -> None:
    world = World(company="uniteller", environ=FISCAL)
    assert reason(changed(world, {"Receipt": "W10="})) == "ReceiptSignature is not valid"
    assert world.open().status == 200
    world.pay()
    [(_, form)] = world.received
    assert {"Receipt", "ReceiptSignature"} <= set(form)
    assert len(world.events()) == 1
    assert state(world).status is PaymentStatus.PAID


def test_money_can_be_taken_back_in_the_cabinet_once(opened: World) -> None:
    assert opened.call("POST", "uniteller/cancel", {"invoice": "LK-77"})[0] == 404
    opened.pay()
    assert opened.call("POST", "uniteller/cancel", {"invoice": "LK-77"})[0] == 200
    assert opened.call("POST", "uniteller/cancel", {"invoice": "LK-77"})[0] == 404


def test_orders_of_both_companies_stand_in_one_list(opened: World) -> None:
    opened.pay()
    page = opened.go("GET", "/sandbox/").body.decode()
    assert "<td>Uniteller</td><td>LK-77</td>" in page
    assert "Вернуть деньги" in page
