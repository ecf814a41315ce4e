"""Uniteller for the suite: notifications signed here by hand, answers of /results/ after its documents."""

import json
from base64 import b64encode
from hashlib import md5
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from chalicelib.errors import OutcomeUnknown, UpstreamBroken, UpstreamUnavailable
from chalicelib.money import Kopecks
from chalicelib.providers.gateways import (
    CardFacts,
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
from tests.contract.gateways.suite import (
    ORDER,
    CardExchange,
    ChargeExchange,
    Exchange,
    GatewayCase,
    ReceiptExchange,
    RefundExchange,
)

PASSWORD = "point-password-of-80-characters"
ENVIRON = {"UNITELLER_SHOP_ID": "00001234", "UNITELLER_LOGIN": "4321", "UNITELLER_PASSWORD": PASSWORD}
NUMBER = f"LK-{ORDER.invoice}"
BILL = "627118788812"
EXTRA = {"ApprovalCode": "6559F0", "BillNumber": BILL, "Total": "500.00"}
#: The columns that the adapter asks for, in another order and another case than it does.
HEADER = "ORDERNUMBER;Total;Status;Response_Code;BillNumber;need_confirm"


def notification(
    order: str = NUMBER, status: str = "paid", password: str = PASSWORD, extra: dict[str, str] = EXTRA
) -> dict[str, str]:
    """A notification's form as Uniteller would sign it: the extra fields one after another, as they are sent."""
    signature = md5("".join([order, status, *extra.values(), password]).encode()).hexdigest().upper()
    return {"Order_ID": order, "Status": status, **extra, "Signature": signature}


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in notification().items() if key != name}


def text(body: str, status: int = 200) -> Response:
    return Response(status, body.encode(), {"Content-Type": "text/csv; charset=utf-8"})


def rows(*lines: str, header: str = HEADER) -> Response:
    return text("\r\n".join([header, *lines]) + "\r\n")


def row(status: str, total: str = "500.00", confirm: str = "0", number: str = NUMBER, bill: str = BILL) -> str:
    return f"{number};{total};{status};AS000;{bill};{confirm}"


def known(status: PaymentStatus, kopecks: int | None = 50000, reference: str | None = BILL) -> PaymentState:
    return PaymentState(
        status=status, amount_kopecks=None if kopecks is None else Kopecks(kopecks), reference=reference
    )


NOT_FOUND = PaymentState(status=PaymentStatus.NOT_FOUND)
PAID = known(PaymentStatus.PAID)
HTML = "<html><body>Технические работы</body></html>"
REFUSED = requests.exceptions.ConnectionError(NewConnectionError(None, "refused"))  # type: ignore[arg-type]
OTHERS = "15;x;5;2026-1;500.00;Paid;AS000;1;0"

