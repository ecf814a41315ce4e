"""The sandbox of Robokassa in front of the real adapter: its page, its notifications, its status query."""

import hashlib
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from chalicelib.errors import SignatureInvalid, UpstreamBroken
from chalicelib.providers.gateways import Checkout, PaymentStatus
from local.sandbox import Shop, demo_environment
from tests.unit.sandbox_world import ORDER, ORIGIN, RETURN, World

STATE_QUERY = "/sandbox/robokassa/Merchant/WebService/Service.asmx/OpStateExt"
PASSWORD1 = demo_environment(ORIGIN)["ROBOKASSA_PASSWORD1"]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def opened(world: World) -> World:
    assert world.open().status == 200
    return world


def changed(world: World, fields: Mapping[str, str | None] = MappingProxyType({}), resign: bool = False) -> str:
    """The checkout's address with other fields, signed anew if asked."""
    parts = urlsplit(world.gateway.create_checkout(ORDER).url)
    form = {name: value for name, value in {**dict(parse_qsl(parts.query)), **fields}.items() if value is not None}
    if resign:
        back = [form[name] for name in ("SuccessUrl2", "SuccessUrl2Method", "FailUrl2", "FailUrl2Method")]
        text = [form["MerchantLogin"], form["OutSum"], form["InvId"], form["Receipt"], *back, PASSWORD1]
        text.append(f"Shp_topup={form['Shp_topup']}")
        form["SignatureValue"] = hashlib.sha256(":".join(text).encode()).hexdigest()
    return f"{parts.path}?{urlencode(form)}"


def error_number(world: World, address: str) -> str:
    answer = world.go("GET", address)
    assert answer.status == 400
    return answer.body.decode().partition("<h1>Ошибка ")[2].partition("<")[0]


def test_page_shows_the_order_and_takes_a_decision(world: World) -> None:
    answer = world.open()
    page = answer.body.decode()
    assert "500,00\u00a0₽" in page
    assert "Пополнение лицевого счёта 100201" in page
    assert "<script" not in page
    assert "style=" not in page
    assert f"form-action 'self' {ORIGIN}" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"OutSum": "1.00"}, "29"),
        ({"SignatureValue": "00"}, "29"),
        ({"SuccessUrl2": "https://example.com/"}, "29"),
        ({"Shp_topup": "other"}, "29"),
        ({"IsTest": "1"}, "29"),
        ({"InvId": None}, "29"),
        ({"MerchantLogin": "other"}, "26"),
        ({"Description": None}, "30"),
        ({"Description": "a" * 101}, "30"),
        ({"ExpirationDate": "2026-11-23T08:59:59.0000000+00:00"}, "33"),
        ({"ExpirationDate": "soon"}, "30"),
    ],
    ids=str,
)
def test_page_refuses_as_robokassa_does(world: World, fields: dict[str, str | None], number: str) -> None:
    assert error_number(world, changed(world, fields)) == number


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"OutSum": "0"}, "31"),
        ({"OutSum": "600.00"}, "31"),
        ({"OutSum": "1e2"}, "31"),
        ({"InvId": "0"}, "30"),
        ({"Receipt": "%7B%7D"}, "30"),
        ({"Receipt": "raw"}, "30"),
    ],
    ids=str,
)
def test_page_refuses_a_bad_order_that_is_well_signed(world: World, fields: dict[str, str], number: str) -> None:
    assert error_number(world, changed(world, fields, resign=True)) == number


def test_field_given_twice_is_refused(world: World) -> None:
    assert error_number(world, changed(world) + "&OutSum=500.00") == "30"


def test_paid_order_cannot_be_opened_again(opened: World) -> None:
    opened.pay()
    assert error_number(opened, changed(opened)) == "40"
    assert opened.pay()[0] == 409


def test_normal_payment_is_notified_once_and_acknowledged(opened: World) -> None:
    status, answer = opened.pay()
    assert (status, answer["webhooks"]) == (200, [{"status": 200, "body": "OK77"}])
    [event] = opened.events()
    assert (event.invoice, event.amount_kopecks, event.topup_id) == (77, 50000, ORDER.topup_id)
    [(_, form)] = opened.received
    assert form["OutSum"] == "500.000000"
    assert form["SignatureValue"].isupper()
    opened.clock.advance(86400)
    assert opened.sandbox.deliver_due() == 0


