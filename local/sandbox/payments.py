"""What the sandboxes of all payment companies share: what a payer may do, and what becomes of the notification."""

from datetime import timedelta
from typing import Any, Literal, Protocol

from chalicelib.money import Kopecks

Outcome = Literal["paid", "declined", "abandoned"]
Webhook = Literal["normal", "lost", "twice", "late", "before_return", "wrong_amount", "bad_signature"]

#: How a saved card behaves when it is charged without its holder, and how its company tells of it.
CardState = Literal["good", "no_funds", "expired", "stolen", "pending"]
Told = Literal["normal", "lost", "late"]

LATE = timedelta(minutes=10)
#: By how much the wrong amount differs from the order's.
WRONG_BY_KOPECKS = 1_00


class UnknownInvoice(Exception):
    """Nobody has opened a payment page with this invoice, and no checkout of it can be found."""


class AlreadyPaid(Exception):
    """The order is paid and cannot be paid again."""


class CannotOpen(Exception):
    """The payment page does not open; the text is the company's reason."""


class Company(Protocol):
    """A payment company, as its payment page and the panel use it."""

    name: str

    def pay(self, invoice: str, outcome: Outcome, webhook: Webhook, card: str | None = None) -> Any:
        """What the payer decided, and the notifications that follow from it, in one transaction; nothing is sent yet.

        A decline is not final: the same order may still be paid. Returns the order.
        :raises UnknownInvoice, AlreadyPaid, CannotOpen:
        """

    def way_back(self, order: Any, outcome: Outcome) -> str | None:
        """Where the payer's browser goes now: nowhere if it went away or the order names no address."""


def times(webhook: Webhook) -> int:
    return {"lost": 0, "twice": 2}.get(webhook, 1)


def reported(amount: Kopecks, webhook: Webhook) -> Kopecks:
    """Less than was ordered where that stays positive, or else more."""
    if webhook != "wrong_amount":
        return amount
    return Kopecks(amount - WRONG_BY_KOPECKS if amount > WRONG_BY_KOPECKS else amount + WRONG_BY_KOPECKS)


def masked(card: str | None) -> str | None:
    digits = "".join(sign for sign in card or "" if sign.isdigit())
    return f"**** {digits[-4:]}" if digits else None
