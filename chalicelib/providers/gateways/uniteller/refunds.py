"""Cancellations and refunds at Uniteller: one call for both, with a receipt [F 3.11] or without [A 4.5.2.3].

It has no key of ours. A full one may be repeated: the second answer is code 16, "has already been cancelled".
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from chalicelib.errors import OutcomeUnknown
from chalicelib.money import to_rubles
from chalicelib.providers import gateways as port
from chalicelib.providers.gateways.uniteller import wire
from chalicelib.providers.gateways.uniteller.settings import Settings
from chalicelib.upstream import Answer

ALREADY = "16"
#: Definite refusals (table 31). 15, "for some reasons the operation was interrupted", is none.
REFUSALS: Mapping[str, str] = {
    "1": "authentication",
    "3": "missing_parameter",
    "4": "not_found",
    "5": "bad_format",
    "10": "bad_field",
    "16": "already_canceled",
    "17": "not_allowed",
    "35": "partial_not_supported",
}
#: What a status after a call that went through means. SBP answers Paid first and becomes Canceled later.
_AFTER: Mapping[str, port.RefundStatus] = {
    "canceled": port.RefundStatus.DONE,
    "cancelled": port.RefundStatus.DONE,
    "partly canceled": port.RefundStatus.DONE,
    "paid": port.RefundStatus.ACCEPTED,
    "authorized": port.RefundStatus.ACCEPTED,
}


def form(refund: port.Refund, number: str, settings: Settings, password: str) -> dict[str, str]:
    """Only what is sent is signed, in this order."""
    if settings.fiscal:
        # the whole goes by the receipt of the payment itself, a part needs one of its own
        fields = {"OrderID": number, "UPID": settings.shop_id, "Subtotal": to_rubles(refund.amount_kopecks)}
        fields |= {} if refund.full else {"Receipt": wire.receipt_of(refund.account, refund.amount_kopecks, settings)}
        return {**fields, "Signature": wire.sh(*fields.values(), password)}
    fields = {"OrderID": number, "Shop_ID": settings.shop_id}
    fields |= {} if refund.full else {"Subtotal_P": to_rubles(refund.amount_kopecks)}
    fields |= {"Format": "1", "RVRReason": "1", "S_FIELDS": "OrderNumber;Response_Code;Status"}
    return {**fields, "Signature": wire.sh(*fields.values(), password)}


def read(answer: Answer, refund: port.Refund, number: str, settings: Settings) -> port.RefundAnswer:
    """:raises OutcomeUnknown: code 15, a receipt that failed, an answer that is not theirs."""
    code, status = _of_json(answer) if settings.fiscal else _of_csv(answer, number)
    if code == "0":
        after = _AFTER.get(status.lower())
        if after is port.RefundStatus.ACCEPTED and not refund.full:
            # a part leaves the order paid: there is nothing to wait for
            after = port.RefundStatus.DONE
        if after is not None:
            return port.RefundAnswer(status=after)
    if code == ALREADY and refund.full:
        return port.RefundAnswer(status=port.RefundStatus.DONE)
    if code in REFUSALS:
        return port.RefundAnswer(status=port.RefundStatus.REFUSED, code=REFUSALS[code])
    raise OutcomeUnknown("uniteller refund: nobody knows whether it was done")


def _of_csv(answer: Answer, number: str) -> tuple[str, str]:
    """The code, "0" for a success, and the status of the order."""
    row = wire.answered_row(answer)
    if "errorcode" in row:
        return row["errorcode"], ""
    good = row.get("ordernumber") == number and row.get("response_code") == "AS000"
    return ("0", row.get("status", "")) if good else ("", "")


def _of_json(answer: Answer) -> tuple[str, str]:
    try:
        body: Any = json.loads(answer.text)
    except (ValueError, RecursionError):
        return "", ""
    if answer.status != 200 or not isinstance(body, dict):
        return "", ""
    code = str(body.get("Code", ""))
    return re.sub(r"^0+(?=.)", "", code), str(body.get("Status", ""))
