"""Charges of saved cards: how each card behaves, and what the companies answer to whoever charges it.

A card is named by the payment that saved it. Unless told otherwise it is good; one that is ``pending`` is taken and
says nothing until it is set anew, which also decides what has waited.
"""

import json
import secrets
from collections.abc import Mapping
from hashlib import md5
from hmac import compare_digest

from chalicelib.clock import Clock
from chalicelib.money import Kopecks, from_rubles, to_rubles
from local.sandbox.deliveries import FIRST
from local.sandbox.payments import LATE, CardState, Outcome, Told, times
from local.sandbox.robokassa import Robokassa
from local.sandbox.robokassa_wire import Order as RobokassaOrder, result_body
from local.sandbox.state import State, to_state
from local.sandbox.uniteller import Uniteller
from local.sandbox.uniteller_wire import joined

_HEAD = (
    "OrderNumber;Response_Code;Recommendation;Message;Comment;Date;Total;Currency;CardType;CardNumber;LastName;"
    "FirstName;MiddleName;Address;Email;ApprovalCode;CVC2;CardHolder;IPAddress;BillNumber;BankName;Status;Error_Code;"
    "Error_Comment;PacketDate;PaymentType;Phone;Signature"
)
_CODES: Mapping[str, tuple[str, str]] = {
    "no_funds": ("AS102", ""),
    "expired": ("AS104", ""),
    "stolen": ("AS108", "F01"),
}


class Cards:
    def __init__(self, state: State) -> None:
        self._state = state

    def put(self, company: str, invoice: str, behaves: CardState, told: Told) -> None:
        self._state.change("insert or replace into card values (?, ?, ?, ?)", company, invoice, behaves, told)

    def of(self, company: str, invoice: str) -> tuple[CardState, Told]:
        row = self._state.row("select * from card where company = ? and invoice = ?", company, invoice)
        return (row["state"], row["webhook"]) if row is not None else ("good", "normal")


class RobokassaCards:
    """``Merchant/Recurring``: it says that it has taken a charge, never what became of it."""

    def __init__(self, state: State, clock: Clock, cards: Cards, robokassa: Robokassa) -> None:
        self._state, self._clock, self._cards, self._shop = state, clock, cards, robokassa.shop

    def charge(self, fields: Mapping[str, str]) -> str:
        order = self._order(fields)
        if order is None:
            return "ERROR: 29"
        parent = self._state.row(
            "select * from payment where invoice = ?", _number(fields.get("PreviousInvoiceID", ""))
        )
        if parent is None or parent["state"] != "paid" or not _saves(parent["fields"], "Recurring", "true"):
            return "ERROR: 35"
        behaves, told = self._cards.of("robokassa", str(parent["invoice"]))
        with self._state.transaction() as connection:
            taken = connection.execute(
                "insert or ignore into payment values (?, ?, ?, 'opened', 0, ?, ?, null, null, null, ?)",
                (order.invoice, order.amount_kopecks, order.amount_kopecks, json.dumps(dict(fields)),
                 to_state(self._clock()), secrets.token_hex(16).upper()),
            )  # fmt: skip
        if not taken.rowcount:
            return "ERROR: 40"
        if behaves != "pending":
            self._decide(order, "paid" if behaves == "good" else "declined", told)
        return f"OK{order.invoice}"

    def settle(self, parent: str) -> None:
        """What has waited is decided as the card behaves now."""
        behaves, told = self._cards.of("robokassa", parent)
        for row in self._state.rows("select * from payment where state = 'opened'"):
            if behaves != "pending" and _saves(row["fields"], "PreviousInvoiceID", parent):
                fields = json.loads(row["fields"])
                order = RobokassaOrder(row["invoice"], Kopecks(row["amount_kopecks"]), False, fields)
                self._decide(order, "paid" if behaves == "good" else "declined", told)

    def _order(self, fields: Mapping[str, str]) -> RobokassaOrder | None:
        shop, number = self._shop, _number(fields.get("InvoiceID", ""))
        slots = [shop.login, fields.get("OutSum", ""), fields.get("InvoiceID", "")]
        slots += [fields["Receipt"]] if "Receipt" in fields else []
        slots += [shop.password1, *sorted(f"{n}={v}" for n, v in fields.items() if n.lower().startswith("shp_"))]
        given = fields.get("SignatureValue", "").upper()
        if fields.get("MerchantLogin") != shop.login or not compare_digest(
            given.encode(), shop.digest(*slots).encode()
        ):
            return None
        try:
            return RobokassaOrder(number, from_rubles(fields["OutSum"]), False, fields) if number else None
        except ValueError:
            return None

    def _decide(self, order: RobokassaOrder, outcome: Outcome, told: Told) -> None:
        now = self._clock()
        with self._state.transaction() as connection:
            connection.execute(
                "update payment set state = ?, decided_at = ?, webhook = ? where invoice = ?",
                (outcome, to_state(now), told, order.invoice),
            )
            for _ in range(times(told) if outcome == "paid" else 0):
                at = to_state(now + LATE if told == "late" else now)
                body = result_body(order, order.amount_kopecks, self._shop, spoiled=False)
                connection.execute(FIRST, ("robokassa", str(order.invoice), body, at, at))