EXCHANGES = (
    *(Exchange(f"status {status}", rows(row(status)), known(meaning)) for status, meaning in (
        ("Authorized", PaymentStatus.PAID), ("Paid", PaymentStatus.PAID), ("PAID", PaymentStatus.PAID),
        ("Not Authorized", PaymentStatus.DECLINED), ("Waiting", PaymentStatus.PENDING),
        ("Pending", PaymentStatus.PENDING), ("Canceled", PaymentStatus.RETURNED),
        ("Cancelled", PaymentStatus.RETURNED), ("Partly canceled", PaymentStatus.PARTLY_RETURNED),
    )),
    Exchange("SBP after a return: a sum of nought", rows(row("Canceled", "0")), known(PaymentStatus.RETURNED, 0)),
    Exchange("held and not confirmed", rows(row("Authorized", confirm="1")), known(PaymentStatus.PROCESSING)),
    Exchange("quoted", rows(";".join(f'"{each}"' for each in row("Paid").split(";"))), PAID),
    Exchange("unset values", rows(row("Not Authorized", "*НЕ ЗАДАВАЛСЯ*", bill="*НЕ ЗАДАВАЛСЯ*")),
             known(PaymentStatus.DECLINED, None, None)),
    Exchange("a mark of the byte order", text("\ufeff" + HEADER + "\n" + row("Paid")), PAID),
    Exchange("kopecks", rows(row("Paid", "500.5")), known(PaymentStatus.PAID, 50050)),
    Exchange("two tries, the second paid", rows(row("Not Authorized"), row("Paid")), PAID),
    Exchange("two tries, the first paid", rows(row("Paid"), row("Not Authorized")), PAID),
    Exchange("paid and returned", rows(row("Paid"), row("Canceled")), known(PaymentStatus.RETURNED)),
    Exchange("a row of another system", rows(OTHERS, row("Paid")), PAID),
    Exchange("nothing but other systems", rows(OTHERS, row("Paid", number="15")), NOT_FOUND),
    Exchange("another number of ours", rows(row("Paid", number="LK-7")), NOT_FOUND),
    Exchange("our prefix and no number", rows(row("Paid", number="LK-7a")), NOT_FOUND),
    Exchange("no rows", rows(), NOT_FOUND),
    Exchange("an empty answer", text(""), NOT_FOUND),
    Exchange("a status of tomorrow", rows(row("Blocked")), UpstreamBroken),
    Exchange("no status", rows(row("")), UpstreamBroken),
    *(Exchange(f"paid {total!r}", rows(row("Paid", total)), UpstreamBroken) for total in ("", "1e2", "1.005", "12,5")),
    Exchange("a short row of ours", rows(f"{NUMBER};500.00"), UpstreamBroken),
    Exchange("a long row of ours", rows(row("Paid") + ";more"), UpstreamBroken),
    Exchange("another table", rows(row("Paid"), header="a;b;c;d;e;f"), UpstreamBroken),
    Exchange("a column twice", rows(row("Paid"), header="OrderNumber;Total;Status;Status;a;b"), UpstreamBroken),
    *(Exchange(f"ERROR: {words}", text(f"ERROR: {words}"), UpstreamBroken) for words in
      ("Authentication error", "You need to specify EndYear", "")),
    Exchange("HTML", Response(200, HTML.encode(), {"Content-Type": "text/html"}), UpstreamBroken),
    Exchange("XML", text("<?xml version='1.0'?><unitellerresult firstcode='1'/>"), UpstreamBroken),
    Exchange("too often", text("Too Many Connections", 429), UpstreamBroken),
    Exchange("403", Response(403, rows(row("Paid")).body), UpstreamBroken),
    Exchange("a redirect", Response(302, b"", {"Location": "https://example.ru"}), UpstreamBroken),
    Exchange("500", Response(500, rows(row("Paid")).body), UpstreamBroken),
    Exchange("a broken line", Response(504, dropped=True), UpstreamBroken),
    Exchange("3 MB", Response(200, b" " * 3 * 1024 * 1024), UpstreamBroken),
    Exchange("no connection", REFUSED, UpstreamUnavailable),
)  # fmt: skip

FISCAL = {"UNITELLER_FISCAL": "true"}
DONE, ACCEPTED = RefundAnswer(status=RefundStatus.DONE), RefundAnswer(status=RefundStatus.ACCEPTED)


def canceled(status: str, code: str = "AS000", number: str = NUMBER) -> Response:
    return text(f"OrderNumber;Response_Code;Status\r\n{number};{code};{status}\r\n")


def error(code: int) -> Response:
    return text(f"ErrorCode;ErrorMessage\r\n{code};Some words\r\n")


def no(code: str) -> RefundAnswer:
    return RefundAnswer(status=RefundStatus.REFUSED, code=code)


def fiscal(code: object, status: str = "Canceled") -> Response:
    return text(json.dumps({"Code": code, "Note": "", "Receipt": "", "Status": status, "Balance": "0"}))


WORDS = {1: "authentication", 3: "missing_parameter", 4: "not_found", 5: "bad_format", 10: "bad_field",
         17: "not_allowed", 35: "partial_not_supported"}  # fmt: skip
