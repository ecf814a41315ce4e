"""The payment gateway port: a company that takes a payer's money for us on its own page."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Protocol

from chalicelib.clock import Clock
from chalicelib.providers.gateways.values import (
    Acknowledgement as Acknowledgement,
    CardFacts as CardFacts,
    ChargeAnswer as ChargeAnswer,
    ChargeStatus as ChargeStatus,
    Checkout as Checkout,
    Fiscal as Fiscal,
    Limits as Limits,
    Order as Order,
    PaymentEvent as PaymentEvent,
    PaymentState as PaymentState,
    PaymentStatus as PaymentStatus,
    Printed as Printed,
    ReceiptKind as ReceiptKind,
    ReceiptState as ReceiptState,
    ReceiptStatus as ReceiptStatus,
    ReceiptWish as ReceiptWish,
    Refund as Refund,
    RefundAnswer as RefundAnswer,
    RefundStatus as RefundStatus,
    SavedCharge as SavedCharge,
)
from chalicelib.upstream import Outgoing


class Pace(Protocol):
    """Takes the shop's turn for calls that the company allows only so often, this long apart, whoever makes them.

    None: it is ours. Otherwise when the next turn begins. Calls of different names do not wait for each other.
    """

    def __call__(self, every: timedelta, call: str = "") -> datetime | None: ...


class RangeQuery(Protocol):
    """A company that wants to be asked about all orders at once, because one may ask so seldom."""

    #: the longest range of one question
    longest: timedelta

    def get_payments(self, since: datetime, until: datetime) -> Mapping[int, PaymentState]:
        """Every order of ours that the company has registered in this range, by invoice: those whose page was
        opened then, whatever became of them later. One that is missing is unknown to the company.

        :raises NotYourTurn: no call left. :raises UpstreamUnavailable, UpstreamBroken: ask again later.
        """

    def get_receipts(self, since: datetime, until: datetime) -> Mapping[int, tuple[Printed, ...]]:
        """The receipts of the same orders, for a company that tells of receipts; what cannot be read is left out.

        :raises NotYourTurn: no call left. :raises UpstreamUnavailable, UpstreamBroken: ask again later.
        """


class PaymentGateway(Protocol):
    name: str
    #: by language, for the choice on screen
    titles: Mapping[str, str]
    limits: Limits
    #: later charges may rest on a payment of its
    can_save_card: bool
    #: it tells when a saved card expires
    tells_card: bool
    #: the notification may come by GET as well, as set in the company's cabinet
    webhook_get: bool
    #: origins that an auto-submitted checkout form goes to, for the site's ``form-action``
    form_origins: tuple[str, ...]
    #: refunds can be asked for with the settings that it has
    can_refund: bool
    #: a full refund may be asked for twice: the second is told that it has been done
    full_refund_repeats: bool
    #: it sends the receipt to an address that we name
    asks_contact: bool
    #: None where payments are asked about one by one
    ranges: RangeQuery | None
    #: of which receipts it tells; the others are nobody's business here
    receipts: frozenset[ReceiptKind]

    def create_checkout(self, order: Order) -> Checkout:
        """Idempotent for the same order. :raises UpstreamError: where the company must be called first."""

    def parse_webhook(self, fields: Mapping[str, str]) -> PaymentEvent:
        """Check the signature over the raw values, then read them.

        :raises SignatureInvalid: not theirs, or signed with another purpose's or mode's password.
        :raises BadWebhook: a mandatory field is missing or unreadable.
        """

    def acknowledge(self, event: PaymentEvent) -> Acknowledgement: ...

    def get_payment(self, invoice: int) -> PaymentState:
        """:raises NotYourTurn: no call left. :raises UpstreamUnavailable, UpstreamBroken: ask again later."""

    def charge_saved(self, charge: SavedCharge) -> ChargeAnswer:
        """Charge a saved card, once for one order: the same order is never charged twice by the company.

        :raises UpstreamUnavailable: certainly not executed. :raises OutcomeUnknown: ask ``get_payment``, never repeat.
        """

    def saved_card(self, parent_invoice: int) -> CardFacts:
        """The card that this payment saved; empty where the company knows no such card, or tells nothing of cards.

        :raises NotYourTurn: no call left. :raises UpstreamUnavailable, UpstreamBroken: ask again later.
        """

    def refund(self, refund: Refund) -> RefundAnswer:
        """Give money back. Not idempotent: it has no key of ours, so who does not know its outcome never repeats it,
        but for a full one where ``full_refund_repeats``.

        :raises UpstreamUnavailable: certainly not executed. :raises OutcomeUnknown: it may have happened.
        """

    def get_refund(self, refund: Refund, request: str | None) -> RefundAnswer:
        """What became of an accepted one.

        :raises NotYourTurn: no call left. :raises UpstreamUnavailable, UpstreamBroken: ask again later.
        """

    def get_receipt(self, wish: ReceiptWish) -> ReceiptState:
        """What became of one that it tells of.

        :raises NotYourTurn: no call left. :raises UpstreamUnavailable, UpstreamBroken: ask again later.
        """

    def send_receipt(self, wish: ReceiptWish) -> ReceiptState:
        """Have a closing receipt made, under a number of ours. Where ``receipts`` has none of that kind: never called.

        :raises UpstreamUnavailable: certainly not executed. :raises OutcomeUnknown: ask ``get_receipt`` first.
        """


#: name -> "module:class"; every class has ``from_environment(environ, http, now, pace)``.
ADAPTERS: Mapping[str, str] = {
    "robokassa": "chalicelib.providers.gateways.robokassa:Robokassa",
    "uniteller": "chalicelib.providers.gateways.uniteller:Uniteller",
}


def load(name: str, environ: Mapping[str, str], http: Outgoing, now: Clock, pace: Pace) -> PaymentGateway:
    """:raises KeyError: no adapter of that name. :raises pydantic.ValidationError: its settings are wrong."""
    module, _, cls = ADAPTERS[name].partition(":")
    adapter: Any = getattr(import_module(module), cls)
    gateway: PaymentGateway = adapter.from_environment(environ, http, now, pace)
    return gateway
