"""The payment gateway port: a company that takes a payer's money for us on its own page."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from importlib import import_module
from typing import Any, Literal, Protocol

from chalicelib.clock import Clock
from chalicelib.models import Value
from chalicelib.money import Kopecks
from chalicelib.upstream import Outgoing


class Order(Value):
    """What a gateway needs to know of a top-up. ``invoice`` is unique in the shop and below 2**31."""

    topup_id: str
    invoice: int
    account: str
    amount_kopecks: Kopecks
    ordered_at: datetime
    expires_at: datetime
    return_url: str
    language: Literal["ru", "en"] = "ru"
    #: the payer agreed that the card is charged later without him: this payment becomes the parent of those
    save_card: bool = False
    #: a confirmed e-mail address for the 54-FZ receipt, where the company wants it from us
    receipt_to: str | None = None


class Checkout(Value):
    """Where to send the browser: GET has everything in ``url``, POST is a form of ``fields``."""

    method: Literal["GET", "POST"]
    url: str
    fields: dict[str, str]


class PaymentStatus(StrEnum):
    """``PROCESSING``: the company has taken the money and has not finished with it; neither ours nor refused yet.

    ``RETURNED``: it was paid and all of it went back to the payer; ``PARTLY_RETURNED``: a part of it did.
    """

    PENDING = "pending"
    PROCESSING = "processing"
    PAID = "paid"
    DECLINED = "declined"
    RETURNED = "returned"
    PARTLY_RETURNED = "partly_returned"
    NOT_FOUND = "not_found"


class PaymentEvent(Value):
    """A notification whose signature is theirs. ``topup_id`` is our id if they echo it.

    ``order`` is how the company calls the order, ``invoice`` our number in it, None where it is none of ours.
    ``proven`` is False where they sign too little to decide by: then the company must be asked.
    """

    order: str
    invoice: int | None
    status: PaymentStatus
    amount_kopecks: Kopecks | None = None
    topup_id: str | None = None
    proven: bool = True


class PaymentState(Value):
    """The answer to a status query. ``amount_kopecks`` is what was ordered from the shop, if they tell."""

    status: PaymentStatus
    amount_kopecks: Kopecks | None = None
    reference: str | None = None
    #: the number of the card as the company masks it
    card: str | None = None


class CardFacts(Value):
    """A saved card as its company tells it. ``expires`` is its last valid month, ``YYYY-MM``; None is not told."""

    mask: str | None = None
    expires: str | None = None


class SavedCharge(Value):
    """A charge of a saved card without its holder: an order of its own, on the strength of an earlier one."""

    order: Order
    parent_invoice: int


class ChargeStatus(StrEnum):
    """``ACCEPTED``: they have taken it and say later. ``STOPPED``: declined, and this card may not be charged again."""

    PAID = "paid"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    STOPPED = "stopped"


class ChargeAnswer(Value):
    """``code`` is why it was declined, in words of ours."""

    status: ChargeStatus
    code: str | None = None


class Refund(Value):
    """A payment, or a part of it, on its way back to the payer. ``reference`` is how the company calls the payment."""

    invoice: int
    reference: str | None
    account: str
    amount_kopecks: Kopecks
    paid_kopecks: Kopecks

    @property
    def full(self) -> bool:
        return self.amount_kopecks == self.paid_kopecks


class RefundStatus(StrEnum):
    """``ACCEPTED``: they will do it, or have not done it yet: ask ``get_refund``."""

    DONE = "done"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class RefundAnswer(Value):
    """``request`` names an accepted refund in later questions, ``code`` is the company's word for a refusal."""

    status: RefundStatus
    request: str | None = None
    code: str | None = None


class ReceiptKind(StrEnum):
    """54-FZ: of the money that came in, of money given back, and the closing one, once the advance is used up."""

    PAYMENT = "payment"
    REFUND = "refund"
    CLOSING = "closing"


class ReceiptWish(Value):
    """Which receipt of a payment is meant.

    ``number`` is ours, for one that we send. ``taken`` are the fiscal documents that other receipts of the payment
    have been found to be. ``contact`` is the subscriber's confirmed e-mail address or telephone.
    """

    kind: ReceiptKind
    invoice: int
    account: str
    amount_kopecks: Kopecks
    number: int | None = None
    taken: tuple[str, ...] = ()
    contact: str | None = None


class Fiscal(Value):
    """What finds a receipt at the tax office: storage, document, sign. ``link`` is the company's own, if it tells."""

    fn: str
    fd: str
    fpd: str
    at: str = ""
    link: str | None = None


class ReceiptStatus(StrEnum):
    """``NOT_FOUND``: the company knows of none by this number. ``FAILED`` is final: it was refused."""

    DONE = "done"
    WAITING = "waiting"
    NOT_FOUND = "not_found"
    FAILED = "failed"


class ReceiptState(Value):
    status: ReceiptStatus
    fiscal: Fiscal | None = None


class Acknowledgement(Value):
    body: str
    content_type: str = "text/plain"


class Limits(Value):
    min_kopecks: Kopecks
    max_kopecks: Kopecks


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
