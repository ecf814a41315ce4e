"""Cancellations in the sandbox of Uniteller: /unblock/ in CSV, and with receipts /v2/cancel in JSON."""

import base64
import json
import secrets
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from chalicelib.clock import Clock
from chalicelib.money import Kopecks, from_rubles, to_rubles
from local.sandbox.state import State, to_state
from local.sandbox.uniteller import Uniteller
from local.sandbox.uniteller_wire import joined

WORDS = {
    1: "Authentication error",
    3: "Mandatory parameter is not present in the request",
    4: "Bill not found",
    5: "Field Subtotal_P has bad format",
    16: "The order has already been cancelled",
    17: "Authorization reversal is not allowed",
}
SIGNED = ("OrderID", "Shop_ID", "Subtotal_P", "Format", "Currency", "RVRReason", "Language", "S_FIELDS")
SIGNED_FISCAL = ("OrderID", "UPID", "Subtotal", "Receipt")


class Cancellations:
    def __init__(self, state: State, clock: Clock, uniteller: Uniteller) -> None:
        self._state, self._clock, self._uniteller = state, clock, uniteller

    def unblock(self, fields: Mapping[str, str]) -> str:
        """The CSV of the answer."""
        code, row = self._cancel(fields, SIGNED, fields.get("Shop_ID"), fields.get("Subtotal_P"))
        if row is None:
            return f"ErrorCode;ErrorMessage\r\n{code};{WORDS[code]}\r\n"
        names = [name for name in fields.get("S_FIELDS", "").split(";") if name]
        values = {"OrderNumber": row["number"], "Response_Code": "AS000", "Status": self._status(row)}
        return f"{';'.join(names)}\r\n{';'.join(values[name] for name in names)}\r\n"

    def fiscal(self, fields: Mapping[str, str]) -> dict[str, Any]:
        """The JSON of the answer. A part needs a receipt of its own."""
        subtotal, receipt = fields.get("Subtotal"), fields.get("Receipt")
        if receipt is not None and (subtotal is None or not _adds_up(receipt, subtotal)):
            return {"Code": "50", "Note": "Receipt is not valid"}
        code, row = self._cancel(fields, SIGNED_FISCAL, fields.get("UPID"), subtotal, receipt is None)
        if row is None:
            return {"Code": str(code), "Note": WORDS[code]}
        left = to_rubles(Kopecks(row["reported_kopecks"] - self._given(row["number"])))
        return {"Code": "0", "Note": "", "Receipt": "", "Status": self._status(row), "Balance": left}

    def _cancel(
        self,
        fields: Mapping[str, str],
        signed: tuple[str, ...],
        shop: str | None,
        subtotal: str | None,
        whole_only: bool = False,
    ) -> tuple[int, dict[str, Any] | None]:
        slots = [fields[name] for name in signed if name in fields]
        if shop != self._uniteller.point.shop_id or not secrets.compare_digest(
            fields.get("Signature", "").encode(), joined(sha256, [*slots, self._uniteller.point.password]).encode()
        ):
            return 1, None
        number = fields.get("OrderID", "")
        row = self._state.row("select * from uniteller where number = ?", number)
        if row is None or row["state"] not in ("paid", "canceled"):
            return 4, None
        left = row["reported_kopecks"] - self._given(number)
        if row["state"] == "canceled" or not left:
            return 16, None
        try:
            kopecks = from_rubles(subtotal) if subtotal is not None else left
        except ValueError:
            return 5, None
        if not 0 < kopecks <= left or (whole_only and kopecks != row["reported_kopecks"]):
            return 17, None
        with self._state.transaction() as connection:
            connection.execute(
                "insert into refund values (?, 'uniteller', ?, ?, 'finished', ?)",
                (secrets.token_hex(8), number, kopecks, to_state(self._clock())),
            )
            if kopecks == left:
                connection.execute("update uniteller set state = 'canceled' where number = ?", (number,))
                self._uniteller.tell(connection, number, "canceled", self._clock(), 1)
        return 0, self._state.row("select * from uniteller where number = ?", number)

    def _given(self, number: str) -> int:
        sql = "select coalesce(sum(kopecks), 0) as sum from refund where company = 'uniteller' and invoice = ?"
        row = self._state.row(sql, number)
        return int(row["sum"]) if row else 0

    def _status(self, row: Mapping[str, Any]) -> str:
        return "Canceled" if row["state"] == "canceled" else "Paid"


def _adds_up(receipt: str, subtotal: str) -> bool:
    try:
        total = json.loads(base64.b64decode(receipt, validate=True), parse_float=Decimal)["total"]
        return from_rubles(Decimal(total)) == from_rubles(subtotal)
    except (ValueError, KeyError, TypeError):
        return False
