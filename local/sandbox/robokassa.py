"""The sandbox of Robokassa: orders, what their payers did, and the status query about them."""

import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from chalicelib.clock import Clock
from chalicelib.money import Kopecks
from chalicelib.providers.gateways import Checkout
from local.sandbox.deliveries import FIRST
from local.sandbox.payments import (
    LATE,
    AlreadyPaid,
    CannotOpen,
    Outcome,
    UnknownInvoice,
    Webhook,
    masked,
    reported,
    times,
)
from local.sandbox.robokassa_wire import (
    ERRORS,
    Order,
    Shop,
    StartError,
    read_order,
    result_body,
    return_address,
    state_xml,
)
from local.sandbox.state import State, to_state
from local.web import Pairs, parse_form


class Robokassa:
    """``find_checkout`` gives the portal's checkout of an invoice whose page nobody has opened."""

    name = "robokassa"

    def __init__(
        self,
        state: State,
        clock: Clock,
        shop: Shop,
        find_checkout: Callable[[int], Checkout | None] | None,
    ) -> None:
        self._state, self._clock = state, clock
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
            checkout = self._find_checkout(invoice) if self._find_checkout else None
            if checkout is None:
                raise UnknownInvoice(str(invoice))
            return self.open(parse_form(urlsplit(checkout.url).query))
        return _order(row)

    def pay(self, invoice: str, outcome: Outcome, webhook: Webhook, card: str | None = None) -> Order:
        """As the protocol says. :raises UnknownInvoice, CannotOpen, AlreadyPaid:"""
        if not (invoice.isascii() and invoice.isdigit() and len(invoice) <= 10):
            raise UnknownInvoice(invoice)
        try:
            order = self.order(int(invoice))
        except StartError as error:
            raise CannotOpen(f"{error.code}: {ERRORS[error.code]}") from None
        if outcome == "abandoned":
            return order
        told = reported(order.amount_kopecks, webhook) if outcome == "paid" else order.amount_kopecks
        with self._state.transaction() as connection:
            changed = connection.execute(
                "update payment set state = ?, reported_kopecks = ?, decided_at = ?, webhook = ?, card = ?"
                " where invoice = ? and state != 'paid'",
                (outcome, told, to_state(self._clock()), webhook, masked(card), order.invoice),
            )
            if not changed.rowcount:
                raise AlreadyPaid(invoice)
            # Robokassa sends a ResultURL for successful payments only
            for body in self._bodies(order, told, webhook) if outcome == "paid" else ():
                at = to_state(self._clock() + (LATE if webhook == "late" else timedelta(0)))
                connection.execute(FIRST, (self.name, str(order.invoice), body, at, at))
        return order

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
            "select 'robokassa' as company, invoice, amount_kopecks, state, webhook, opened_at,"
            " (select count(*) from notice where target = 'robokassa' and ref = cast(invoice as text)"
            " and notice.state = 'waiting') as waiting from payment order by opened_at desc limit 100"
        )

    def _bodies(self, order: Order, told: Kopecks, webhook: Webhook) -> list[str]:
        return [result_body(order, told, self.shop, spoiled=webhook == "bad_signature")] * times(webhook)


def _order(row: dict[str, Any]) -> Order:
    return Order(row["invoice"], Kopecks(row["amount_kopecks"]), bool(row["is_test"]), json.loads(row["fields"]))
