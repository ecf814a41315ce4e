"""Charges of a saved card at Uniteller [A 4.3]: by the number of the parent payment, answered at once in CSV."""

import hmac
from collections.abc import Mapping

from chalicelib.errors import OutcomeUnknown
from chalicelib.money import from_rubles, to_rubles
from chalicelib.providers import gateways as port
from chalicelib.providers.gateways.uniteller import wire
from chalicelib.providers.gateways.uniteller.settings import Settings
from chalicelib.upstream import Answer

#: Declines by Response_Code (8.2): soft ones may be tried again, the others stop the card.
SOFT: Mapping[str, str] = {
    "AS100": "declined",
    "AS102": "no_funds",
    "AS105": "limit",
    "AS107": "data_error",
    "AS109": "limit",
    "AS111": "limit",
    "AS112": "limit",
    "AS200": "repeat",
    "AS998": "system_error",
}
HARD: Mapping[str, str] = {
    "AS101": "card_number",
    "AS104": "expired",
    "AS108": "fraud",
    "AS110": "not_found",
    "AS113": "not_allowed",
    "AS114": "account_blocked",
    "AS115": "account_closed",
    "AS116": "not_allowed",
}
#: "Stop, and make a new parent payment" [4.3.2].
STOP = "F01"
#: Errors of the call (table 14) that prove that nothing was charged. 15, 24 and 28 prove nothing: ask.
REFUSED: Mapping[str, tuple[port.ChargeStatus, str]] = {
    "2": (port.ChargeStatus.DECLINED, "authentication"),
    "3": (port.ChargeStatus.DECLINED, "missing_parameter"),
    "5": (port.ChargeStatus.DECLINED, "bad_format"),
    "22": (port.ChargeStatus.DECLINED, "not_enabled"),
    "23": (port.ChargeStatus.STOPPED, "parent"),
    "25": (port.ChargeStatus.STOPPED, "card_not_active"),
    "26": (port.ChargeStatus.STOPPED, "parent"),
    "27": (port.ChargeStatus.STOPPED, "blacklisted"),
    "53": (port.ChargeStatus.DECLINED, "receipt"),
}


def form(charge: port.SavedCharge, settings: Settings, password: str) -> dict[str, str]:
    """RecurrentType is not sent: nobody says where it stands in the signature."""
    order, prefix = charge.order, settings.order_prefix
    amount, number = to_rubles(order.amount_kopecks), f"{prefix}{order.invoice}"
    fields = {
        "Shop_IDP": settings.shop_id,
        "Order_IDP": number,
        "Subtotal_P": amount,
        "Parent_Order_IDP": f"{prefix}{charge.parent_invoice}",
    }
    fields["Signature"] = wire.md(*fields.values(), password)
    if settings.fiscal:
        receipt = wire.receipt_of(order.account, order.amount_kopecks, settings, order.receipt_to)
        signature = wire.sh(settings.shop_id, number, amount, receipt, password)
        fields |= {"Receipt": receipt, "ReceiptSignature": signature}
    return fields


def read(answer: Answer, charge: port.SavedCharge, number: str, password: str) -> port.ChargeAnswer:
    """A success counts only if it is signed, of our order and of our sum.

    :raises OutcomeUnknown: everything that is neither a signed success nor a definite refusal.
    """
    row = wire.answered_row(answer)
    if "errorcode" in row:
        if row["errorcode"] in REFUSED:
            refusal, word = REFUSED[row["errorcode"]]
            return port.ChargeAnswer(status=refusal, code=word)
        if row["errorcode"] == "28":
            # SBP was asked and has not answered yet
            return port.ChargeAnswer(status=port.ChargeStatus.ACCEPTED)
        raise OutcomeUnknown("uniteller charge_saved: an error that proves nothing")
    if not row or not _is_theirs(row, charge, number, password):
        raise OutcomeUnknown("uniteller charge_saved: an answer that is not theirs")
    code, status = row.get("response_code", ""), row.get("status", "").lower()
    if code == "AS000" and status in {"authorized", "paid"}:
        return port.ChargeAnswer(status=port.ChargeStatus.PAID)
    if row.get("error_code", "").upper() == STOP:
        return port.ChargeAnswer(status=port.ChargeStatus.STOPPED, code="stopped")
    if status == "not authorized" and code in HARD:
        return port.ChargeAnswer(status=port.ChargeStatus.STOPPED, code=HARD[code])
    if status == "not authorized" and code in SOFT:
        return port.ChargeAnswer(status=port.ChargeStatus.DECLINED, code=SOFT[code])
    raise OutcomeUnknown("uniteller charge_saved: a status that we do not know")


def _is_theirs(row: Mapping[str, str], charge: port.SavedCharge, number: str, password: str) -> bool:
    """The signature covers the number and the sum, one after the other; so both are compared with ours."""
    total = row.get("total", "")
    wanted = wire.cat(row.get("ordernumber", ""), total, password)
    try:
        same = hmac.compare_digest(row.get("signature", "").upper().encode(), wanted.encode())
        return same and row.get("ordernumber") == number and from_rubles(total) == charge.order.amount_kopecks
    except ValueError:
        return False
