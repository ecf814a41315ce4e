"""What only Uniteller has: its form, its receipt, its ranges, its turns."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import md5, sha256

import pytest
from pydantic import ValidationError

from chalicelib.errors import NotYourTurn, OutcomeUnknown, SignatureInvalid, UpstreamBroken
from chalicelib.money import Kopecks
from chalicelib.providers.gateways import PaymentStatus, Printed, ReceiptKind, Refund
from local.web import Request, Response, parse_form
from tests.contract.gateways.suite import NOW, ORDER, Handle, build
from tests.contract.gateways.uniteller_case import (
    CARD_HEAD,
    CASE,
    FOUND,
    HEADER,
    KNOWN,
    NUMBER,
    PAID,
    PASSWORD,
    TELLING,
    card,
    encoded,
    notification,
    printed,
    row,
    rows,
)

FISCAL = {"UNITELLER_FISCAL": "true", "UNITELLER_TAXMODE": "1", "UNITELLER_VAT": "22"}
EMPTY = md5(b"").hexdigest()


def hashed(*slots: str) -> str:
    return "&".join(md5(slot.encode()).hexdigest() for slot in slots)


def test_the_form_keeps_the_places_of_what_it_does_not_send() -> None:
    checkout = build(CASE).create_checkout(ORDER)
    assert (checkout.method, checkout.url) == ("POST", "https://wpay.uniteller.ru/pay/")
    text = f"{hashed('00001234', NUMBER, '500.00')}&{EMPTY}&{EMPTY}&{hashed('300')}&{'&'.join([EMPTY] * 4)}"
    text += f"&{hashed('86400', PASSWORD)}"
    assert checkout.fields["Signature"] == md5(text.encode()).hexdigest().upper()


def test_the_form_tells_what_is_needed_and_nothing_personal() -> None:
    fields = dict(build(CASE).create_checkout(ORDER).fields)
    del fields["Signature"]
    assert fields == {
        "Shop_IDP": "00001234", "Order_IDP": NUMBER, "Subtotal_P": "500.00", "Lifetime": "300",
        "OrderLifetime": "86400", "URL_RETURN_OK": ORDER.return_url, "URL_RETURN_NO": ORDER.return_url,
        "Language": "ru", "Comment": "Пополнение лицевого счёта 100201",
        # a document's table allows 29 characters
        "CallbackFields": "ApprovalCode BillNumber Total",
    }  # fmt: skip
    assert len(fields["CallbackFields"]) == 29


def test_the_form_may_be_sent_to_the_company_only() -> None:
    assert build(CASE).form_origins == ("https://wpay.uniteller.ru",)
    assert build(CASE, environ=FISCAL).form_origins == ("https://fpay.uniteller.ru",)


def test_a_receipt_goes_with_the_fiscal_form_and_adds_up() -> None:
    order = ORDER.model_copy(update={"receipt_to": "bob@example.ru"})
    checkout = build(CASE, environ=FISCAL).create_checkout(order)
    assert checkout.url == "https://fpay.uniteller.ru/v2/pay"
    encoded = checkout.fields["Receipt"]
    text = "&".join(sha256(slot.encode()).hexdigest() for slot in ("00001234", NUMBER, "500.00", encoded, PASSWORD))
    assert checkout.fields["ReceiptSignature"] == sha256(text.encode()).hexdigest().upper()
    receipt = json.loads(base64.b64decode(encoded), parse_float=Decimal)
    total = Decimal("500.00")
    assert receipt == {
        "customer": {"email": "bob@example.ru", "id": "bob@example.ru"},
        "taxmode": 1,
        "lines": [{
            "name": "Пополнение лицевого счёта 100201", "price": total, "qty": 1, "sum": total, "vat": 22,
            "payattr": 3, "lineattr": 10,
        }],
        "payments": [{"kind": 1, "type": 0, "amount": total}],
        "total": total,
    }  # fmt: skip


def test_without_an_address_the_receipt_names_nobody() -> None:
    receipt = build(CASE, environ=FISCAL).create_checkout(ORDER).fields["Receipt"]
    assert json.loads(base64.b64decode(receipt))["customer"] == {}


# notifications


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("authorized", PaymentStatus.PAID),
        ("paid", PaymentStatus.PAID),
        ("canceled", PaymentStatus.RETURNED),
        ("partly canceled", PaymentStatus.PARTLY_RETURNED),
        ("waiting", PaymentStatus.PENDING),
    ],
)
def test_a_status_is_told_and_never_proven(status: str, meaning: PaymentStatus) -> None:
    event = build(CASE).parse_webhook(notification(status=status))
    assert (event.status, event.proven) == (meaning, False)


def test_a_notification_without_extra_fields_is_theirs_too() -> None:
    assert build(CASE).parse_webhook(notification(extra={})).order == NUMBER


def test_extra_fields_may_come_in_either_order_that_the_sources_name() -> None:
    given = {"Total": "500.00", "BillNumber": "1", "Balance": "500.00", "ApprovalCode": "A"}
    assert build(CASE).parse_webhook(notification(extra=given)).order == NUMBER
    sorted_ones = {name: given[name] for name in ("ApprovalCode", "BillNumber", "Total", "Balance")}
    signed_sorted = notification(extra=sorted_ones)["Signature"]
    assert build(CASE).parse_webhook(notification(extra=given) | {"Signature": signed_sorted}).order == NUMBER


def test_the_case_of_the_hash_does_not_matter() -> None:
    form = notification()
    assert build(CASE).parse_webhook(form | {"Signature": form["Signature"].lower()}).order == NUMBER


def test_moving_a_border_between_fields_tells_nothing_else() -> None:
    """The hash is taken without separators: a sum cut elsewhere keeps the signature. So it is not read."""
    form = notification(extra={"BillNumber": "12", "Total": "500.00"})
    moved = form | {"BillNumber": "1", "Total": "2500.00"}
    assert build(CASE).parse_webhook(moved) == build(CASE).parse_webhook(form)


@pytest.mark.parametrize("order", ["15-abc", "LK-", "LK-0", "LK-07", "LK-2147483648", "lk-7", "LK-٧", "xLK-7"])
def test_an_order_that_is_not_ours_is_told_as_such(order: str) -> None:
    event = build(CASE).parse_webhook(notification(order=order))
    assert (event.order, event.invoice) == (order, None)


def receipt_notification(password: str = PASSWORD) -> dict[str, str]:
    signature = sha256(f"{NUMBER}paidW10={password}".encode()).hexdigest().upper()
    return notification() | {"Receipt": "W10=", "ReceiptSignature": signature}


def test_a_receipt_is_signed_by_itself() -> None:
    assert build(CASE).parse_webhook(receipt_notification()).order == NUMBER
    with pytest.raises(SignatureInvalid):
        build(CASE).parse_webhook(receipt_notification(password="another"))
    with pytest.raises(SignatureInvalid):
        build(CASE).parse_webhook(receipt_notification() | {"Receipt": "W11="})


# questions


def recorded(answer: Response, seen: list[Request]) -> Handle:
    def handle(request: Request) -> Response:
        seen.append(request)
        return answer

    return handle


COMMON = {
    "Shop_ID": "00001234", "Login": "4321", "Password": PASSWORD, "Format": "1", "Header1": "1",
    "ShowPartlyCanceled": "1", "S_FIELDS": "OrderNumber;Status;Total;Response_Code;BillNumber;need_confirm;CardNumber",
}  # fmt: skip


def test_one_order_is_asked_about_with_its_whole_history() -> None:
    """Dates beside the number would narrow the answer: without them the company looks through everything."""
    seen: list[Request] = []
    assert build(CASE, recorded(rows(row("Paid")), seen)).get_payment(ORDER.invoice) == PAID
    [request] = seen
    assert (request.method, request.path, request.query) == ("POST", "/results/", [])
    assert dict(parse_form(request.body)) == COMMON | {"ShopOrderNumber": NUMBER}


def test_many_are_asked_about_by_the_time_of_their_registration_in_moscow() -> None:
    """By the time of change there would be neither SBP nor anything that failed."""
    seen: list[Request] = []
    answer = rows(row("Paid"), row("Not Authorized", "10.00", number="LK-5"), "15;1.00;Paid;AS000;1;0")
    ranges = build(CASE, recorded(answer, seen)).ranges
    assert ranges is not None
    since = datetime(2026, 12, 31, 20, 59, tzinfo=UTC)
    found = ranges.get_payments(since, since + timedelta(minutes=2))
    assert set(found) == {ORDER.invoice, 5}
    assert found[ORDER.invoice] == PAID
    asked = {"StartYear": "2026", "StartMonth": "12", "StartDay": "31", "StartHour": "23", "StartMin": "59",
             "EndYear": "2027", "EndMonth": "01", "EndDay": "01", "EndHour": "00", "EndMin": "01"}  # fmt: skip
    assert dict(parse_form(seen[0].body)) == COMMON | asked


def test_the_receipts_of_many_are_asked_about_at_once() -> None:
    """One that cannot be read hides no other's, and is asked about alone."""
    seen: list[Request] = []
    lines = [f"{row('Paid')};{encoded(printed(), printed('1', '100.00', fd='9'), printed('2', fd='10'))}"]
    lines += [f"{row('Paid', number='LK-5')};{encoded(printed(fd=''))}", f"{row('Paid', number='LK-6')};@@"]
    answer = rows(*lines, f"15;1.00;Paid;AS000;1;0;{encoded(printed())}", header=f"{HEADER};Receipt")
    ranges = build(CASE, recorded(answer, seen), FISCAL).ranges
    assert ranges is not None
    found = ranges.get_receipts(NOW, NOW + timedelta(minutes=2))
    paid, returned = ReceiptKind.PAYMENT, ReceiptKind.REFUND
    assert found == {
        ORDER.invoice: (
            Printed(kind=paid, amount_kopecks=Kopecks(500_00), fiscal=FOUND),
            Printed(kind=returned, amount_kopecks=Kopecks(100_00), fiscal=FOUND.model_copy(update={"fd": "9"})),
        ),
        5: (Printed(kind=paid, amount_kopecks=Kopecks(500_00), fiscal=None),),
    }
    form = dict(parse_form(seen[0].body))
    assert (seen[0].path, form["S_FIELDS"]) == ("/v2/results", COMMON["S_FIELDS"] + ";Receipt")
    assert "StartMin" in form


