"""Refunds in the sandbox of Robokassa: a JWT by password 3 asks for one, half an hour later it is finished."""

import base64
import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from chalicelib.clock import Clock
from chalicelib.money import from_rubles, to_rubles
from local.sandbox.robokassa_wire import Shop
from local.sandbox.state import State, to_state

#: How long the bank takes.
TAKES = timedelta(minutes=30)


class Refunds:
    def __init__(self, state: State, clock: Clock, shop: Shop) -> None:
        self._state, self._clock, self._shop = state, clock, shop

    def create(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """The status and the JSON of Refund/Create."""
        asked = self._read(body)
        if asked is None:
            return 400, {"message": "token is not valid"}
        row = self._state.row("select * from payment where reference = ? and state = 'paid'", str(asked.get("OpKey")))
        if row is None or row["is_test"]:
            return _no("OperationNotFound")
        with self._state.transaction() as connection:
            given = connection.execute(
                "select coalesce(sum(kopecks), 0) as sum from refund where company = 'robokassa' and invoice = ?"
                " and state != 'canceled'",
                (str(row["invoice"]),),
            ).fetchone()["sum"]
            left = row["reported_kopecks"] - given
            kopecks = from_rubles(asked["RefundSum"]) if "RefundSum" in asked else left
            if not 0 < kopecks <= left:
                return _no("NotEnoughOperationFunds")
            items = asked.get("InvoiceItems", [])
            if items and sum(Decimal(item["Cost"]) * Decimal(item["Quantity"]) for item in items) * 100 != kopecks:
                return _no("InvoiceItemsSumIsWrong")
            id = f"{secrets.token_hex(4)}-{secrets.token_hex(8)}"
            connection.execute(
                "insert into refund values (?, 'robokassa', ?, ?, 'processing', ?)",
                (id, str(row["invoice"]), kopecks, to_state(self._clock())),
            )
        return 200, {"success": True, "message": None, "requestId": id}

    def state(self, id: str) -> tuple[int, dict[str, Any]]:
        """The status and the JSON of Refund/GetState."""
        row = self._state.row("select * from refund where id = ? and company = 'robokassa'", id)
        if row is None:
            return 200, {"message": "Id is invalid or request id does not exist"}
        label = row["state"]
        if label == "processing" and self._clock() >= datetime.fromisoformat(row["at"]) + TAKES:
            label = "finished"
        return 200, {"requestId": id, "amount": float(to_rubles(row["kopecks"])), "label": label}

    def _read(self, body: bytes) -> dict[str, Any] | None:
        try:
            head, payload, signature = body.split(b".")
            wanted = hmac.new(self._shop.password3.encode(), head + b"." + payload, hashlib.sha256).digest()
            if not hmac.compare_digest(_decoded(signature), wanted) or json.loads(_decoded(head))["alg"] != "HS256":
                return None
            asked: dict[str, Any] = json.loads(_decoded(payload), parse_float=Decimal, parse_int=Decimal)
        except (ValueError, KeyError, TypeError):
            return None
        return asked


def _decoded(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


def _no(word: str) -> tuple[int, dict[str, Any]]:
    return 200, {"success": False, "message": word, "requestId": None}