REFUNDS = (
    RefundExchange("canceled", canceled("Canceled"), DONE),
    RefundExchange("SBP: paid, and canceled later", canceled("Paid"), ACCEPTED),
    RefundExchange("a part: the order stays paid", canceled("Paid"), DONE, full=False),
    RefundExchange("a part, told as such", canceled("Partly canceled"), DONE, full=False),
    RefundExchange("code 16 for the whole: it has been done", error(16), DONE),
    RefundExchange("code 16 for a part: it cannot be done", error(16), no("already_canceled"), full=False),
    *(RefundExchange(f"code {code}", error(code), no(word)) for code, word in WORDS.items()),
    RefundExchange("code 15: interrupted", error(15), OutcomeUnknown),
    RefundExchange("a code of tomorrow", error(99), OutcomeUnknown),
    RefundExchange("another order", canceled("Canceled", number="LK-7"), OutcomeUnknown),
    RefundExchange("not approved", canceled("Canceled", "AS100"), OutcomeUnknown),
    RefundExchange("a status of tomorrow", canceled("Blocked"), OutcomeUnknown),
    RefundExchange("ERROR:", text("ERROR: Authentication error"), OutcomeUnknown),
    RefundExchange("HTML", Response(200, HTML.encode(), {"Content-Type": "text/html"}), OutcomeUnknown),
    RefundExchange("nothing", text(""), OutcomeUnknown),
    RefundExchange("403", Response(403, canceled("Canceled").body), OutcomeUnknown),
    RefundExchange("500", Response(500, canceled("Canceled").body), OutcomeUnknown),
    RefundExchange("a broken line", Response(504, dropped=True), OutcomeUnknown),
    RefundExchange("no connection", REFUSED, UpstreamUnavailable),
    RefundExchange("with a receipt", fiscal("0"), DONE, environ=FISCAL),
    RefundExchange("with a receipt, 00", fiscal("00"), DONE, environ=FISCAL),
    RefundExchange("with a receipt, a number", fiscal(0), DONE, environ=FISCAL),
    RefundExchange("with a receipt, code 16", fiscal("16"), DONE, environ=FISCAL),
    RefundExchange("with a receipt, code 17", fiscal("17"), no("not_allowed"), environ=FISCAL),
    *(RefundExchange(f"the receipt failed, {code}", fiscal(code), OutcomeUnknown, environ=FISCAL) for code in (50, 51)),
    RefundExchange("with a receipt, HTML", text(HTML), OutcomeUnknown, environ=FISCAL),
    RefundExchange("with a receipt, a list", text("[]"), OutcomeUnknown, environ=FISCAL),
    RefundExchange("asked: canceled", rows(row("Canceled")), DONE, asked=True),
    RefundExchange("asked: still paid", rows(row("Paid")), ACCEPTED, asked=True),
    RefundExchange("asked: HTML", text(HTML), UpstreamBroken, asked=True),
)  # fmt: skip


def charged(
    code: str, status: str, error_code: str = "", number: str = NUMBER, total: str = "500.00", password: str = PASSWORD
) -> Response:
    signature = md5(f"{number}{total}{password}".encode()).hexdigest().upper()
    names = "OrderNumber;Response_Code;Total;Status;Error_Code;Signature"
    return text(f"{names}\r\n{number};{code};{total};{status};{error_code};{signature}\r\n")


def answer(status: ChargeStatus, code: str | None = None) -> ChargeAnswer:
    return ChargeAnswer(status=status, code=code)


DECLINED, STOPPED = ChargeStatus.DECLINED, ChargeStatus.STOPPED
SOFT = {"AS100": "declined", "AS102": "no_funds", "AS105": "limit", "AS107": "data_error", "AS109": "limit",
        "AS111": "limit", "AS112": "limit", "AS200": "repeat", "AS998": "system_error"}  # fmt: skip
HARD = {"AS101": "card_number", "AS104": "expired", "AS108": "fraud", "AS110": "not_found", "AS113": "not_allowed",
        "AS114": "account_blocked", "AS115": "account_closed", "AS116": "not_allowed"}  # fmt: skip
ERRORS = {2: (DECLINED, "authentication"), 3: (DECLINED, "missing_parameter"), 5: (DECLINED, "bad_format"),
          22: (DECLINED, "not_enabled"), 23: (STOPPED, "parent"), 25: (STOPPED, "card_not_active"),
          26: (STOPPED, "parent"), 27: (STOPPED, "blacklisted"), 53: (DECLINED, "receipt")}  # fmt: skip
NO = "Not Authorized"
CHARGES = (
    *(ChargeExchange(f"charged: {status}", charged("AS000", status), answer(ChargeStatus.PAID))
      for status in ("Authorized", "Paid", "paid")),
    ChargeExchange("charged, written 500.0", charged("AS000", "Paid", total="500.0"), answer(ChargeStatus.PAID)),
    *(ChargeExchange(f"soft {code}", charged(code, NO), answer(DECLINED, word)) for code, word in SOFT.items()),
    *(ChargeExchange(f"hard {code}", charged(code, NO), answer(STOPPED, word)) for code, word in HARD.items()),
    ChargeExchange("F01: stop", charged("AS998", NO, "F01"), answer(STOPPED, "stopped")),
    *(ChargeExchange(f"error {code}", error(code), answer(status, word)) for code, (status, word) in ERRORS.items()),
    ChargeExchange("28: SBP has not answered", error(28), answer(ChargeStatus.ACCEPTED)),
    *(ChargeExchange(f"error {code} proves nothing", error(code), OutcomeUnknown) for code in (15, 24, 99)),
    ChargeExchange("signed by another", charged("AS000", "Paid", password="x"), OutcomeUnknown),
    ChargeExchange("another sum, well signed", charged("AS000", "Paid", total="5000.00"), OutcomeUnknown),
    ChargeExchange("another order, well signed", charged("AS000", "Paid", number="LK-7"), OutcomeUnknown),
    ChargeExchange("no sum", charged("AS000", "Paid", total=""), OutcomeUnknown),
    ChargeExchange("approved and waiting", charged("AS000", "Waiting"), OutcomeUnknown),
    ChargeExchange("a code of tomorrow", charged("AS555", NO), OutcomeUnknown),
    ChargeExchange("declined and paid", charged("AS102", "Paid"), OutcomeUnknown),
    ChargeExchange("HTML", text(HTML), OutcomeUnknown),
    ChargeExchange("nothing", text(""), OutcomeUnknown),
    ChargeExchange("403", Response(403, charged("AS000", "Paid").body), OutcomeUnknown),
    ChargeExchange("500", Response(500, charged("AS000", "Paid").body), OutcomeUnknown),
    ChargeExchange("a broken line", Response(504, dropped=True), OutcomeUnknown),
    ChargeExchange("no connection", REFUSED, UpstreamUnavailable),
)  # fmt: skip

