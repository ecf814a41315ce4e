"""Robokassa's side of its wire format, written from its documents: signatures, fields, XML.

Nothing here may come from the portal's adapter: two programs that share the function that signs
would agree with each other and with nobody else.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from hmac import compare_digest
from typing import Any
from urllib.parse import unquote_plus, urlencode
from xml.sax.saxutils import escape

from chalicelib.money import Kopecks, from_rubles, to_rubles
from local.web import Pairs

#: The optional parts of the payment page's hash, in its order (docs.robokassa.ru: pay-interface).
OPTIONAL = ("OutSumCurrency", "UserIp", "Receipt", "StepByStep", "ResultUrl2", "SuccessUrl2", "SuccessUrl2Method",
            "FailUrl2", "FailUrl2Method", "Token")  # fmt: skip
TAXES = {"none", "vat0", "vat5", "vat7", "vat10", "vat20", "vat22", "vat105", "vat107", "vat110", "vat120", "vat122"}

#: Start errors that this page can show (docs.robokassa.ru: list of start errors).
ERRORS: Mapping[int, str] = {
    26: "Магазин не найден",
    29: "Неверный параметр SignatureValue",
    30: "Неверный параметр счёта",
    31: "Неверная сумма платежа",
    33: "Время, отведённое на оплату счёта, истекло",
    40: "Повторная оплата счёта с тем же номером невозможна",
}
STATE_CODES = {"paid": 100, "declined": 10}


class StartError(Exception):
    """The payment page does not open; ``code`` is Robokassa's own number."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True)
class Shop:
    """The shop as its cabinet at Robokassa knows it. The defaults are for one machine and mean nothing elsewhere."""

    login: str = "demo-isp"
    password1: str = "sandbox-live-password-1"
    password2: str = "sandbox-live-password-2"
    password3: str = "sandbox-live-password-3"
    test_password1: str = "sandbox-test-password-1"
    test_password2: str = "sandbox-test-password-2"
    algorithm: str = "sha256"

    def first(self, is_test: bool) -> str:
        return self.test_password1 if is_test else self.password1

    def second(self, is_test: bool) -> str:
        return self.test_password2 if is_test else self.password2

    def digest(self, *slots: str) -> str:
        return hashlib.new(self.algorithm, ":".join(slots).encode("utf-8")).hexdigest().upper()


@dataclass(frozen=True)
class Order:
    invoice: int
    amount_kopecks: Kopecks
    is_test: bool
    fields: Mapping[str, str]


