"""Robokassa: payment by redirect, ResultURL notifications, OpStateExt status query.

One rule prevents most of its error 29: a hash is taken over the value that the server holds after ONE
form decode, so each value is decided once as text, hashed, and encoded once by whoever sends it.
"""

import hmac
import re
from collections.abc import Mapping
from typing import Self
from urllib.parse import quote, urlencode

from chalicelib.clock import Clock
from chalicelib.errors import BadWebhook, SignatureInvalid
from chalicelib.money import Kopecks
from chalicelib.providers import gateways as port
from chalicelib.providers.gateways.robokassa import receipts, refunds
from chalicelib.providers.gateways.robokassa.settings import PREFIX, Settings
from chalicelib.providers.gateways.robokassa.wire import (
    charge_form,
    charged,
    invoice_of,
    parsed,
    payment_state,
    positive,
    shp_pairs,
    sign,
    signed_fields,
    unsigned_fields,
)
from chalicelib.upstream import Outgoing

__all__ = ["Robokassa", "Settings", "shp_pairs", "sign"]

_PLAIN = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Robokassa:
    """The adapter. Safe to share between threads; holds no state."""

    name = "robokassa"
    form_origins: tuple[str, ...] = ()
    asks_contact = False  # its own page does
    ranges = None
    full_refund_repeats = False
    tells_card = False

    def __init__(self, settings: Settings, http: Outgoing) -> None:
        self._settings = settings
        self._http = http
        self._password1, self._password2 = (secret.get_secret_value() for secret in settings.pair if secret)
        # refunds know live payments only
        self.can_refund = settings.password3 is not None and not settings.is_test
        self.can_save_card = settings.recurring
        told = {port.ReceiptKind.PAYMENT: settings.receipts, port.ReceiptKind.CLOSING: settings.closing_receipt}
        # test payments have none
        self.receipts = frozenset(kind for kind, is_told in told.items() if is_told and not settings.is_test)
        self.titles = {"ru": settings.title, "en": settings.title_en or settings.title}
        self.webhook_get = settings.webhook_get
        self.limits = port.Limits(min_kopecks=Kopecks(settings.min_kopecks), max_kopecks=Kopecks(settings.max_kopecks))

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], http: Outgoing, now: Clock, pace: port.Pace) -> Self:
        """``now`` and ``pace`` belong to the registry's signature: Robokassa names no limit of its own.

        :raises pydantic.ValidationError: naming the setting, never a password.
        """
        given = {name[len(PREFIX) :].lower(): value for name, value in environ.items() if name.startswith(PREFIX)}
        return cls(Settings.model_validate(given), http)

    def create_checkout(self, order: port.Order) -> port.Checkout:
        """A link made on the spot, no call leaves: the same order gives the same link, byte for byte.

        :raises ValueError: a top-up id that could not travel in a Shp_ parameter unchanged.
        """
        settings = self._settings
        if not _PLAIN.fullmatch(order.topup_id):
            raise ValueError("a top-up id is letters, digits and hyphens")
        shp = {"Shp_topup": order.topup_id}  # one and ASCII: every way of sorting and encoding in use agrees on it
        signed = signed_fields(order, settings)
        signature = sign(settings.hash, *signed.values(), self._password1, *shp_pairs(shp))
        fields = signed | unsigned_fields(order) | shp | {"SignatureValue": signature}
        if settings.is_test:
            fields["IsTest"] = "1"
        query = urlencode(fields, quote_via=quote, safe="")
        return port.Checkout(method="GET", url=f"{settings.base_url}/Merchant/Index.aspx?{query}", fields={})

    def parse_webhook(self, fields: Mapping[str, str]) -> port.PaymentEvent:
        """Read a ResultURL notification: it comes for successful payments only and is final.

        The hash covers the received strings as they are: ``100``, ``100.26`` and ``100.000000`` all
        occur (docs.robokassa.ru: notifications-and-redirects). Which Shp_ spelling comes back is theirs to choose.
        """
        if any(_CONTROL.search(text) for pair in fields.items() for text in pair):
            raise BadWebhook("control characters")
        if any(name not in fields for name in ("OutSum", "InvId", "SignatureValue")):
            raise BadWebhook("OutSum, InvId or SignatureValue is missing")
        amount, invoice = fields["OutSum"], fields["InvId"]
        self._check(fields["SignatureValue"], amount, invoice, self._password2, *shp_pairs(fields))
        ours = [value for name, value in fields.items() if name.lower() == "shp_topup"]
        if len(ours) > 1:
            raise BadWebhook("two spellings of Shp_topup")
        return port.PaymentEvent(
            order=invoice,
            invoice=invoice_of(invoice),
            status=port.PaymentStatus.PAID,
            amount_kopecks=positive(amount),
            topup_id=ours[0] if ours else None,
        )

    def acknowledge(self, event: port.PaymentEvent) -> port.Acknowledgement:
        """Anything but these very bytes is repeated by Robokassa for hours."""
        return port.Acknowledgement(body=f"OK{event.invoice}")

    def get_payment(self, invoice: int) -> port.PaymentState:
        """OpStateExt. It knows a payment once the payer has confirmed it, and test payments never.

        :raises UpstreamBroken: also where Robokassa refuses our settings; the reason is in the log.
        """
        settings = self._settings
        login = settings.merchant_login
        signature = sign(settings.hash, login, str(invoice), self._password2)
        form = {"MerchantLogin": login, "InvoiceID": str(invoice), "Signature": signature}
        url = f"{settings.base_url}/Merchant/WebService/Service.asmx/OpStateExt"
        # by POST, so that no proxy's log keeps the signature
        return payment_state(parsed(self._http.read("get_payment", "POST", url, data=form)))

    def charge_saved(self, charge: port.SavedCharge) -> port.ChargeAnswer:
        """Merchant/Recurring. What became of it is told by ResultURL, or not at all if it was declined."""
        settings = self._settings
        shp = {"Shp_topup": charge.order.topup_id}
        form = charge_form(charge, settings, self._password1, shp)
        if settings.is_test:
            form["IsTest"] = "1"
        answer = self._http.write("charge_saved", "POST", f"{settings.base_url}/Merchant/Recurring", data=form)
        return charged(answer, charge.order.invoice)

    def saved_card(self, parent_invoice: int) -> port.CardFacts:
        """Nothing: no page of theirs tells a card's number or its end."""
        return port.CardFacts()

    def refund(self, refund: port.Refund) -> port.RefundAnswer:
        """Refund/Create: a JWT signed by password 3. An answer that is not theirs leaves the outcome unknown.

        :raises ValueError: the payment has no OpKey, or there is no password 3.
        """
        if self._settings.password3 is None or not refund.reference:
            raise ValueError("a refund needs password 3 and the OpKey of the payment")
        token = refunds.token(refund, self._settings, self._settings.password3.get_secret_value())
        url = f"{self._settings.services_url}/RefundService/Refund/Create"
        return refunds.created(self._http.write("refund", "POST", url, data=token, headers=refunds.HEADERS))

    def get_refund(self, refund: port.Refund, request: str | None) -> port.RefundAnswer:
        """Refund/GetState. :raises UpstreamBroken: also for a request that they do not know."""
        url = f"{self._settings.services_url}/RefundService/Refund/GetState"
        return refunds.state(self._http.read("get_refund", "GET", url, params={"id": request or ""}), request)

    def get_receipt(self, wish: port.ReceiptWish) -> port.ReceiptState:
        """Receipt/Status: the first one by the payment's number, the closing one by ours."""
        body = receipts.question(wish, self._settings, self._password1)
        url = f"{self._settings.fiscal_url}/RoboFiscal/Receipt/Status"
        return receipts.state(self._http.read("get_receipt", "POST", url, data=body, headers=receipts.HEADERS))

    def send_receipt(self, wish: port.ReceiptWish) -> port.ReceiptState:
        """Receipt/Attach."""
        body = receipts.closing(wish, self._settings, self._password1)
        url = f"{self._settings.fiscal_url}/RoboFiscal/Receipt/Attach"
        return receipts.taken(
            self._http.write("send_receipt", "POST", url, data=body.encode(), headers=receipts.HEADERS)
        )

    def _check(self, given: str, *parts: str) -> None:
        try:
            same = hmac.compare_digest(given.lower().encode(), sign(self._settings.hash, *parts).encode())
        except UnicodeEncodeError:
            raise BadWebhook("not UTF-8") from None
        if not same:
            raise SignatureInvalid("robokassa")