class UnitellerCards:
    """``/recurrent/``: two lines of CSV, signed, or an error."""

    def __init__(self, state: State, clock: Clock, cards: Cards, uniteller: Uniteller) -> None:
        self._state, self._clock, self._cards, self._uniteller = state, clock, cards, uniteller

    def charge(self, fields: Mapping[str, str]) -> str:
        point, number = self._uniteller.point, fields.get("Order_IDP", "")
        slots = [fields.get(name, "") for name in ("Shop_IDP", "Order_IDP", "Subtotal_P", "Parent_Order_IDP")]
        wanted = joined(md5, [*slots, point.password])
        if not compare_digest(fields.get("Signature", "").encode(), wanted.encode()) or slots[0] != point.shop_id:
            return _error(2)
        parent = self._state.row("select * from uniteller where number = ?", slots[3])
        if parent is None or parent["state"] != "paid":
            return _error(23)
        if not _saves(parent["fields"], "IsRecurrentStart", "1"):
            return _error(26)
        behaves, told = self._cards.of("uniteller", slots[3])
        with self._state.transaction() as connection:
            total = from_rubles(slots[2])
            bill = f"{secrets.randbelow(9 * 10**11) + 10**11}"
            taken = connection.execute(
                "insert or ignore into uniteller values (?, ?, ?, 'opened', ?, ?, null, null, null, ?)",
                (number, total, total, json.dumps(dict(fields)), to_state(self._clock()), bill),
            )
        if not taken.rowcount:
            return _error(24)
        if behaves == "pending":
            return _error(28)
        self._decide(number, "paid" if behaves == "good" else "declined", told)
        return self._told(number, to_rubles(total), behaves)

    def settle(self, parent: str) -> None:
        behaves, told = self._cards.of("uniteller", parent)
        for row in self._state.rows("select * from uniteller where state = 'opened'"):
            if behaves != "pending" and _saves(row["fields"], "Parent_Order_IDP", parent):
                self._decide(row["number"], "paid" if behaves == "good" else "declined", told)

    def _decide(self, number: str, outcome: Outcome, told: Told) -> None:
        now = self._clock()
        with self._state.transaction() as connection:
            connection.execute(
                "update uniteller set state = ?, decided_at = ?, webhook = ? where number = ?",
                (outcome, to_state(now), told, number),
            )
            if outcome == "paid":
                at = now + LATE if told == "late" else now
                self._uniteller.tell(connection, number, "paid", at, times(told))

    def _told(self, number: str, total: str, behaves: CardState) -> str:
        code, detail = _CODES.get(behaves, ("AS000", ""))
        status = "Authorized" if behaves == "good" else "Not Authorized"
        known = {"OrderNumber": number, "Response_Code": code, "Total": total, "Currency": "RUB", "Status": status}
        signature = md5(f"{number}{total}{self._uniteller.point.password}".encode()).hexdigest().upper()
        known |= {"Error_Code": detail, "CardNumber": "400000******2487", "Signature": signature}
        return f"{_HEAD}\r\n" + ";".join(known.get(name, "") for name in _HEAD.split(";")) + "\r\n"


def _error(code: int) -> str:
    return f"ErrorCode;ErrorMessage\r\n{code};refused\r\n"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0


def _saves(fields: str, name: str, value: str) -> bool:
    return bool(json.loads(fields).get(name) == value)
