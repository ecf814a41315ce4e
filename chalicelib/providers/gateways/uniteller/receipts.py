"""Receipts at Uniteller [F 3.16, appendix 2]: all of an order's come with the answer of /results/, in one column."""

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chalicelib.errors import UpstreamBroken
from chalicelib.money import Kopecks, from_rubles
from chalicelib.providers import gateways as port

COLUMN = "Receipt"
#: ``fiscal.type``: money in, money back. Corrections are made by people.
TYPES: Mapping[str, port.ReceiptKind] = {"0": port.ReceiptKind.PAYMENT, "1": port.ReceiptKind.REFUND}
_DIGITS = re.compile(r"[0-9]{1,20}", re.ASCII)


def printed(columns: Sequence[str]) -> tuple[port.Printed, ...]:
    """All of an order, by its rows' columns. :raises UpstreamBroken: a column that cannot be read."""
    found = []
    for receipt in _all(columns):
        fiscal = receipt.get("fiscal")
        kind = TYPES.get(str(fiscal.get("type"))) if isinstance(fiscal, dict) else None
        if isinstance(fiscal, dict) and kind is not None:
            amount = Kopecks(_total(receipt))
            found.append(port.Printed(kind=kind, amount_kopecks=amount, fiscal=_fiscal(fiscal)))
    return tuple(found)


def _all(columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for column in columns:
        try:
            receipts = json.loads(base64.b64decode(column, validate=True)) if column else []
        except (ValueError, RecursionError):
            raise UpstreamBroken("uniteller get_receipt: a receipt that cannot be read") from None
        if not isinstance(receipts, list):
            raise UpstreamBroken("uniteller get_receipt: no list of receipts")
        yield from (receipt for receipt in receipts if isinstance(receipt, dict))


def _fiscal(fiscal: Mapping[str, Any]) -> port.Fiscal | None:
    """None: it is not registered yet."""
    register, ecr = fiscal.get("register"), fiscal.get("ecr")
    if not isinstance(register, dict) or not isinstance(ecr, dict):
        return None
    numbers = [str(text or "") for text in (ecr.get("fs"), register.get("fiscal_number"), register.get("fiscal_attr"))]
    if not all(_DIGITS.fullmatch(text) for text in numbers):
        return None
    fn, fd, fpd = numbers
    at, link = str(register.get("fiscal_date") or "")[:40], str(register.get("fiscal_link") or "") or None
    return port.Fiscal(fn=fn, fd=fd, fpd=fpd, at=at, link=link)


def _total(receipt: Mapping[str, Any]) -> int:
    try:
        return from_rubles(str(receipt.get("total")))
    except ValueError:
        return -1
