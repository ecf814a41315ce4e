"""Uniteller: payment by an auto-submitted form, notifications, /results/ as the only proof of a payment.

Sources: "Technical order, internet acquiring" v. 1.43 rev. 48 (its sections in brackets below) and "Payments
with fiscalization" v. 02.1.18 rev. 5. What is signed is always the very text that is sent.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

from chalicelib.clock import Clock
from chalicelib.errors import BadWebhook, NotYourTurn, SignatureInvalid, UpstreamBroken
from chalicelib.money import Kopecks, to_rubles
from chalicelib.providers import gateways as port
from chalicelib.providers.gateways.uniteller import cards, charges, receipts, refunds, wire
from chalicelib.providers.gateways.uniteller.codes import STATUSES
from chalicelib.providers.gateways.uniteller.settings import PREFIX, Settings
from chalicelib.upstream import Answer, Outgoing

__all__ = ["Settings", "Uniteller"]

#: [4.6.3] One question about results in five seconds, whoever of us asks it, and a range of at most seven days.
EVERY, LONGEST = timedelta(seconds=5), timedelta(days=7)
#: [4.4.4.11] One list of cards in two seconds.
EVERY_LIST = timedelta(seconds=2)
#: [4.6.1.2] Asked for in the order on which both documents and all libraries agree.
CALLBACK_FIELDS = ("ApprovalCode", "BillNumber", "Total")
#: Not among the extra fields of a notification's signature.
_FIXED = ("Order_ID", "Status", "Signature", "Receipt", "ReceiptSignature")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Uniteller:
    """The adapter. Safe to share between threads; holds no state: the turns are kept by whoever gave ``pace``."""

    name = "uniteller"
    longest = LONGEST
    can_refund = True
    full_refund_repeats = True

    def __init__(self, settings: Settings, http: Outgoing, pace: port.Pace) -> None:
        self._settings, self._http, self._pace = settings, http, pace
        self._password = settings.password.get_secret_value()
        self.can_save_card = settings.recurring
        self.tells_card = settings.recurring and settings.cards
        self.titles = {"ru": settings.title, "en": settings.title_en or settings.title}
        self.webhook_get = settings.webhook_get
        self.asks_contact = settings.fiscal
        self.receipts = frozenset(receipts.TYPES.values()) if settings.fiscal else frozenset()
        self.limits = port.Limits(min_kopecks=Kopecks(settings.min_kopecks), max_kopecks=Kopecks(settings.max_kopecks))
        parts = urlsplit(settings.pay_url)
        self.form_origins: tuple[str, ...] = (f"{parts.scheme}://{parts.netloc}",)
        self.ranges: port.RangeQuery | None = self

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], http: Outgoing, now: Clock, pace: port.Pace) -> Self:
        """``now`` belongs to the registry's signature: nothing here depends on the hour.

        :raises pydantic.ValidationError: naming the setting, never a password.
        """
        given = {name[len(PREFIX) :].lower(): value for name, value in environ.items() if name.startswith(PREFIX)}
        return cls(Settings.model_validate(given), http, pace)

    def create_checkout(self, order: port.Order) -> port.Checkout:
        """[4.1] A form made on the spot, no call leaves: the same order gives the same form, byte for byte."""
        settings, number = self._settings, self._number(order.invoice)
        amount, lifetime = to_rubles(order.amount_kopecks), str(settings.lifetime_seconds)
        # counted by the company from the moment when it first sees the order
        order_lifetime = str(int((order.expires_at - order.ordered_at).total_seconds()))
        customer = number if order.save_card and self.tells_card else ""
        # MeanType, EMoneyType | Card_IDP, IData, PT_Code are not sent, and keep their places
        slots = (settings.shop_id, number, amount, "", "", lifetime, customer, "", "", "", order_lifetime)
        fields = {
            "Shop_IDP": settings.shop_id,
            "Order_IDP": number,
            "Subtotal_P": amount,
            "Lifetime": lifetime,
            "OrderLifetime": order_lifetime,
            "Signature": wire.md(*slots, self._password),
            "URL_RETURN_OK": order.return_url,
            "URL_RETURN_NO": order.return_url,
            "Language": order.language,
            "Comment": wire.purpose(order.account),
            "CallbackFields": " ".join(CALLBACK_FIELDS),
        }
        if order.save_card:
            fields["IsRecurrentStart"] = "1"
        if customer:
            fields |= cards.registration(customer)
        if settings.fiscal:
            receipt = wire.receipt_of(order.account, order.amount_kopecks, settings, order.receipt_to)
            signature = wire.sh(settings.shop_id, number, amount, receipt, self._password)
            fields |= {"Receipt": receipt, "ReceiptSignature": signature}
        return port.Checkout(method="POST", url=settings.pay_url, fields=fields)

    def parse_webhook(self, fields: Mapping[str, str]) -> port.PaymentEvent:
        """[4.6.1] A notification proves that something happened to the order, and nothing about its sum.

        The extra fields are hashed one after another without a separator, so a sum among them could be cut
        elsewhere under the same signature: none of them is read.
        """
        if any(_CONTROL.search(text) for pair in fields.items() for text in pair):
            raise BadWebhook("control characters")
        if any(name not in fields for name in ("Order_ID", "Status", "Signature")):
            raise BadWebhook("Order_ID, Status or Signature is missing")
        if ("Receipt" in fields) != ("ReceiptSignature" in fields):
            raise BadWebhook("a receipt without its signature, or the other way round")
        self._check(fields)
        order, status = fields["Order_ID"], STATUSES.get(fields["Status"].lower())
        if status is None or not 0 < len(order) <= 127:
            raise BadWebhook("a status that we do not know, or no order")
        return port.PaymentEvent(order=order, invoice=self._invoice(order), status=status, proven=False)

    def acknowledge(self, event: port.PaymentEvent) -> port.Acknowledgement:
        """[4.6.1.1] Status 200 is what counts. Otherwise nine more tries within three and a half hours."""
        return port.Acknowledgement(body="OK")

    def get_payment(self, invoice: int) -> port.PaymentState:
        """[4.6.2] The whole history of one order, however old up to a year; takes a turn.

        :raises NotYourTurn: nothing was sent. :raises UpstreamBroken: also where our settings are refused.
        """
        found = self._orders("get_payment", {"ShopOrderNumber": self._number(invoice)})
        return found.get(invoice, port.PaymentState(status=port.PaymentStatus.NOT_FOUND))

    def get_payments(self, since: datetime, until: datetime) -> Mapping[int, port.PaymentState]:
        """[4.6.2, table 34] By the time of registration, not of change: a range of changes leaves out SBP and SberPay
        and all that failed. Takes a turn.

        :raises NotYourTurn: nothing was sent. :raises UpstreamBroken: also where our settings are refused.
        """
        return self._orders("get_payments", wire.day_and_time("Start", since) | wire.day_and_time("End", until))

    def get_receipts(self, since: datetime, until: datetime) -> Mapping[int, tuple[port.Printed, ...]]:
        """[F 3.16] As ``get_payments``, of the same turns."""
        found, which = {}, wire.day_and_time("Start", since) | wire.day_and_time("End", until)
        for number, columns in self._receipts("get_receipts", which).items():
            if (invoice := self._invoice(number)) is not None:
                with suppress(UpstreamBroken):
                    found[invoice] = receipts.printed(columns)
        return found

    def charge_saved(self, charge: port.SavedCharge) -> port.ChargeAnswer:
        """[4.3] Answered at once. The company refuses a number that it has, so no order is charged twice."""
        settings, number = self._settings, self._number(charge.order.invoice)
        form = charges.form(charge, settings, self._password)
        answer = self._http.write("charge_saved", "POST", settings.recurrent_url, data=form)
        return charges.read(answer, charge, number, self._password)

    def saved_card(self, parent_invoice: int) -> port.CardFacts:
        """[A 4.4.4.11] Takes a turn of its own, so that nobody's question about money waits for it.

        :raises NotYourTurn: nothing was sent. :raises UpstreamBroken: also where our settings are refused.
        """
        if not self.tells_card:
            return port.CardFacts()
        later = self._pace(EVERY_LIST, "cards")
        if later is not None:
            raise NotYourTurn(later)
        form = cards.form(self._number(parent_invoice), self._settings, self._password)
        return cards.read(self._http.read("saved_card", "POST", self._settings.cards_url, data=form))

    def refund(self, refund: port.Refund) -> port.RefundAnswer:
        """[A 4.5.2, F 3.11] One call for what is held and for what is captured."""
        settings, number = self._settings, self._number(refund.invoice)
        form = refunds.form(refund, number, settings, self._password)
        answer = self._http.write("refund", "POST", settings.cancel_url, data=form)
        return refunds.read(answer, refund, number, settings)

    def get_refund(self, refund: port.Refund, request: str | None) -> port.RefundAnswer:
        """[A 4.5.2.4] A return by SBP is done once the order is Canceled; takes a turn."""
        returned = self.get_payment(refund.invoice).status is port.PaymentStatus.RETURNED
        return port.RefundAnswer(status=port.RefundStatus.DONE if returned else port.RefundStatus.ACCEPTED)

    def get_receipt(self, wish: port.ReceiptWish) -> port.ReceiptState:
        """[F 3.16] Takes a turn. :raises NotYourTurn: nothing was sent."""
        number = self._number(wish.invoice)
        columns = self._receipts("get_receipt", {"ShopOrderNumber": number})
        return wish.among(receipts.printed(columns.get(number, [])))

    def send_receipt(self, wish: port.ReceiptWish) -> port.ReceiptState:
        """:raises ValueError: the company makes no receipt of a payment that is over."""
        raise ValueError("uniteller sends no closing receipts")

    def _receipts(self, call: str, which: Mapping[str, str]) -> Mapping[str, list[str]]:
        """Of each order the column of each of its rows."""
        answer = self._results(call, which, (*wire.COLUMNS, receipts.COLUMN))
        found: dict[str, list[str]] = {}
        for row in wire.table(answer, self._settings.order_prefix):
            found.setdefault(row["ordernumber"], []).append(row.get(receipts.COLUMN.lower(), ""))
        return found

    def _orders(self, call: str, which: Mapping[str, str]) -> Mapping[int, port.PaymentState]:
        return wire.orders(self._results(call, which), self._settings.order_prefix)

    def _results(self, call: str, which: Mapping[str, str], columns: Sequence[str] = wire.COLUMNS) -> Answer:
        later = self._pace(EVERY)
        if later is not None:
            raise NotYourTurn(later)
        settings = self._settings
        form = {"Shop_ID": settings.shop_id, "Login": settings.login, "Password": self._password, "Format": "1"}
        form |= {"Header1": "1", "ShowPartlyCanceled": "1", "S_FIELDS": ";".join(columns), **which}
        # by POST: the company takes the password in the address too, where every proxy would keep it
        return self._http.read(call, "POST", settings.results_url, data=form)

    def _number(self, invoice: int) -> str:
        return f"{self._settings.order_prefix}{invoice}"

    def _invoice(self, order: str) -> int | None:
        """Our number in the company's name of an order; None where it is none of ours."""
        found = re.fullmatch(re.escape(self._settings.order_prefix) + r"([1-9][0-9]{0,9})", order, re.ASCII)
        return int(found[1]) if found and int(found[1]) < 2**31 else None

    def _check(self, fields: Mapping[str, str]) -> None:
        """The documents and the libraries disagree about the order of the extra fields: as they came, or those three
        first and the rest by name. Either is taken; nothing is read from them."""
        extra = [name for name in fields if name not in _FIXED]
        asked = [name for name in CALLBACK_FIELDS if name in extra]
        orders = {tuple(extra), (*asked, *sorted(set(extra) - set(asked)))}
        given = fields["Signature"]
        same = [self._same(given, wire.cat, fields, ("Order_ID", "Status", *names)) for names in orders]
        if not any(same):
            raise SignatureInvalid(self.name)
        if "Receipt" in fields and not self._same(
            fields["ReceiptSignature"], wire.cat256, fields, ("Order_ID", "Status", "Receipt")
        ):
            raise SignatureInvalid(self.name)

    def _same(self, given: str, way: wire.Way, fields: Mapping[str, str], names: tuple[str, ...]) -> bool:
        try:
            wanted = way(*(fields[name] for name in names), self._password)
            return hmac.compare_digest(given.upper().encode(), wanted.encode())
        except UnicodeEncodeError:
            raise BadWebhook("not UTF-8") from None