def test_payer_comes_back_by_get_with_a_signed_success(opened: World) -> None:
    _, answer = opened.pay()
    assert answer["return"].startswith(RETURN)
    back = dict(parse_qsl(urlsplit(answer["return"]).query))
    text = f"500.00:77:{PASSWORD1}:Shp_topup={ORDER.topup_id}"
    assert back["SignatureValue"] == hashlib.sha256(text.encode()).hexdigest().upper()


@pytest.mark.parametrize("outcome", ["declined", "abandoned"])
def test_without_money_nothing_is_sent(opened: World, outcome: str) -> None:
    _, answer = opened.pay(outcome=outcome)
    assert opened.received == []
    state = opened.gateway.get_payment(77)
    assert state.status is (PaymentStatus.DECLINED if outcome == "declined" else PaymentStatus.NOT_FOUND)
    assert (answer["return"] is None) == (outcome == "abandoned")


def test_declined_order_may_still_be_paid(opened: World) -> None:
    opened.pay(outcome="declined")
    opened.pay()
    assert opened.gateway.get_payment(77).status is PaymentStatus.PAID


def test_lost_notification_leaves_the_status_query(opened: World) -> None:
    opened.pay(webhook="lost")
    opened.clock.advance(86400)
    assert (opened.sandbox.deliver_due(), opened.received) == (0, [])
    state = opened.gateway.get_payment(77)
    assert (state.status, state.amount_kopecks) == (PaymentStatus.PAID, 50000)
    assert state.reference


def test_twice_means_two_equal_notifications(opened: World) -> None:
    opened.pay(webhook="twice")
    assert len(opened.received) == 2
    assert opened.received[0] == opened.received[1]


def test_late_notification_comes_ten_minutes_later(opened: World) -> None:
    opened.pay(webhook="late")
    opened.call("POST", "clock", {"advance_seconds": 599})
    assert opened.received == []
    opened.call("POST", "clock", {"advance_seconds": 1})
    assert len(opened.events()) == 1


def test_wrong_amount_is_validly_signed_and_the_status_query_agrees(opened: World) -> None:
    opened.pay(webhook="wrong_amount")
    [event] = opened.events()
    assert event.amount_kopecks == opened.gateway.get_payment(77).amount_kopecks == 49900


def test_bad_signature_spoils_the_notification_only(opened: World) -> None:
    opened.answer = (400, b"")
    opened.pay(webhook="bad_signature")
    with pytest.raises(SignatureInvalid):
        opened.events()
    assert opened.gateway.get_payment(77).status is PaymentStatus.PAID


@pytest.mark.parametrize("answer", [(200, b"OK"), (200, b"OK77\n"), (200, b"ok77"), (503, b"OK77"), OSError("down")])
def test_anything_but_the_exact_answer_is_repeated_on_schedule(
    opened: World, answer: tuple[int, bytes] | Exception
) -> None:
    opened.answer = answer
    first = opened.clock()
    opened.pay()
    opened.call("POST", "clock", {"advance_days": 3})
    minutes = [(at - first) / timedelta(minutes=1) for at, _ in opened.received]
    assert minutes == [0, 1, 5, 15, *range(60, 1441, 60)]
    assert len({form["SignatureValue"] for _, form in opened.received}) == 1


def test_page_pays_before_the_payer_is_back(opened: World) -> None:
    form = {"invoice": "77", "outcome": "paid", "webhook": "before_return"}
    answer = opened.go("POST", "/sandbox/robokassa/decide", form)
    assert (answer.status, len(opened.received)) == (303, 1)
    assert answer.headers["Location"].startswith(RETURN)


def test_payer_is_usually_back_before_the_notification(opened: World) -> None:
    answer = opened.go("POST", "/sandbox/robokassa/decide", {"invoice": "77", "outcome": "paid", "webhook": "normal"})
    assert (answer.status, opened.received) == (303, [])
    by = time.monotonic() + 10
    while not opened.received and time.monotonic() < by:
        time.sleep(0.02)
    assert len(opened.events()) == 1