FOUND = Fiscal(fn="9999078902005430", fd="141", fpd="3214516461", at="23.11.2026 12:01")


def printed(type: str = "0", total: object = "500.00", fd: object = "141", link: str = "", **register: str) -> Any:
    numbers = {"fiscal_number": fd, "fiscal_attr": FOUND.fpd, "fiscal_date": FOUND.at, "fiscal_link": link}
    fiscal = {"id": "1", "type": type, "register": numbers | register, "ecr": {"fs": FOUND.fn}}
    return {"total": total, "fiscal": fiscal}


def encoded(*receipts: object) -> str:
    return b64encode(json.dumps(receipts).encode()).decode()


def column(*receipts: object) -> Response:
    return rows(f"{row('Paid')};{encoded(*receipts)}", header=f"{HEADER};Receipt")


def told(
    title: str,
    answer: Response | Exception,
    expected: ReceiptState | type[Exception],
    kind: ReceiptKind = ReceiptKind.PAYMENT,
) -> ReceiptExchange:
    return ReceiptExchange(title, answer, expected, kind, environ=FISCAL)


REGISTERED, WAITING = ReceiptState(status=ReceiptStatus.DONE, fiscal=FOUND), ReceiptState(status=ReceiptStatus.WAITING)
LINK = "https://check.example.ru/1"
RECEIPTS = (
    told("registered", column(printed()), REGISTERED),
    told("a sum as a number", column(printed(total=500)), REGISTERED),
    told("a type as a number", column(printed(type=0)), REGISTERED),  # type: ignore[arg-type]
    told("with a link", column(printed(link=LINK)),
         ReceiptState(status=ReceiptStatus.DONE, fiscal=FOUND.model_copy(update={"link": LINK}))),
    told("of the return", column(printed(fd="9"), printed("1")), REGISTERED, ReceiptKind.REFUND),
    told("of two returns, the one that is not taken", column(printed("1", fd="77"), printed("1")), REGISTERED,
         ReceiptKind.REFUND),
    told("of a return of another sum", column(printed("1", total="100.00")), WAITING, ReceiptKind.REFUND),
    told("of the payment alone", column(printed()), WAITING, ReceiptKind.REFUND),
    told("a correction", column(printed("2")), WAITING),
    told("of another sum", column(printed(total="5.00")), WAITING),
    told("not registered yet", column(printed(fd="")), WAITING),
    told("numbers that are none", column(printed(fd="<b>")), WAITING),
    told("no sum", column(printed(total=None)), WAITING),
    told("no receipts", column(), WAITING),
    told("an empty column", rows(f"{row('Paid')};", header=f"{HEADER};Receipt"), WAITING),
    told("no column", rows(row("Paid")), WAITING),
    told("no order", rows(header=f"{HEADER};Receipt"), WAITING),
    told("something else among them", column("x", 1, None, {"total": 5}, printed()), REGISTERED),
    told("a column that is not base64", rows(f"{row('Paid')};@@", header=f"{HEADER};Receipt"), UpstreamBroken),
    told("a column that is no list", rows(f"{row('Paid')};e30=", header=f"{HEADER};Receipt"), UpstreamBroken),
    told("an error", text("ERROR: Authentication error"), UpstreamBroken),
    told("HTML", text(HTML), UpstreamBroken),
    told("500", Response(500, b""), UpstreamBroken),
    told("a broken line", Response(504, dropped=True), UpstreamBroken),
    told("no connection", REFUSED, UpstreamUnavailable),
)  # fmt: skip

