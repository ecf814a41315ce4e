"""Robokassa for the suite: notifications signed here by hand, answers after its documents."""

import hashlib
import json
from collections.abc import Mapping

import requests
from urllib3.exceptions import NewConnectionError

from chalicelib.errors import OutcomeUnknown, UpstreamBroken, UpstreamUnavailable
from chalicelib.money import Kopecks
from chalicelib.providers.gateways import (
    ChargeAnswer,
    ChargeStatus,
    Fiscal,
    PaymentState,
    PaymentStatus,
    ReceiptKind,
    ReceiptState,
    ReceiptStatus,
    RefundAnswer,
    RefundStatus,
)
from local.web import Response
from tests.contract.gateways.suite import ORDER, ChargeExchange, Exchange, GatewayCase, ReceiptExchange, RefundExchange

ENVIRON = {
    "ROBOKASSA_MERCHANT_LOGIN": "isp",
    "ROBOKASSA_PASSWORD1": "live-one",
    "ROBOKASSA_PASSWORD2": "live-two",
    "ROBOKASSA_PASSWORD3": "live-three",
    "ROBOKASSA_TEST_PASSWORD1": "test-one",
    "ROBOKASSA_TEST_PASSWORD2": "test-two",
}
SHP = {"Shp_topup": ORDER.topup_id}
OPERATION = "D6C9A2F4-1B3C-4D5E-8F90-ABCDEF012345"


def notification(
    amount: str = "500.000000",
    invoice: str = str(ORDER.invoice),
    password: str = "live-two",
    shp: Mapping[str, str] = SHP,
    algorithm: str = "sha256",
) -> dict[str, str]:
    """A ResultURL form as Robokassa would sign it."""
    text = ":".join([amount, invoice, password, *(f"{name}={shp[name]}" for name in sorted(shp))])
    signature = hashlib.new(algorithm, text.encode()).hexdigest().upper()
    fixed = {"Fee": "19.50", "EMail": "a@example.ru", "PaymentMethod": "BankCard", "IncCurrLabel": "BankCardPSR"}
    return {"OutSum": amount, "InvId": invoice, "SignatureValue": signature, **fixed, **shp}


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in notification().items() if key != name}


def xml(body: str) -> Response:
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n<OperationStateResponse'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xmlns="http://merchant.roboxchange.com/WebService/">{body}</OperationStateResponse>'
    )
    return Response(200, text.encode(), {"Content-Type": "text/xml; charset=utf-8"})


def state(code: object, amount: str = "500.000000") -> Response:
    moment = "2026-11-23T12:00:00.1234567+03:00"
    dates = f"<RequestDate>{moment}</RequestDate><StateDate>{moment}</StateDate>"
    info = (
        "<IncCurrLabel>BankCardPSR</IncCurrLabel><IncSum>519.50</IncSum><IncAccount>4000**0000</IncAccount>"
        "<PaymentMethod><Code>BankCard</Code><Description>Банковская карта</Description></PaymentMethod>"
        f"<OutCurrLabel>BNR</OutCurrLabel><OutSum>{amount}</OutSum><OpKey>{OPERATION}</OpKey>"
    )
    return xml(
        f"<Result><Code>0</Code></Result><State><Code>{code}</Code>{dates}</State><Info>{info}</Info>"
        f"<UserField><Field><Name>Shp_topup</Name><Value>{ORDER.topup_id}</Value></Field></UserField>"
    )


def result(code: object) -> Response:
    return xml(f"<Result><Code>{code}</Code><Description>Some words</Description></Result>")


def known(status: PaymentStatus) -> PaymentState:
    return PaymentState(status=status, amount_kopecks=Kopecks(50000), reference=OPERATION)


BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
DECLARED = Response(200, state(100).body.replace(b"<Operation", b"<!DOCTYPE x []><Operation", 1))
HTML = "<html><body>Технические работы</body></html>"
REFUSED = requests.exceptions.ConnectionError(NewConnectionError(None, "refused"))  # type: ignore[arg-type]

