"""The sandbox of Uniteller: orders, what their payers did, and the answers of /results/."""

import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

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
from local.sandbox.state import State, to_state
from local.sandbox.uniteller_wire import Order, Point, ResultsError, notification, period, read_order, results
from local.web import Pairs

#: Who asks about results more often than this is made to wait, and then turned away.
EVERY = timedelta(seconds=5)
_ASKED = "uniteller_results_at"


class TooOften(Exception):
    """HTTP 429."""


class Uniteller:
    """``find_checkout`` gives the portal's form of an order number whose page nobody has opened."""

    name = "uniteller"

    def __init__(
        self, state: State, clock: Clock, point: Point, find_checkout: Callable[[str], Checkout | None] | None
    ) -> None:
        self._state, self._clock, self.point = state, clock, point
        self._find_checkout = find_checkout

    def open(self, pairs: Pairs, fiscal: bool) -> Order:
        """The payer's browser comes with the form. The same order may be opened until it is paid.

        :raises CannotOpen:
        """
        order, now = read_order(pairs, self.point, fiscal), self._clock()
        with self._state.transaction() as connection:
            found = connection.execute("select * from uniteller where number = ?", (order.number,)).fetchone()
            if found is None:
                connection.execute(
                    "insert into uniteller values (?, ?, ?, 'opened', ?, ?, null, null, null, ?)",
                    (order.number, order.amount_kopecks, order.amount_kopecks, json.dumps(dict(order.fields)),
                     to_state(now), f"{secrets.randbelow(9 * 10**11) + 10**11}"),
                )  # fmt: skip
            elif found["state"] in ("paid", "canceled"):
                raise CannotOpen("the order is paid already")
            elif found["amount_kopecks"] != order.amount_kopecks:
                raise CannotOpen("the order has another sum")
            elif _is_over(found, now):
                raise CannotOpen("the lifetime of the order is over")
        return order

    def pay(self, invoice: str, outcome: Outcome, webhook: Webhook, card: str | None = None) -> Order:
        """As the protocol says. :raises UnknownInvoice, CannotOpen, AlreadyPaid:"""
        order = self._order(invoice)
        if outcome == "abandoned":
            return order
        told = reported(order.amount_kopecks, webhook) if outcome == "paid" else order.amount_kopecks
        now = self._clock()
        with self._state.transaction() as connection:
            changed = connection.execute(
                "update uniteller set state = ?, reported_kopecks = ?, decided_at = ?, webhook = ?, card = ?"
                " where number = ? and state not in ('paid', 'canceled')",
                (outcome, told, to_state(now), webhook, masked(card), invoice),
            )
            if not changed.rowcount:
                raise AlreadyPaid(invoice)
            if outcome == "paid":  # it says nothing of a payment that failed
                at = now + (LATE if webhook == "late" else timedelta(0))
                self.tell(connection, invoice, "paid", at, times(webhook), spoiled=webhook == "bad_signature")
        return order

    def cancel(self, invoice: str, silently: bool = False) -> None:
        """The provider, or the bank, takes a payment back without the portal. :raises UnknownInvoice: or not paid."""
        now = self._clock()
        with self._state.transaction() as connection:
            changed = connection.execute(
                "update uniteller set state = 'canceled', decided_at = ? where number = ? and state = 'paid'",
                (to_state(now), invoice),
            )
            if not changed.rowcount:
                raise UnknownInvoice(invoice)
            self.tell(connection, invoice, "canceled", now, 0 if silently else 1)

    def results(self, fields: dict[str, str]) -> str:
        """The body of /results/. :raises TooOften: :raises ResultsError:"""
        now, point = self._clock(), self.point
        last = self._state.setting(_ASKED)
        if last and timedelta(0) <= now - datetime.fromisoformat(last) < EVERY:
            raise TooOften
        self._state.keep(_ASKED, to_state(now))
        given = (fields.get("Shop_ID", ""), fields.get("Login", ""), fields.get("Password", ""))
        if not secrets.compare_digest("\n".join(given), "\n".join((point.shop_id, point.login, point.password))):
            raise ResultsError("Authentication error")
        if fields.get("Format") not in ("1", "4"):
            raise ResultsError("Format is not valid")
        rows = self._state.rows("select * from uniteller where state != 'opened' order by opened_at, number")
        rows = [row | {"returned": self._returned(row["number"])} for row in rows]
        number, asked = fields.get("ShopOrderNumber"), period(fields, now)
        if number is not None:
            rows = [row for row in rows if row["number"] == number]
        if asked is not None:
            rows = [row for row in rows if asked[0] <= datetime.fromisoformat(row["opened_at"]) < asked[1]]
        return results(rows, fields)

    def _returned(self, number: str) -> list[tuple[str, int]]:
        rows = self._state.rows("select id, kopecks from refund where company = 'uniteller' and invoice = ?", number)
        return [(row["id"], row["kopecks"]) for row in rows]

    def way_back(self, order: Order, outcome: Outcome) -> str | None:
        """By GET and unsigned: it proves nothing."""
        if outcome == "abandoned":
            return None
        url = order.fields["URL_RETURN_OK" if outcome == "paid" else "URL_RETURN_NO"]
        return f"{url}{'&' if '?' in url else '?'}{urlencode({'Order_ID': order.number})}"

    def payments(self) -> list[dict[str, Any]]:
        return self._state.rows(
            "select 'uniteller' as company, number as invoice, amount_kopecks, state, webhook, opened_at,"
            " (select count(*) from notice where target = 'uniteller' and ref = number"
            " and notice.state = 'waiting') as waiting from uniteller order by opened_at desc limit 100"
        )

    def _order(self, number: str) -> Order:
        row = self._state.row("select * from uniteller where number = ?", number)
        if row is not None:
            if _is_over(row, self._clock()) and row["state"] != "paid":
                raise CannotOpen("the lifetime of the order is over")
            return Order(number, Kopecks(row["amount_kopecks"]), json.loads(row["fields"]))
        checkout = self._find_checkout(number) if self._find_checkout else None
        if checkout is None:
            raise UnknownInvoice(number)
        return self.open(list(checkout.fields.items()), "Receipt" in checkout.fields)

    def tell(
        self, connection: Any, number: str, status: str, at: datetime, how_often: int, spoiled: bool = False
    ) -> None:
        """Notifications of a status; a newer one ends the tries of an older one."""
        connection.execute(
            "update notice set state = 'superseded' where target = ? and ref = ? and state = 'waiting'",
            (self.name, number),
        )
        row = connection.execute("select * from uniteller where number = ?", (number,)).fetchone()
        for _ in range(how_often):
            body = notification(row, status, self.point, spoiled)
            connection.execute(FIRST, (self.name, number, body, to_state(at), to_state(at)))


def _is_over(row: Any, now: datetime) -> bool:
    lifetime = json.loads(row["fields"]).get("OrderLifetime")
    return lifetime is not None and now > datetime.fromisoformat(row["opened_at"]) + timedelta(seconds=int(lifetime))