def test_the_fiscal_shop_is_asked_at_its_own_address() -> None:
    seen: list[Request] = []
    build(CASE, recorded(rows(), seen), FISCAL).get_payment(7)
    assert seen[0].path == "/v2/results"


def test_without_a_turn_nothing_is_sent() -> None:
    """All questions count as one: the company counts them so."""
    asked: list[timedelta] = []
    later = NOW + timedelta(seconds=4)

    def pace(every: timedelta, call: str = "") -> datetime | None:
        asked.append(every)
        assert call == ""
        return later

    gateway = build(CASE, pace=pace)
    assert gateway.ranges is not None
    ranges = gateway.ranges
    questions: list[Callable[[], object]] = [lambda: gateway.get_payment(7), lambda: ranges.get_payments(NOW, NOW)]
    questions.append(lambda: ranges.get_receipts(NOW, NOW))
    for question in questions:
        with pytest.raises(NotYourTurn) as raised:
            question()
        assert raised.value.available_from == later
    assert asked == [timedelta(seconds=5)] * 3


# cards


def test_a_payment_that_saves_a_card_is_its_own_customer() -> None:
    """In the seventh place of the signature; nothing of it where the card service is not bought."""
    order = ORDER.model_copy(update={"save_card": True})
    plain = build(CASE, environ={"UNITELLER_RECURRING": "true"}).create_checkout(order).fields
    told = build(CASE, environ=TELLING).create_checkout(order).fields
    assert {name: told[name] for name in told.keys() - plain.keys()} == {"Customer_IDP": NUMBER, "IsSaveCard": "1"}
    text = f"{hashed('00001234', NUMBER, '500.00')}&{EMPTY}&{EMPTY}&{hashed('300', NUMBER)}&{'&'.join([EMPTY] * 3)}"
    assert told["Signature"] == md5(f"{text}&{hashed('86400', PASSWORD)}".encode()).hexdigest().upper()
    assert "Customer_IDP" not in build(CASE, environ=TELLING).create_checkout(ORDER).fields