EXCHANGES = (
    *(Exchange(f"state {code}", state(code), known(status)) for code, status in (
        (5, PaymentStatus.PENDING), (10, PaymentStatus.DECLINED), (20, PaymentStatus.PROCESSING),
        (50, PaymentStatus.PROCESSING), (60, PaymentStatus.DECLINED), (80, PaymentStatus.PROCESSING),
        (100, PaymentStatus.PAID),
    )),
    Exchange("a state of tomorrow", state(70), UpstreamBroken),
    Exchange("no state", xml("<Result><Code>0</Code></Result>"), UpstreamBroken),
    Exchange("result 3, not found", result(3), PaymentState(status=PaymentStatus.NOT_FOUND)),
    *(Exchange(f"result {code}", result(code), UpstreamBroken) for code in (1, 2, 4, 1000, 77, "")),
    *(Exchange(f"paid {amount!r}", state(100, amount), UpstreamBroken) for amount in ("", "1e2", "100.005", "12,50")),
    Exchange("HTML", Response(200, HTML.encode(), {"Content-Type": "text/html"}), UpstreamBroken),
    Exchange("another document", Response(200, b"<x/>", {"Content-Type": "text/xml"}), UpstreamBroken),
    Exchange("another namespace", Response(200, state(100).body.replace(b"roboxchange", b"example")), UpstreamBroken),
    Exchange("nothing", Response(200, b""), UpstreamBroken),
    Exchange("a document type", Response(200, BOMB.encode(), {"Content-Type": "text/xml"}), UpstreamBroken),
    Exchange("a document type before a good answer", DECLARED, UpstreamBroken),
    Exchange("another root", Response(200, state(100).body.replace(b"OperationStateResponse", b"Op")), UpstreamBroken),
    Exchange("a redirect", Response(302, b"", {"Location": "https://example.ru"}), UpstreamBroken),
    Exchange("403", Response(403, state(100).body), UpstreamBroken),
    Exchange("500", Response(500, state(100).body), UpstreamBroken),
    Exchange("a broken line", Response(504, dropped=True), UpstreamBroken),
    Exchange("3 MB", Response(200, b" " * 3 * 1024 * 1024), UpstreamBroken),
    Exchange("no connection", REFUSED, UpstreamUnavailable),
)  # fmt: skip


