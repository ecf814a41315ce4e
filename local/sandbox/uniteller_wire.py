"""Uniteller's side of its wire format, written from its documents: signatures, the form, notifications, /results/.

Nothing here may come from the portal's adapter: two programs that share the function that signs
would agree with each other and with nobody else.
"""

import base64
import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from hashlib import md5, sha256
from hmac import compare_digest
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from chalicelib.money import Kopecks, from_rubles, to_rubles
from local.sandbox.fiscal import uniteller_receipts
from local.sandbox.payments import CannotOpen
from local.web import Pairs

MOSCOW = timezone(timedelta(hours=3))
#: The places of the form's signature: the first ten always, the others where the field is sent.
ALWAYS = ("Shop_IDP", "Order_IDP", "Subtotal_P", "MeanType", "EMoneyType", "Lifetime", "Customer_IDP", "Card_IDP",
          "IData", "PT_Code")  # fmt: skip
IF_SENT = ("OrderLifetime", "PhoneVerified", "PaymentTypeLimits", "MerchantOrderId")
CALLBACK_FIELDS = {"AcquirerID", "ApprovalCode", "BillNumber", "Card_IDP", "CardNumber", "IssuerName", "Token_IDP",
                   "Customer_IDP", "ECI", "EMoneyType", "PaymentType", "Total", "Balance"}  # fmt: skip
#: What a row of /results/ can tell; the rest of the document's columns is left empty here.
COLUMNS = ("OrderNumber", "Response_Code", "Recommendation", "Message", "Comment", "Date", "Total", "Currency",
           "CardType", "CardNumber", "ApprovalCode", "BillNumber", "Status", "Error_Code", "Error_Comment",
           "PacketDate", "PaymentType", "need_confirm", "Receipt")  # fmt: skip
UNSET = "*НЕ ЗАДАВАЛСЯ*"
STATUSES = {"paid": "Paid", "declined": "Not Authorized", "canceled": "Canceled"}
LONGEST = timedelta(days=7)


class ResultsError(Exception):
    """The text behind ``ERROR:``."""


@dataclass(frozen=True)
class Point:
    """The point of sale as its cabinet knows it. The defaults are for one machine and mean nothing elsewhere."""

    shop_id: str = "00001234"
    login: str = "4321"
    password: str = "sandbox-uniteller-password"


@dataclass(frozen=True)
class Order:
    number: str
    amount_kopecks: Kopecks
    fields: Mapping[str, str]


def joined(algorithm: Any, slots: Iterable[str]) -> str:
    return str(algorithm("&".join(algorithm(slot.encode()).hexdigest() for slot in slots).encode()).hexdigest()).upper()


