"""Receipts at Robokassa (docs.robokassa.ru: second-receipt): asked about by number, the closing one sent by us.

The company makes the first one of a payment by itself, out of the order's Receipt, and at most two of a payment. So a
closing one that is sent twice cannot become two.
"""

import base64
import json
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from chalicelib.errors import OutcomeUnknown, UpstreamBroken
from chalicelib.money import Kopecks, to_rubles
from chalicelib.providers import gateways as port
from chalicelib.providers.gateways.robokassa.settings import Settings
from chalicelib.providers.gateways.robokassa.wire import purpose, sign
from chalicelib.upstream import Answer

#: Code of Receipt/Status
STATES: Mapping[str, port.ReceiptStatus] = {
    "0": port.ReceiptStatus.WAITING,
    "1": port.ReceiptStatus.WAITING,
    "2": port.ReceiptStatus.DONE,
    "3": port.ReceiptStatus.FAILED,
    "1000": port.ReceiptStatus.NOT_FOUND,
}
#: ResultCode of Receipt/Attach. 1000, an internal error, proves nothing.
TAKEN: Mapping[str, port.ReceiptStatus] = {
    "0": port.ReceiptStatus.WAITING,
    "1": port.ReceiptStatus.WAITING,
    "2": port.ReceiptStatus.WAITING,
    "3": port.ReceiptStatus.FAILED,
}
#: An advance bears the computed rate, the service that it pays for the plain one.
PLAIN: Mapping[str, str] = {"vat105": "vat5", "vat107": "vat7", "vat110": "vat10", "vat120": "vat20", "vat122": "vat22"}
HEADERS: Mapping[str, str] = {"Content-Type": "application/json; charset=utf-8"}
_DIGITS = re.compile(r"[0-9]{1,20}", re.ASCII)


def question(wish: port.ReceiptWish, settings: Settings, password: str) -> str:
    number = wish.number if wish.kind is port.ReceiptKind.CLOSING else wish.invoice
    return _sealed(json.dumps({"merchantId": settings.merchant_login, "id": str(number)}), settings, password)


def closing(wish: port.ReceiptWish, settings: Settings, password: str) -> str:
    """ "Paid in full", settled by the advance (type 2). Sums are written as digits: a float would not be money."""
    tax, total = PLAIN.get(settings.tax, settings.tax), to_rubles(wish.amount_kopecks)
    head = {"merchantId": settings.merchant_login, "id": str(wish.number), "originId": str(wish.invoice)}
    head |= {"operation": "sell", "url": settings.shop_url} | ({"sno": settings.sno} if settings.sno else {})
    contact = wish.contact or ""
    client = {"email" if "@" in contact else "phone": contact.lstrip("+")}
    item = {"name": purpose(wish.account, "Услуги связи, лицевой счёт"), "quantity": 1, "tax": tax}
    item |= {"payment_method": "full_payment", "payment_object": "service"}
    line, vat = _cut(item), to_rubles(vat_of(wish.amount_kopecks, tax))
    text = f'{_cut({**head, "client": client})},"total":{total},"items":[{line},"sum":{total}}}]'
    text += f',"payments":[{{"type":2,"sum":{total}}}],"vats":[{{"type":"{tax}","sum":{vat}}}]}}'
    return _sealed(text, settings, password)


def vat_of(amount: Kopecks, tax: str) -> Kopecks:
    """The tax within a sum, half up to a kopeck."""
    rate = int(tax.removeprefix("vat")) if tax.startswith("vat") else 0
    exact = Decimal(amount) * rate / (100 + rate)
    return Kopecks(int(exact.quantize(Decimal(1), ROUND_HALF_UP)))


def state(answer: Answer) -> port.ReceiptState:
    """:raises UpstreamBroken: nothing that is theirs, or a receipt without what finds it."""
    body = _object(answer)
    status = STATES.get(str(body.get("Code")))
    if status is None or answer.status != 200:
        raise UpstreamBroken(f"robokassa get_receipt answered {answer.status} and nothing that we understand")
    return port.ReceiptState(status=status, fiscal=_fiscal(body) if status is port.ReceiptStatus.DONE else None)


def taken(answer: Answer) -> port.ReceiptState:
    """:raises OutcomeUnknown: neither taken nor refused for certain."""
    status = TAKEN.get(str(_object(answer).get("ResultCode")))
    if status is None or answer.status != 200:
        raise OutcomeUnknown(f"robokassa send_receipt answered {answer.status} and nothing that we understand")
    return port.ReceiptState(status=status)


def _fiscal(body: Mapping[str, Any]) -> port.Fiscal:
    found = [str(body.get(name) or "") for name in ("FnNumber", "FiscalDocumentNumber", "FiscalDocumentAttribute")]
    if not all(_DIGITS.fullmatch(text) for text in found):
        raise UpstreamBroken("robokassa get_receipt: a receipt without its numbers")
    fn, fd, fpd = found
    return port.Fiscal(fn=fn, fd=fd, fpd=fpd, at=str(body.get("FiscalDate") or "")[:40])


def _sealed(text: str, settings: Settings, password: str) -> str:
    """The signature is over the encoded text, as the company's own library makes it."""
    encoded = _encoded(text.encode())
    return f"{encoded}.{_encoded(sign(settings.hash, encoded + password).encode())}"


def _cut(value: Mapping[str, Any]) -> str:
    """An object's text without its end."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))[:-1]


def _object(answer: Answer) -> Mapping[str, Any]:
    try:
        body = json.loads(answer.text)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