def test_payer_who_goes_away_stays_here(opened: World) -> None:
    answer = opened.go("POST", "/sandbox/robokassa/decide", {"invoice": "77", "outcome": "abandoned"})
    assert (answer.status, "Плательщик ушёл" in answer.body.decode()) == (200, True)


def test_order_whose_page_nobody_opened_is_looked_up() -> None:
    found: dict[tuple[str, int], Checkout] = {}
    world = World(find=lambda company, invoice: found.get((company, invoice)))
    found["robokassa", 77] = world.gateway.create_checkout(ORDER)
    assert world.pay()[0] == 200
    assert world.events()[0].invoice == 77
    assert world.pay(invoice="78") == (404, {"code": "not_found", "message": "Такого счёта нет"})


def test_expired_checkout_that_is_looked_up_cannot_be_paid() -> None:
    found: dict[tuple[str, int], Checkout] = {}
    world = World(find=lambda company, invoice: found.get((company, invoice)))
    found["robokassa", 77] = world.gateway.create_checkout(ORDER)
    world.clock.advance(2 * 86400)
    status, answer = world.pay()
    assert (status, answer["code"], answer["message"][:2]) == (422, "checkout_refused", "33")


def test_test_payment_is_notified_and_unknown_to_the_status_query() -> None:
    shop = Shop()
    passwords = {"TEST_PASSWORD1": shop.test_password1, "TEST_PASSWORD2": shop.test_password2, "IS_TEST": "1"}
    world = World(environ={f"ROBOKASSA_{name}": value for name, value in passwords.items()})
    assert "Тестовый режим" in world.open().body.decode()
    world.pay()
    assert world.events()[0].amount_kopecks == 50000
    live = World(environ={}).gateway
    with pytest.raises(SignatureInvalid):
        live.parse_webhook(world.received[0][1])
    assert "<Code>3</Code>" in asked(world)


def test_card_is_masked_wherever_it_is_shown(opened: World) -> None:
    opened.pay(card="4000 0000 0000 1234", webhook="lost")
    assert "<IncAccount>**** 1234</IncAccount>" in asked(opened)


def asked(world: World) -> str:
    """The answer to a status query that is signed by the live password."""
    signature = hashlib.sha256(f"demo-isp:77:{Shop().password2}".encode()).hexdigest()
    form = {"MerchantLogin": "demo-isp", "InvoiceID": "77", "Signature": signature}
    return world.go("POST", STATE_QUERY, form).body.decode()


def test_notification_is_sent_by_one_thread_only(opened: World) -> None:
    opened.pay(webhook="late")
    opened.clock.advance(600)
    # as two threads would that have both read the list before either began
    answers = vars(opened.sandbox)["_deliveries"].send([1, 1])
    assert (len(answers), len(opened.received)) == (1, 1)


def test_order_is_paid_once_by_however_many_payers(opened: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: opened.pay()[0], range(16)))
    assert sorted(statuses) == [200] + [409] * 15
    assert len(opened.received) == 1


def test_status_query_before_any_decision_finds_nothing(opened: World) -> None:
    assert opened.gateway.get_payment(77).status is PaymentStatus.NOT_FOUND
    assert opened.gateway.get_payment(78).status is PaymentStatus.NOT_FOUND


@pytest.mark.parametrize("form", [{"Signature": "00"}, {"MerchantLogin": "other"}, {}])
def test_status_query_checks_who_asks(opened: World, form: dict[str, str]) -> None:
    fields = {"MerchantLogin": "demo-isp", "InvoiceID": "77"} | form
    code = "2" if form.get("MerchantLogin") else "1"
    assert f"<Result><Code>{code}</Code></Result></Operation" in opened.go("POST", STATE_QUERY, fields).body.decode()


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "http_500", "nonsense", "refused"])
def test_faults_of_the_status_query_last_as_long_as_asked(opened: World, kind: str) -> None:
    opened.pay(webhook="lost")
    opened.call("POST", "faults", {"target": "robokassa", "call": "get_payment", "kind": kind, "times": 2})
    for _ in range(2):
        with pytest.raises(UpstreamBroken):
            opened.gateway.get_payment(77)
    assert opened.gateway.get_payment(77).status is PaymentStatus.PAID
