"""The payment gateway port: a company that takes a payer's money for us on its own page."""

from collections.abc import Mapping
from datetime import datetime
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
    expires_at: datetime
    return_url: str
    language: Literal["ru", "en"] = "ru"


class Checkout(Value):
    """Where to send the browser: GET has everything in ``url``, POST is a form of ``fields``."""

    method: Literal["GET", "POST"]
    url: str
    fields: dict[str, str]


class PaymentStatus(StrEnum):
    """``PROCESSING``: the company has taken the money and has not finished with it; neither ours nor refused yet."""

    PENDING = "pending"
    PROCESSING = "processing"
    PAID = "paid"
    DECLINED = "declined"
    NOT_FOUND = "not_found"


class PaymentEvent(Value):
    """A notification whose signature is theirs. ``topup_id`` is our id if they echo it."""

    invoice: int
    status: PaymentStatus
    amount_kopecks: Kopecks | None
    topup_id: str | None = None


class PaymentState(Value):
    """The answer to a status query. ``amount_kopecks`` is what was ordered from the shop, if they tell."""

    status: PaymentStatus
    amount_kopecks: Kopecks | None = None
    reference: str | None = None


class Acknowledgement(Value):
    body: str
    content_type: str = "text/plain"


class Limits(Value):
    min_kopecks: Kopecks
    max_kopecks: Kopecks


class PaymentGateway(Protocol):
    name: str
    title: str
    limits: Limits
    can_save_card: bool
    #: the notification may come by GET as well, as set in the company's cabinet
    webhook_get: bool
    #: origins that an auto-submitted checkout form goes to, for the site's ``form-action``
    form_origins: tuple[str, ...]

    def create_checkout(self, order: Order) -> Checkout:
        """Idempotent for the same order. :raises UpstreamError: where the company must be called first."""

    def parse_webhook(self, fields: Mapping[str, str]) -> PaymentEvent:
        """Check the signature over the raw values, then read them.

        :raises SignatureInvalid: not theirs, or signed with another purpose's or mode's password.
        :raises BadWebhook: a mandatory field is missing or unreadable.
        """

    def acknowledge(self, event: PaymentEvent) -> Acknowledgement: ...

    def get_payment(self, invoice: int) -> PaymentState:
        """:raises UpstreamUnavailable, UpstreamBroken: ask again later."""


#: name -> "module:class"; every class has ``from_environment(environ, http, now)``.
ADAPTERS: Mapping[str, str] = {
    "robokassa": "chalicelib.providers.gateways.robokassa:Robokassa",
}


def load(name: str, environ: Mapping[str, str], http: Outgoing, now: Clock) -> PaymentGateway:
    """:raises KeyError: no adapter of that name. :raises pydantic.ValidationError: its settings are wrong."""
    module, _, cls = ADAPTERS[name].partition(":")
    adapter: Any = getattr(import_module(module), cls)
    gateway: PaymentGateway = adapter.from_environment(environ, http, now)
    return gateway
