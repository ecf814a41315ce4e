"""Robokassa's wire format: hashes, form fields, the receipt, the XML of OpStateExt."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC
from urllib.parse import quote
from xml.etree import ElementTree

from chalicelib.errors import BadWebhook, OutcomeUnknown, UpstreamBroken
from chalicelib.money import Kopecks, from_rubles, to_rubles
from chalicelib.providers import gateways as port
from chalicelib.providers.gateways.robokassa.settings import Settings
from chalicelib.upstream import Answer

#: State.Code of OpStateExt (docs.robokassa.ru: xml-interfaces). 10 may still turn into 100 with the support's help.
STATES: Mapping[str, port.PaymentStatus] = {
    "5": port.PaymentStatus.PENDING,  # begun, no money yet
    "10": port.PaymentStatus.DECLINED,  # cancelled, no money came
    "20": port.PaymentStatus.PROCESSING,  # held on the card
    "50": port.PaymentStatus.PROCESSING,  # money taken, on its way to the shop
    "60": port.PaymentStatus.DECLINED,  # not credited, returned to the payer
    "80": port.PaymentStatus.PROCESSING,  # stopped by a security check
    "100": port.PaymentStatus.PAID,
}

#: Result.Code of OpStateExt that is neither 0 nor 3, for the log (docs.robokassa.ru: xml-interfaces).
FAULTS: Mapping[str, str] = {
    "1": "our signature is wrong: check the password and the hash",
    "2": "no such shop, or it is switched off",
    "4": "a test and a live operation share the invoice number",
    "1000": "internal error of Robokassa",
}
NOT_FOUND = "3"  # also for a payer who has not confirmed a way to pay yet

NAMESPACE = "{http://merchant.roboxchange.com/WebService/}"
_INVOICE = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
_DECLARATION = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def sign(algorithm: str, *parts: str) -> str:
    """Lower-case hex over the UTF-8 parts joined by colons; Robokassa itself sends upper case."""
    return hashlib.new(algorithm, ":".join(parts).encode()).hexdigest()


def shp_pairs(fields: Mapping[str, str]) -> list[str]:
    """``name=value`` of every Shp_ field, sorted, names in their own letter case (docs.robokassa.ru: pay-interface)."""
    return [f"{name}={fields[name]}" for name in sorted(fields) if name.lower().startswith("shp_")]


def signed_fields(order: port.Order, settings: Settings) -> dict[str, str]:
    """In the order of the hash (docs.robokassa.ru: pay-interface, fiscalization); return addresses hashed plain."""
    return {
        "MerchantLogin": settings.merchant_login,
        "OutSum": to_rubles(order.amount_kopecks),
        "InvId": str(order.invoice),
        "Receipt": quote(_receipt(order, settings), safe=""),
        "SuccessUrl2": order.return_url,
        "SuccessUrl2Method": "GET",
        "FailUrl2": order.return_url,
        "FailUrl2Method": "GET",
    }


def unsigned_fields(order: port.Order) -> dict[str, str]:
    """A parent of later charges may name no lifetime (docs.robokassa.ru: recurring)."""
    fields = {
        "Description": purpose(order.account),
        "Culture": order.language,
        "Encoding": "utf-8",  # the page's default is windows-1251
    }
    if order.save_card:
        return fields | {"Recurring": "true"}
    return fields | {
        "ExpirationDate": order.expires_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00"),
    }


def charge_form(charge: port.SavedCharge, settings: Settings, password: str, shp: Mapping[str, str]) -> dict[str, str]:
    """A child: the parent's number is not in the hash (docs.robokassa.ru: recurring)."""
    order = charge.order
    signed = {
        "MerchantLogin": settings.merchant_login,
        "OutSum": to_rubles(order.amount_kopecks),
        "InvoiceID": str(order.invoice),
        "Receipt": quote(_receipt(order, settings), safe=""),
    }
    signature = sign(settings.hash, *signed.values(), password, *shp_pairs(shp))
    rest = {"PreviousInvoiceID": str(charge.parent_invoice), "Description": purpose(order.account)}
    return {**signed, **rest, **shp, "SignatureValue": signature}


def charged(answer: Answer, invoice: int) -> port.ChargeAnswer:
    """``OK`` and the number: taken, not charged yet. What an error looks like is documented nowhere, so everything
    else may have happened.

    :raises OutcomeUnknown: anything but that.
    """
    if answer.status == 200 and answer.text.strip().upper() == f"OK{invoice}":
        return port.ChargeAnswer(status=port.ChargeStatus.ACCEPTED)
    raise OutcomeUnknown(f"robokassa charge_saved answered {answer.status} and not OK")


def purpose(account: str, words: str = "Пополнение лицевого счёта") -> str:
    """For the payer and the receipt, within the 100 characters of Description: no personal data, always Russian."""
    return f"{words} " + re.sub(r"[^\w./-]", "", account)[:64]


def _receipt(order: port.Order, settings: Settings) -> str:
    """The 54-FZ receipt as JSON text. The sum is written as digits: a float would not be money."""
    line = {"name": purpose(order.account), "quantity": 1, "tax": settings.tax}
    line |= {"payment_method": settings.payment_method, "payment_object": settings.payment_object}
    item = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
    regime = f'"sno":"{settings.sno}",' if settings.sno else ""
    return f'{{{regime}"items":[{item[:-1]},"sum":{to_rubles(order.amount_kopecks)}}}]}}'


def invoice_of(text: str) -> int:
    if not _INVOICE.fullmatch(text) or int(text) >= 2**31:
        raise BadWebhook("InvId is not a number that we give out")
    return int(text)


def positive(text: str) -> Kopecks:
    try:
        if (amount := from_rubles(text)) > 0:
            return amount
    except ValueError:
        pass
    raise BadWebhook("OutSum is not a sum of money above zero")


def parsed(answer: Answer) -> ElementTree.Element:
    """The XML root. A document that declares anything of its own is refused before the parser sees it."""
    if answer.status != 200 or _DECLARATION.search(answer.text):
        raise UpstreamBroken(f"robokassa get_payment answered {answer.status} or a document type")
    try:
        root = ElementTree.fromstring(answer.text)  # noqa: S314 - declarations, the danger, are refused above
    except (ElementTree.ParseError, ValueError):
        raise UpstreamBroken("robokassa get_payment answered no XML") from None
    if root.tag != f"{NAMESPACE}OperationStateResponse":
        raise UpstreamBroken("robokassa get_payment answered another document")
    return root


def payment_state(root: ElementTree.Element) -> port.PaymentState:
    result = _text(root, "Result", "Code")
    if result == NOT_FOUND:
        return port.PaymentState(status=port.PaymentStatus.NOT_FOUND)
    if result != "0":
        raise UpstreamBroken(f"robokassa get_payment: {FAULTS.get(result, 'a result code that we do not know')}")
    status = STATES.get(_text(root, "State", "Code"))
    if status is None:
        raise UpstreamBroken("robokassa get_payment: a state that we do not know")
    amount, paid = _text(root, "Info", "OutSum"), status is port.PaymentStatus.PAID
    try:
        kopecks = from_rubles(amount) if amount or paid else None
    except ValueError:
        raise UpstreamBroken("robokassa get_payment: OutSum is not a sum") from None
    return port.PaymentState(status=status, amount_kopecks=kopecks, reference=_text(root, "Info", "OpKey") or None)


def _text(root: ElementTree.Element, *path: str) -> str:
    return (root.findtext("/".join(NAMESPACE + name for name in path)) or "").strip()