CARD_HEAD = "Card_IDP;CardType;CardNumber;CardStatus;AcquirerID;IsOwnCard;CardName;IsDefault;CardExpDate"
TELLING = {"UNITELLER_RECURRING": "true", "UNITELLER_CARDS": "true"}
KNOWN = CardFacts(mask="•• 4242", expires="2035-01")


def card(status: str = "1", expires: str = "3501", number: str = "427601******4242") -> str:
    return f"{'7' * 40};visa;{number};{status};Bank;0;;1;{expires}"


CARDS = (
    CardExchange("one card", rows(card(), header=CARD_HEAD), KNOWN),
    CardExchange("without a head", text(card() + "\r\n"), KNOWN),
    CardExchange("quoted", rows(*(";".join(f'"{each}"' for each in card().split(";")),), header=CARD_HEAD), KNOWN),
    CardExchange("another order", rows("3501;1;4242", header="CARDEXPDATE;CardStatus;cardnumber"), KNOWN),
    CardExchange("a blocked one beside it", rows(card("2", "2601"), card(), header=CARD_HEAD), KNOWN),
    CardExchange("blocked", rows(card("2"), header=CARD_HEAD), CardFacts()),
    CardExchange("not confirmed", rows(card("0"), header=CARD_HEAD), CardFacts()),
    CardExchange("no end", rows(card(expires=""), header=CARD_HEAD), CardFacts(mask="•• 4242")),
    CardExchange("no number", rows(card(number=""), header=CARD_HEAD), CardFacts(expires="2035-01")),
    CardExchange("no card", rows(header=CARD_HEAD), CardFacts()),
    CardExchange("an empty answer", text(""), CardFacts()),
    CardExchange("two cards", rows(card(), card(expires="3002"), header=CARD_HEAD), UpstreamBroken),
    *(CardExchange(f"end {words!r}", rows(card(expires=words), header=CARD_HEAD), UpstreamBroken)
      for words in ("3513", "3500", "01/35", "203501", "٣501")),
    CardExchange("a short row", rows("1;visa", header=CARD_HEAD), UpstreamBroken),
    CardExchange("another table", rows("1;2", header="a;b"), UpstreamBroken),
    *(CardExchange(f"error {code}", error(code), UpstreamBroken) for code in (1, 3, 5, 15, 30)),
    CardExchange("ERROR:", text("ERROR: Authentication error"), UpstreamBroken),
    CardExchange("HTML", text(HTML), UpstreamBroken),
    CardExchange("too often", text("Too Many Connections", 429), UpstreamBroken),
    CardExchange("500", Response(500, rows(card(), header=CARD_HEAD).body), UpstreamBroken),
    CardExchange("a broken line", Response(504, dropped=True), UpstreamBroken),
    CardExchange("no connection", REFUSED, UpstreamUnavailable),
)  # fmt: skip

CASE = GatewayCase(
    name="uniteller",
    environ=ENVIRON,
    secrets=(PASSWORD,),
    paid=notification(),
    acknowledgement="OK",
    forged={
        "another order": notification() | {"Order_ID": "LK-7"},
        "another status": notification() | {"Status": "canceled"},
        "the same status, written otherwise": notification() | {"Status": "Paid"},
        "another sum": notification() | {"Total": "5000.00"},
        "the sum dropped": without("Total"),
        "a field added": notification() | {"Balance": "500.00"},
        "another password": notification(password="another"),
        "no password": notification(password=""),
        "half a signature": notification() | {"Signature": notification()["Signature"][:16]},
        "an empty signature": notification() | {"Signature": ""},
        "a signature not in ASCII": notification() | {"Signature": "\u0130" * 32},
    },
    unreadable={
        **{f"no {name}": without(name) for name in ("Order_ID", "Status", "Signature")},
        **{f"status {status!r}": notification(status=status) for status in ("", "blocked", " paid", "0paid")},
        "no order": notification(order=""),
        "an order too long": notification(order="LK-" + "1" * 125),
        "a receipt without its signature": notification() | {"Receipt": "W10="},
        "a receipt's signature without it": notification() | {"ReceiptSignature": "00"},
        "NUL": notification() | {"Total": "5\x00"},
        "NUL in a name": notification() | {"a\x00": "1"},
        "a line break": notification(order="LK-7\n"),
        "a lone surrogate in the signature": notification() | {"Signature": "\ud800"},
        "a lone surrogate in a signed value": notification() | {"Total": "\udcff"},
    },
    exchanges=EXCHANGES,
    refunds=REFUNDS,
    charges=CHARGES,
    receipts=RECEIPTS,
    cards=CARDS,
    telling=TELLING,
    order=NUMBER,
    proven=False,
    signature_characters=32,
)  # fmt: skip