def read_order(pairs: Pairs, shop: Shop, now: datetime) -> Order:
    """What the payer's browser brought to Index.aspx. :raises StartError: the page would not open."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise StartError(30, "a field is given twice")
    is_test = fields.get("IsTest") == "1"
    if fields.get("MerchantLogin") != shop.login:
        raise StartError(26)
    _check_signature(fields, shop, is_test)
    invoice = fields["InvId"]
    if not (invoice.isascii() and invoice.isdigit() and 0 < int(invoice) < 2**31):
        raise StartError(30, "InvId")
    if not 0 < len(fields.get("Description", "")) <= 100:
        raise StartError(30, "Description")
    amount = _amount(fields["OutSum"])
    _check_expiration(fields.get("ExpirationDate"), now)
    if "Receipt" in fields:
        _check_receipt(fields["Receipt"], amount)
    return Order(int(invoice), amount, is_test, fields)


def _check_signature(fields: Mapping[str, str], shop: Shop, is_test: bool) -> None:
    slots = [shop.login, fields.get("OutSum", ""), fields.get("InvId", "")]
    slots += [fields[name] for name in OPTIONAL if fields.get(name)]
    slots += [shop.first(is_test), *_echoed(fields)]
    given = fields.get("SignatureValue", "").upper()
    if not compare_digest(given.encode(), shop.digest(*slots).encode()):
        raise StartError(29)
    if "InvId" not in fields or "OutSum" not in fields:
        raise StartError(30, "InvId or OutSum is missing")


def _echoed(fields: Mapping[str, str]) -> list[str]:
    return sorted(f"{name}={value}" for name, value in fields.items() if name[:4].upper() == "SHP_")


def _amount(text: str) -> Kopecks:
    try:
        amount = from_rubles(text)
    except ValueError:
        raise StartError(31, "OutSum") from None
    if amount <= 0:
        raise StartError(31, "OutSum")
    return amount


def _check_expiration(text: str | None, now: datetime) -> None:
    if text is None:
        return
    try:
        moment = datetime.fromisoformat(text)
        expired = moment <= now
    except (ValueError, TypeError):
        raise StartError(30, "ExpirationDate") from None
    if expired:
        raise StartError(33)


def _check_receipt(encoded: str, amount: Kopecks) -> None:
    """The form value is JSON, url-encoded once (docs.robokassa.ru: fiscalization)."""
    try:
        items: list[dict[str, Any]] = json.loads(unquote_plus(encoded), parse_float=Decimal)["items"]
        good = 0 < len(items) <= 100 and all(_good_item(item) for item in items)
        total = sum((Decimal(item["sum"]) for item in items), Decimal(0))
        same = from_rubles(total) == amount
    except (ValueError, KeyError, TypeError, InvalidOperation):
        raise StartError(30, "Receipt") from None
    if not good:
        raise StartError(30, "Receipt")
    if not same:
        raise StartError(31, "the receipt's items do not add up to OutSum")


def _good_item(item: dict[str, Any]) -> bool:
    return 0 < len(item["name"]) <= 128 and Decimal(item["quantity"]) > 0 and item["tax"] in TAXES


def result_body(order: Order, reported: Kopecks, shop: Shop, spoiled: bool) -> str:
    """The form of a ResultURL notification: six decimals, upper-case hash, the Shp_ fields as they came."""
    amount, invoice = f"{to_rubles(reported)}0000", str(order.invoice)
    echoed = {name: value for name, value in order.fields.items() if name[:4].upper() == "SHP_"}
    signature = shop.digest(amount, invoice, shop.second(order.is_test), *_echoed(echoed))
    if spoiled:
        signature = ("1" if signature[0] != "1" else "2") + signature[1:]
    fee = to_rubles(Kopecks(reported * 39 // 1000))
    form = {"OutSum": amount, "InvId": invoice, "Fee": fee, "EMail": "" if order.is_test else "payer@example.ru"}
    form |= {"SignatureValue": signature, "PaymentMethod": "BankCard", "IncCurrLabel": "BankCardPSR", **echoed}
    return urlencode(form)


def return_address(order: Order, shop: Shop, paid: bool) -> str | None:
    """Where the payer goes by GET: a signed success, or a failure that is not signed; None if the order named none."""
    kind = "SuccessUrl2" if paid else "FailUrl2"
    if not (url := order.fields.get(kind)) or order.fields.get(f"{kind}Method") != "GET":
        return None
    amount = order.fields["OutSum"]
    back = {"OutSum": amount, "InvId": str(order.invoice), "Culture": order.fields.get("Culture", "ru")}
    echoed = {name: value for name, value in order.fields.items() if name[:4].upper() == "SHP_"}
    if paid:
        back["SignatureValue"] = shop.digest(amount, str(order.invoice), shop.first(order.is_test), *_echoed(echoed))
    return f"{url}{'&' if '?' in url else '?'}{urlencode(back | echoed)}"


def state_xml(result: int, state: Mapping[str, Any] | None = None) -> str:
    """An OpStateExt answer; the parts below Result are there only if the result is 0."""
    inner = "" if state is None else _operation(state)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<OperationStateResponse xmlns="http://merchant.roboxchange.com/WebService/">'
        f"<Result><Code>{result}</Code></Result>{inner}</OperationStateResponse>"
    )


def _operation(state: Mapping[str, Any]) -> str:
    when, amount = state["decided_at"], to_rubles(Kopecks(state["reported_kopecks"]))
    stamp = f"{when[:26]}0+00:00"
    shp = "".join(
        f"<Field><Name>{escape(name)}</Name><Value>{escape(value)}</Value></Field>"
        for name, value in json.loads(state["fields"]).items()
        if name[:4].upper() == "SHP_"
    )
    return (
        f"<State><Code>{STATE_CODES[state['state']]}</Code><RequestDate>{stamp}</RequestDate>"
        f"<StateDate>{stamp}</StateDate></State><Info><IncCurrLabel>BankCardPSR</IncCurrLabel>"
        f"<IncSum>{amount}</IncSum><IncAccount>{escape(state['card'] or '')}</IncAccount><PaymentMethod>"
        "<Code>BankCard</Code><Description>Банковская карта</Description></PaymentMethod>"
        f"<OutCurrLabel>RUR</OutCurrLabel><OutSum>{amount}</OutSum><OpKey>{state['reference']}</OpKey></Info>"
        f"<UserField>{shp}</UserField>"
    )