def json_answer(value: object, status: int = 200) -> Response:
    return Response(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


REQUEST = "r-12345678"
TAKEN = {"success": True, "message": None, "requestId": REQUEST}
NO = {"success": False, "message": "NotEnoughOperationFunds", "requestId": None}
ACCEPTED = RefundAnswer(status=RefundStatus.ACCEPTED, request=REQUEST)
REFUNDS = (
    RefundExchange("taken", json_answer(TAKEN), ACCEPTED),
    RefundExchange("a part is taken", json_answer(TAKEN), ACCEPTED, full=False),
    RefundExchange("no", json_answer(NO), RefundAnswer(status=RefundStatus.REFUSED, code="NotEnoughOperationFunds")),
    RefundExchange("no, in odd words", json_answer(NO | {"message": "<b>\u0412\n"}),
                   RefundAnswer(status=RefundStatus.REFUSED, code="refused")),
    RefundExchange("taken without a number", json_answer(TAKEN | {"requestId": None}), OutcomeUnknown),
    RefundExchange("success in a text", json_answer(TAKEN | {"success": "true"}), OutcomeUnknown),
    RefundExchange("400", json_answer({"message": "token is not valid"}, 400), OutcomeUnknown),
    RefundExchange("no, with 403", json_answer(NO, 403), OutcomeUnknown),
    RefundExchange("a list", json_answer([TAKEN]), OutcomeUnknown),
    RefundExchange("HTML", Response(200, HTML.encode(), {"Content-Type": "text/html"}), OutcomeUnknown),
    RefundExchange("nothing", Response(200, b""), OutcomeUnknown),
    RefundExchange("500", json_answer(TAKEN, 500), OutcomeUnknown),
    RefundExchange("a broken line", Response(504, dropped=True), OutcomeUnknown),
    RefundExchange("no connection", REFUSED, UpstreamUnavailable),
    *(RefundExchange(f"asked: {label}", json_answer({"requestId": REQUEST, "amount": 500.0, "label": label}),
                     RefundAnswer(status=status, request=REQUEST, code=code), asked=True)
      for label, status, code in (("finished", RefundStatus.DONE, None), ("processing", RefundStatus.ACCEPTED, None),
                                  ("canceled", RefundStatus.REFUSED, "canceled"))),
    *(RefundExchange(f"asked: {title}", json_answer(body), UpstreamBroken, asked=True) for title, body in (
        ("another one", {"requestId": "r-other-one", "label": "finished"}), ("no such", {"message": "Id is invalid"}),
        ("a label of tomorrow", {"requestId": REQUEST, "label": "lost"}), ("a list", []),
    )),
    RefundExchange("asked: 500", Response(500, b""), UpstreamBroken, asked=True),
)  # fmt: skip

CHARGES = (
    *(ChargeExchange(f"taken: {body!r}", Response(200, body.encode()), ChargeAnswer(status=ChargeStatus.ACCEPTED))
      for body in (f"OK{ORDER.invoice}", f"ok{ORDER.invoice}", f" OK{ORDER.invoice}\r\n")),
    *(ChargeExchange(f"no OK: {body!r}", Response(200, body.encode()), OutcomeUnknown)
      for body in ("OK", "OK1", f"OK{ORDER.invoice}0", "ERROR: 34", HTML, "")),
    ChargeExchange("a redirect", Response(302, f"OK{ORDER.invoice}".encode(), {"Location": "/"}), OutcomeUnknown),
    ChargeExchange("403", Response(403, f"OK{ORDER.invoice}".encode()), OutcomeUnknown),
    ChargeExchange("500", Response(500, f"OK{ORDER.invoice}".encode()), OutcomeUnknown),
    ChargeExchange("a broken line", Response(504, dropped=True), OutcomeUnknown),
    ChargeExchange("no connection", REFUSED, UpstreamUnavailable),
)  # fmt: skip

PRINTS = {"ROBOKASSA_RECEIPTS": "true", "ROBOKASSA_CLOSING_RECEIPT": "true", "ROBOKASSA_SHOP_URL": "https://a.example"}
NUMBERS = {"FnNumber": "9999078902005430", "FiscalDocumentNumber": 141, "FiscalDocumentAttribute": "3214516461",
           "FiscalDate": "2026-11-23T12:01:00", "FiscalType": 1}  # fmt: skip
FOUND = Fiscal(fn="9999078902005430", fd="141", fpd="3214516461", at="2026-11-23T12:01:00")


def told(title: str, answer: Response | Exception, expected: ReceiptState | type[Exception]) -> ReceiptExchange:
    return ReceiptExchange(title, answer, expected, environ=PRINTS)


def attached(title: str, answer: Response | Exception, expected: ReceiptState | type[Exception]) -> ReceiptExchange:
    return ReceiptExchange(title, answer, expected, ReceiptKind.CLOSING, sent=True, environ=PRINTS)


RECEIPTS = (
    told("registered", json_answer({"Code": "2", **NUMBERS}), ReceiptState(status=ReceiptStatus.DONE, fiscal=FOUND)),
    *(told(f"code {code}", json_answer({"Code": code}), ReceiptState(status=status)) for code, status in (
        ("0", ReceiptStatus.WAITING), ("1", ReceiptStatus.WAITING), (1, ReceiptStatus.WAITING),
        ("3", ReceiptStatus.FAILED), ("1000", ReceiptStatus.NOT_FOUND),
    )),
    *(told(f"no answer of theirs: {title}", answer, UpstreamBroken) for title, answer in (
        ("signature", json_answer({"Code": "1001"})), ("a code of tomorrow", json_answer({"Code": "7"})),
        ("registered without numbers", json_answer({"Code": "2"})),
        ("numbers that are none", json_answer({"Code": "2", **NUMBERS, "FnNumber": "<b>"})),
        ("a list", json_answer([])), ("HTML", Response(200, HTML.encode())), ("403", json_answer({"Code": "1"}, 403)),
        ("500", json_answer({"Code": "1"}, 500)), ("a broken line", Response(504, dropped=True)),
    )),
    told("no connection", REFUSED, UpstreamUnavailable),
    *(attached(f"result {code}", json_answer({"ResultCode": code}), ReceiptState(status=status)) for code, status in (
        ("0", ReceiptStatus.WAITING), (1, ReceiptStatus.WAITING), ("2", ReceiptStatus.WAITING),
        ("3", ReceiptStatus.FAILED),
    )),
    *(attached(f"sent, and {title}", answer, OutcomeUnknown) for title, answer in (
        ("an internal error", json_answer({"ResultCode": "1000"})), ("nothing", Response(200, b"")),
        ("HTML", Response(200, HTML.encode())), ("403", json_answer({"ResultCode": "0"}, 403)),
        ("500", json_answer({"ResultCode": "0"}, 500)), ("a broken line", Response(504, dropped=True)),
    )),
    attached("sent, and no connection", REFUSED, UpstreamUnavailable),
)  # fmt: skip

CASE = GatewayCase(
    name="robokassa",
    environ=ENVIRON,
    secrets=("live-one", "live-two", "live-three", "test-one", "test-two"),
    paid=notification(),
    acknowledgement="OK2147483647",
    forged={
        "another sum": notification() | {"OutSum": "5000.000000"},
        "the same sum, written otherwise": notification() | {"OutSum": "500.00"},
        "another invoice": notification() | {"InvId": "7"},
        "another top-up": notification() | {"Shp_topup": "11111111-0b0a-4908-8706-050403020100"},
        "the Shp_ name in another case": {**without("Shp_topup"), "SHP_TOPUP": ORDER.topup_id},
        "the Shp_ field dropped": without("Shp_topup"),
        "a Shp_ field added": notification() | {"Shp_account": "100101"},
        "signed by password 1": notification(password="live-one"),
        "signed by the test password": notification(password="test-two"),
        "signed by nothing": notification(password=""),
        "another hash": notification(algorithm="sha512"),
        "md5": notification(algorithm="md5"),
        "half a signature": notification() | {"SignatureValue": notification()["SignatureValue"][:32]},
        "an empty signature": notification() | {"SignatureValue": ""},
        "a signature not in ASCII": notification() | {"SignatureValue": "\u0130" * 64},
    },
    unreadable={
        **{f"no {name}": without(name) for name in ("OutSum", "InvId", "SignatureValue")},
        **{f"sum {text!r}": notification(amount=text) for text in (
            "1e2", "100.005", "-1", "0", "0.00", "", "NaN", "1_000", "100,00", "+5", " 5", "\u0661\u0660\u0660",
        )},
        **{f"invoice {text!r}": notification(invoice=text) for text in (
            "0", "-5", "+5", "005", "5.0", "", "2147483648", "9" * 30, "\u0665", " 5", "5:6",
        )},
        "a sum that swallows the invoice's colon": notification(amount="500.00:5", invoice="7"),
        "NUL": notification() | {"Fee": "1\x002"},
        "NUL in a name": notification() | {"a\x00": "1"},
        "a line break": notification() | {"Shp_topup": "a\nb"},
        "a lone surrogate in the signature": notification() | {"SignatureValue": "\ud800"},
        "a lone surrogate in a signed value": notification() | {"Shp_x": "\udcff"},
        "two spellings of the top-up": notification(shp={"Shp_topup": "a", "shp_TOPUP": "b"}),
    },
    exchanges=EXCHANGES,
    refunds=REFUNDS,
    charges=CHARGES,
    receipts=RECEIPTS,
)  # fmt: skip
