"""RoboFiscal in the sandbox of Robokassa: the receipts of payments, and closing ones that the shop sends."""

import base64
import json
from datetime import datetime, timedelta
from decimal import Decimal
from hmac import compare_digest
from typing import Any

from chalicelib.clock import Clock
from chalicelib.money import from_rubles
from local.sandbox.fiscal import Document, document, local_time
from local.sandbox.robokassa_wire import Shop
from local.sandbox.state import State, to_state

#: How long a cash register takes.
TAKES = timedelta(seconds=30)
#: A payment has its own receipt and one more.
MOST = 2


class Receipts:
    def __init__(self, state: State, clock: Clock, shop: Shop) -> None:
        self._state, self._clock, self._shop = state, clock, shop

    def attach(self, body: bytes) -> dict[str, Any]:
        """The JSON of Receipt/Attach."""
        asked = self._read(body)
        if asked is None:
            return {"ResultCode": "1000", "ResultDescription": "signature"}
        payment = self._paid(asked.get("originId"))
        if payment is None or not _adds_up(asked):
            return {"ResultCode": "3", "ResultDescription": "receipt is not valid"}
        number, origin = str(asked["id"]), str(payment["invoice"])
        with self._state.transaction() as connection:
            there = connection.execute("select id from receipt where origin = ?", (origin,)).fetchall()
            if len(there) + 1 >= MOST and number not in {row["id"] for row in there}:
                return {"ResultCode": "3", "ResultDescription": "two receipts are there already"}
            connection.execute(
                "insert or ignore into receipt values (?, ?, ?, ?)",
                (number, origin, int(from_rubles(asked["total"])), to_state(self._clock())),
            )
        return {"ResultCode": "0", "ResultDescription": "ok"}

    def status(self, body: bytes) -> dict[str, Any]:
        """The JSON of Receipt/Status: of a payment's own receipt by its InvId, of a sent one by its id."""
        asked = self._read(body)
        if asked is None:
            return {"Code": "1001", "Description": "signature"}
        number = str(asked.get("id"))
        sent, payment = self._state.row("select * from receipt where id = ?", number), self._paid(number)
        if sent is not None:
            return self._registered(document(sent["id"], sent["kopecks"], "closing"), sent["at"])
        if payment is not None and "Receipt" in json.loads(payment["fields"]):
            made = document(number, payment["amount_kopecks"], "payment")
            return self._registered(made, payment["decided_at"])
        return {"Code": "1000", "Description": "no such receipt"}

    def _registered(self, made: Document, at: str) -> dict[str, Any]:
        done = datetime.fromisoformat(at) + TAKES
        if self._clock() < done:
            return {"Code": "1", "Description": "waiting", "Statuses": []}
        return {
            "Code": "2",
            "Description": "registered",
            "Statuses": [],
            "FnNumber": made.fn,
            "FiscalDocumentNumber": made.fd,
            "FiscalDocumentAttribute": made.fpd,
            "FiscalDate": local_time(done),
            "FiscalType": "1",
        }

    def _paid(self, invoice: Any) -> dict[str, Any] | None:
        text = str(invoice)
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0
        return self._state.row("select * from payment where invoice = ? and state = 'paid'", number)

    def _read(self, body: bytes) -> dict[str, Any] | None:
        try:
            payload, signature = body.split(b".")
            wanted = self._shop.digest(payload.decode() + self._shop.password1)
            if not compare_digest(_decoded(signature).decode().upper(), wanted):
                return None
            asked: dict[str, Any] = json.loads(_decoded(payload), parse_float=Decimal, parse_int=Decimal)
        except (ValueError, UnicodeDecodeError):
            return None
        return asked if asked.get("merchantId") == self._shop.login else None


def _adds_up(asked: dict[str, Any]) -> bool:
    try:
        full = all(item["payment_method"] == "full_payment" for item in asked["items"])
        sums = [sum((Decimal(each["sum"]) for each in asked[name]), Decimal(0)) for name in ("items", "payments")]
        known = asked["operation"] == "sell" and asked["client"] and asked["vats"]
        return bool(full and known and sums == [asked["total"]] * 2 and asked["total"] > 0)
    except (KeyError, TypeError, ArithmeticError):
        return False


def _decoded(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