def read_order(pairs: Pairs, point: Point, fiscal: bool) -> Order:
    """What the payer's browser brought to the payment page. :raises CannotOpen: as in the page's comment."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise CannotOpen("a parameter is given twice")
    for name in ("Shop_IDP", "Order_IDP", "Subtotal_P", "Signature", "URL_RETURN_OK", "URL_RETURN_NO"):
        if not fields.get(name, "").strip():
            raise CannotOpen(f"{name} is not set")
    if fields["Shop_IDP"] != point.shop_id:
        raise CannotOpen("Shop_IDP is not found")
    slots = [fields.get(name, "") for name in ALWAYS] + [fields[name] for name in IF_SENT if name in fields]
    if not compare_digest(fields["Signature"].encode(), joined(md5, [*slots, point.password]).encode()):
        raise CannotOpen("Signature is not valid")
    amount = _amount(fields["Subtotal_P"])
    if len(fields["Order_IDP"]) > 127:
        raise CannotOpen("Order_IDP is too long")
    if any(len(fields[name]) > 255 or not fields[name].isascii() for name in ("URL_RETURN_OK", "URL_RETURN_NO")):
        raise CannotOpen("URL_RETURN is not valid")
    if not set(fields.get("CallbackFields", "").split()) <= CALLBACK_FIELDS:
        raise CannotOpen("CallbackFields is not valid")
    if len(fields.get("Customer_IDP", "")) > 64 or fields.get("Customer_IDP", "").lower() == "nobody":
        raise CannotOpen("Customer_IDP is not valid")
    if fields.get("IsSaveCard", "1") != "1" or ("IsSaveCard" in fields and not fields.get("Customer_IDP")):
        raise CannotOpen("IsSaveCard is not valid")
    if any(name in fields and not fields[name].isdigit() for name in ("Lifetime", "OrderLifetime")):
        raise CannotOpen("Lifetime is not valid")
    if fiscal:
        _check_receipt(fields, amount, point)
    return Order(fields["Order_IDP"], amount, fields)


def _amount(text: str) -> Kopecks:
    try:
        amount = from_rubles(text)
    except ValueError:
        raise CannotOpen("Subtotal_P is not valid") from None
    if amount <= 0:
        raise CannotOpen("Subtotal_P is not valid")
    return amount


def _check_receipt(fields: Mapping[str, str], amount: Kopecks, point: Point) -> None:
    encoded = fields.get("Receipt", "")
    slots = (fields["Shop_IDP"], fields["Order_IDP"], fields["Subtotal_P"], encoded, point.password)
    if not compare_digest(fields.get("ReceiptSignature", "").encode(), joined(sha256, slots).encode()):
        raise CannotOpen("ReceiptSignature is not valid")
    try:
        receipt = json.loads(base64.b64decode(encoded, validate=True), parse_float=Decimal)
        lines = sum((Decimal(line["sum"]) for line in receipt["lines"]), Decimal(0))
        payments = sum((Decimal(payment["amount"]) for payment in receipt["payments"]), Decimal(0))
        named = all(0 < len(line["name"]) <= 128 and line["payattr"] and line["lineattr"] for line in receipt["lines"])
        same = from_rubles(lines) == from_rubles(payments) == from_rubles(Decimal(receipt["total"])) == amount
    except (ValueError, KeyError, TypeError, InvalidOperation):
        raise CannotOpen("Receipt is not valid") from None
    if not named or not same or len(encoded) > 29_999:
        raise CannotOpen("Receipt is not valid")


def approval_code(row: Mapping[str, Any]) -> str:
    return str(row["bill"][:6])


def notification(row: Mapping[str, Any], status: str, point: Point, spoiled: bool = False) -> str:
    """The form of a notification: the extra fields as the order asked for them, hashed in that order."""
    fields = json.loads(row["fields"])
    total = to_rubles(Kopecks(row["reported_kopecks"]))
    known = {"ApprovalCode": approval_code(row), "BillNumber": row["bill"], "Total": total, "Balance": total,
             "CardNumber": "400000******2487", "PaymentType": "1"}  # fmt: skip
    form = {"Order_ID": row["number"], "Status": status}
    form |= {name: known.get(name, "") for name in fields.get("CallbackFields", "").split()}
    signature = md5("".join([*form.values(), point.password]).encode()).hexdigest().upper()
    if spoiled:
        signature = ("1" if signature[0] != "1" else "2") + signature[1:]
    form["Signature"] = signature
    if "Receipt" in fields:
        receipts = [json.loads(base64.b64decode(fields["Receipt"])) | {"fiscal": {"id": row["bill"], "type": 0}}]
        form["Receipt"] = base64.b64encode(json.dumps(receipts).encode()).decode()
        signed = form["Order_ID"] + status + form["Receipt"] + point.password
        form["ReceiptSignature"] = sha256(signed.encode()).hexdigest().upper()
    return urlencode(form)


def period(fields: Mapping[str, str], now: datetime) -> tuple[datetime, datetime] | None:
    """The range of registration that is asked about; None: the whole history of one order."""
    given = {name for name in fields if name.startswith(("Start", "End"))}
    if not given:
        return None if fields.get("ShopOrderNumber") else (now - timedelta(days=1), now)
    ends = []
    for end in ("Start", "End"):
        names = [f"{end}{part}" for part in ("Year", "Month", "Day", "Hour", "Min")]
        if not set(names) <= given:
            raise ResultsError(f"You need to specify {', '.join(names)} to set {end}Date with time")
        try:
            year, month, day, hour, minute = (int(fields[name]) for name in names)
            ends.append(datetime(year, month, day, hour, minute, tzinfo=MOSCOW))
        except ValueError:
            raise ResultsError(f"{end}Date is not valid") from None
    if ends[1] - ends[0] > LONGEST:
        raise ResultsError("The period is longer than 7 days")
    return ends[0], ends[1] + timedelta(minutes=1)


def results(rows: Iterable[Mapping[str, Any]], fields: Mapping[str, str]) -> str:
    wanted = [name for name in fields.get("S_FIELDS", "").split(";") if name] or list(COLUMNS)
    if not set(wanted) <= set(COLUMNS):
        raise ResultsError("S_FIELDS contains a field which is not allowed")
    values = [[_values(row)[name] or UNSET for name in wanted] for row in rows]
    if fields.get("Format") == "4":
        return _xml(wanted, values)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    if fields.get("Header1") == "1":
        writer.writerow(wanted)
    writer.writerows(values)
    return text.getvalue()


def _values(row: Mapping[str, Any]) -> dict[str, str]:
    paid, empty = row["state"] in ("paid", "canceled"), dict.fromkeys(COLUMNS, "")
    local = datetime.fromisoformat(row["opened_at"]).astimezone(MOSCOW)
    return empty | {
        "OrderNumber": row["number"],
        "Response_Code": "AS000" if paid else "AS102" if row["state"] == "declined" else "",
        "Date": local.strftime("%d.%m.%Y %H:%M:%S"),
        "Total": to_rubles(Kopecks(row["reported_kopecks"])),
        "Currency": "RUB",
        "CardNumber": "400000******2487",
        "ApprovalCode": approval_code(row) if paid else "",
        "BillNumber": row["bill"] if paid else "",
        "Status": STATUSES[row["state"]],
        "PaymentType": "1",
        "need_confirm": "0",
        "Receipt": _receipts(row) if paid else "",
    }


def _receipts(row: Mapping[str, Any]) -> str:
    """Empty where nothing was printed."""
    fields = json.loads(row["fields"])
    if "Receipt" not in fields:
        return ""
    given = json.loads(base64.b64decode(fields["Receipt"]), parse_float=str)
    at = datetime.fromisoformat(row["decided_at"])
    made = uniteller_receipts(given, row["number"], row["amount_kopecks"], at, row.get("returned", []))
    return base64.b64encode(json.dumps(made).encode()).decode()


def _xml(names: list[str], rows: list[list[str]]) -> str:
    orders = "".join(
        "<order>"
        + "".join(f"<{n.lower()}>{escape(v)}</{n.lower()}>" for n, v in zip(names, row, strict=True))
        + "</order>"
        for row in rows
    )
    return (
        "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n"
        f'<unitellerresult firstcode="" secondcode="" count="{len(rows)}"><orders>{orders}</orders></unitellerresult>'
    )