def test_a_card_is_asked_about_by_post_in_turns_of_its_own() -> None:
    seen: list[Request] = []
    turns: list[tuple[timedelta, str]] = []

    def pace(every: timedelta, call: str = "") -> datetime | None:
        turns.append((every, call))
        return None if len(turns) == 1 else NOW

    gateway = build(CASE, recorded(rows(card(), header=CARD_HEAD), seen), TELLING, pace)
    assert gateway.saved_card(ORDER.invoice) == KNOWN
    with pytest.raises(NotYourTurn):
        gateway.saved_card(ORDER.invoice)
    assert turns == [(timedelta(seconds=2), "cards")] * 2
    [request] = seen
    assert (request.method, request.path, request.query) == ("POST", "/cardv3/", [])
    assert dict(parse_form(request.body)) == {
        "Shop_IDP": "00001234", "Login": "4321", "Password": PASSWORD, "Customer_IDP": NUMBER, "Format": "1",
    }  # fmt: skip


def test_the_company_may_not_write_into_our_log() -> None:
    words = Response(200, f"ERROR: bad {PASSWORD} 4321\nAuthentication error".encode())
    with pytest.raises(UpstreamBroken) as raised:
        build(CASE, lambda request: words).get_payment(7)
    assert "4321" not in str(raised.value)
    assert "\n" not in str(raised.value)


