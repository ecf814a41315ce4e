"""What the gateway port speaks of: orders, payments, saved cards, refunds, receipts."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Literal

from chalicelib.models import Value
from chalicelib.money import Kopecks


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


class Fiscal(Value):
    """What finds a receipt at the tax office: storage, document, sign. ``link`` is the company's own, if it tells."""

    fn: str
    fd: str
    fpd: str
    at: str = ""
    link: str | None = None


class Printed(Value):
    """One receipt of an order, as its company lists them. ``fiscal`` is None until it is registered."""

    kind: ReceiptKind
    amount_kopecks: Kopecks
    fiscal: Fiscal | None = None


class ReceiptStatus(StrEnum):
    """``NOT_FOUND``: the company knows of none by this number. ``FAILED`` is final: it was refused."""

    DONE = "done"
    WAITING = "waiting"
    NOT_FOUND = "not_found"
    FAILED = "failed"


class ReceiptState(Value):
    status: ReceiptStatus
    fiscal: Fiscal | None = None


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

    def among(self, receipts: Iterable[Printed]) -> ReceiptState:
        """The one that is meant among all of an order; one of another sum is another's."""
        for one in receipts:
            same = (one.kind, one.amount_kopecks) == (self.kind, self.amount_kopecks)
            if same and one.fiscal is not None and one.fiscal.fd not in self.taken:
                return ReceiptState(status=ReceiptStatus.DONE, fiscal=one.fiscal)
        return ReceiptState(status=ReceiptStatus.WAITING)


class Acknowledgement(Value):
    body: str
    content_type: str = "text/plain"


class Limits(Value):
    min_kopecks: Kopecks
    max_kopecks: Kopecks
