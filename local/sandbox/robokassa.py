"""The sandbox of Robokassa: orders, what their payers did, and the status query about them."""

import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from chalicelib.clock import Clock
from chalicelib.money import Kopecks
from local.sandbox.deliveries import Deliveries
from local.sandbox.robokassa_wire import Order, Shop, StartError, read_order, result_body, return_address, state_xml
from local.sandbox.state import State, to_state
from local.web import Pairs, parse_form

Outcome = Literal["paid", "declined", "abandoned"]
Webhook = Literal["normal", "lost", "twice", "late", "before_return", "wrong_amount", "bad_signature"]

LATE = timedelta(minutes=10)
#: By how much the wrong amount differs from the order's.
WRONG_BY_KOPECKS = 1_00


class UnknownInvoice(Exception):
    """Nobody has opened a payment page with this invoice, and no checkout of it can be found."""


class AlreadyPaid(Exception):
    """The order is paid; Robokassa would show its error 40."""


class Robokassa:
    """``find_checkout`` gives the portal's checkout address of an invoice whose page nobody has opened."""

    def __init__(
        self,
        state: State,
        clock: Clock,
        deliveries: Deliveries,
        shop: Shop,
        find_checkout: Callable[[int], str | None] | None,
    ) -> None:
        self._state, self._clock, self._deliveries = state, clock, deliveries
        self.shop = shop
        self._find_checkout = find_checkout

    def open(self, pairs: Pairs) -> Order:
        """The payer's browser comes to Index.aspx; opening the same order again changes nothing.

        :raises StartError: with Robokassa's number of the error.
        """
        order = read_order(pairs, self.shop, self._clock())
        with self._state.transaction() as connection:
            found = connection.execute("select * from payment where invoice = ?", (order.invoice,)).fetchone()
            if found is None:
                connection.execute(
                    "insert into payment values (?, ?, ?, 'opened', ?, ?, ?, null, null, null, ?)",
                    (order.invoice, order.amount_kopecks, order.amount_kopecks, order.is_test,
                     json.dumps(dict(order.fields)), to_state(self._clock()), secrets.token_hex(16).upper()),
                )  # fmt: skip
            elif found["state"] == "paid" and not order.is_test or found["amount_kopecks"] != order.amount_kopecks:
                raise StartError(40)
        return order

    def order(self, invoice: int) -> Order:
        """An order whose page was opened, if need be by us. :raises UnknownInvoice, StartError:"""
        row = self._state.row("select * from payment where invoice = ?", invoice)
        if row is None:
            url = self._find_checkout(invoice) if self._find_checkout else None
            if url is None:
                raise UnknownInvoice(str(invoice))
            return self.open(parse_form(urlsplit(url).query))
        return _order(row)

    def pay(self, invoice: int, outcome: Outcome, webhook: Webhook, card: str | None = None) -> Order:
        """What the payer decided, and the notifications that follow from it, in one transaction.

        A decline is not final: the same order may still be paid. Nothing is sent yet, see ``notify``.
        :raises UnknownInvoice, StartError, AlreadyPaid:
        """
        order = self.order(invoice)
        if outcome == "abandoned":
            return order
        reported = _reported(order.amount_kopecks, webhook) if outcome == "paid" else order.amount_kopecks
        with self._state.transaction() as connection:
            changed = connection.execute(
                "update payment set state = ?, reported_kopecks = ?, decided_at = ?, webhook = ?, card = ?"
                " where invoice = ? and state != 'paid'",
                (outcome, reported, to_state(self._clock()), webhook, _masked(card), invoice),
            )
            if not changed.rowcount:
                raise AlreadyPaid(str(invoice))
            # Robokassa sends a ResultURL for successful payments only
            for body in self._bodies(order, reported, webhook) if outcome == "paid" else ():
                at = to_state(self._clock() + (LATE if webhook == "late" else timedelta(0)))
                connection.execute(
                    "insert into delivery (invoice, body, state, first_at, due_at) values (?, ?, 'waiting', ?, ?)",
                    (invoice, body, at, at),
                )
        return order

    def notify(self, invoice: int) -> list[dict[str, Any]]:
        """Send what is due for this order now; what the portal answered."""
        due = self._state.rows(
            "select id from delivery where invoice = ? and state = 'waiting' and due_at <= ? order by id",
            invoice,
            to_state(self._clock()),
        )
        return self._deliveries.send(row["id"] for row in due)

    def operation_state(self, pairs: Pairs) -> str:
        """OpStateExt. It knows what the payer has decided, and no test payments (docs.robokassa.ru: testing-mode)."""
        fields, shop = dict(pairs), self.shop
        invoice = fields.get("InvoiceID", "")
        if fields.get("MerchantLogin") != shop.login:
            return state_xml(2)
        wanted = shop.digest(shop.login, invoice, shop.second(False))
        if not secrets.compare_digest(fields.get("Signature", "").upper().encode(), wanted.encode()):
            return state_xml(1)
        row = None
        if invoice.isascii() and invoice.isdigit() and len(invoice) <= 10:
            row = self._state.row("select * from payment where invoice = ? and is_test = 0", int(invoice))
        if row is None or row["state"] == "opened":
            return state_xml(3)
        return state_xml(0, row)

    def way_back(self, order: Order, outcome: Outcome) -> str | None:
        """Where the payer's browser goes now: nowhere if it went away or the order names no address."""
        return None if outcome == "abandoned" else return_address(order, self.shop, outcome == "paid")

    def payments(self) -> list[dict[str, Any]]:
        return self._state.rows(
            "select invoice, amount_kopecks, reported_kopecks, state, webhook, opened_at, decided_at,"
            " (select count(*) from delivery where delivery.invoice = payment.invoice and delivery.state = 'waiting')"
            " as waiting from payment order by opened_at desc limit 100"
        )

    def _bodies(self, order: Order, reported: Kopecks, webhook: Webhook) -> list[str]:
        times = {"lost": 0, "twice": 2}.get(webhook, 1)
        return [result_body(order, reported, self.shop, spoiled=webhook == "bad_signature")] * times


def _order(row: dict[str, Any]) -> Order:
    return Order(row["invoice"], Kopecks(row["amount_kopecks"]), bool(row["is_test"]), json.loads(row["fields"]))


def _reported(amount: Kopecks, webhook: Webhook) -> Kopecks:
    """Less than was ordered where that stays positive, or else more."""
    if webhook != "wrong_amount":
        return amount
    return Kopecks(amount - WRONG_BY_KOPECKS if amount > WRONG_BY_KOPECKS else amount + WRONG_BY_KOPECKS)


def _masked(card: str | None) -> str | None:
    digits = "".join(sign for sign in card or "" if sign.isdigit())
    return f"**** {digits[-4:]}" if digits else None