WHOLE = Refund(invoice=ORDER.invoice, reference=None, account="100201", amount_kopecks=ORDER.amount_kopecks,
               paid_kopecks=ORDER.amount_kopecks)  # fmt: skip
PART = WHOLE.model_copy(update={"amount_kopecks": Kopecks(12050)})


def cancellation(refund: Refund, environ: dict[str, str]) -> tuple[str, dict[str, str]]:
    seen: list[Request] = []
    with pytest.raises(OutcomeUnknown):
        build(CASE, recorded(Response(200, b"?"), seen), environ).refund(refund)
    return seen[0].path, dict(parse_form(seen[0].body))


def signed(*slots: str) -> str:
    text = "&".join(sha256(slot.encode()).hexdigest() for slot in (*slots, PASSWORD))
    return sha256(text.encode()).hexdigest().upper()


def test_a_cancellation_signs_what_it_sends_and_nothing_else() -> None:
    path, fields = cancellation(WHOLE, {})
    common = {"Format": "1", "RVRReason": "1", "S_FIELDS": "OrderNumber;Response_Code;Status"}
    assert path == "/unblock/"
    assert fields == {"OrderID": NUMBER, "Shop_ID": "00001234", **common,
                      "Signature": signed(NUMBER, "00001234", *common.values())}  # fmt: skip
    _, fields = cancellation(PART, {})
    assert fields["Subtotal_P"] == "120.50"
    assert fields["Signature"] == signed(NUMBER, "00001234", "120.50", *common.values())


def test_a_cancellation_with_receipts_names_the_sum_and_for_a_part_its_receipt() -> None:
    path, fields = cancellation(WHOLE, FISCAL)
    assert path == "/v2/cancel"
    assert fields == {"OrderID": NUMBER, "UPID": "00001234", "Subtotal": "500.00",
                      "Signature": signed(NUMBER, "00001234", "500.00")}  # fmt: skip
    _, fields = cancellation(PART, FISCAL)
    receipt = fields["Receipt"]
    assert fields["Signature"] == signed(NUMBER, "00001234", "120.50", receipt)
    assert json.loads(base64.b64decode(receipt), parse_float=Decimal)["total"] == Decimal("120.50")


@pytest.mark.parametrize(
    "bad",
    [
        *({"UNITELLER_BASE_URL": url} for url in ("http://wpay.uniteller.ru", "ftp://x", "https://a@b", "https://x?y")),
        *({"UNITELLER_ORDER_PREFIX": prefix} for prefix in ("LK-1", "", "ЛК-", "a b-", "x" * 33)),
        {"UNITELLER_TAXMODE": "3"},
        {"UNITELLER_VAT": "18"},
        {"UNITELLER_PASSWORD": ""},
        {"UNITELLER_SHOP_ID": ""},
        {"UNITELLER_MISSPELT": "1"},
    ],
    ids=str,
)
def test_bad_setting_stops_the_start_and_shows_no_password(bad: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as raised:
        build(CASE, environ=bad)
    assert PASSWORD not in str(raised.value)
