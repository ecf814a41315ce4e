"""Top-ups: ordering one, and looking at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from chalicelib import logs
from chalicelib.billing import BillingSystem
from chalicelib.clock import Clock, day_after, day_start, local_date
from chalicelib.config import Settings
from chalicelib.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    TooManyAttempts,
    UpstreamUnavailable,
)
from chalicelib.money import Kopecks, round_up_to_ruble
from chalicelib.providers.gateways import Checkout, Limits, Order, PaymentGateway
from chalicelib.store import budgets
from chalicelib.store.agenda import Kind
from chalicelib.store.subscribers import SubscriberStore
from chalicelib.store.topups import EventRow, Next, TopUpRow, TopUpStore
from chalicelib.store.transaction import ConditionFailed, Transaction

#: When the gateway is asked for the first time whether it was paid.
FIRST_QUESTION = timedelta(minutes=1)
#: Numbers drawn for one order before we give up: only a counter that was set back makes them collide.
INVOICE_TRIES = 5
#: An order in one of these may still be paid.
PAYABLE = frozenset({"created", "awaiting_payment"})


@dataclass(frozen=True)
class Wish:
    """What the browser asks for; ``id`` was made there, so a repeat after a lost answer is harmless."""

    id: str
    account: str
    amount_kopecks: Kopecks
    gateway: str
    language: Literal["ru", "en"]
    #: later charges may rest on this payment: never without a consent, see ``card_consents``
    save_card: bool = False


@dataclass(frozen=True)
class Ordered:
    topup: TopUpRow
    checkout: Checkout | None
    created: bool


@dataclass(frozen=True)
class TopUps:
    store: TopUpStore
    billing: BillingSystem
    gateways: Mapping[str, PaymentGateway]
    subscribers: SubscriberStore
    now: Clock
    settings: Settings

    def options(self, subscriber_id: str, account: str) -> tuple[Sequence[PaymentGateway], Kopecks]:
        """The gateways to choose from and the sum to suggest. :raises NotFound: not the caller's account."""
        view = self.billing.account(account)
        if view.subscriber_id != subscriber_id:
            raise NotFound(account)
        gateways = list(self.gateways.values())
        least = min(
            (self.limits_of(gateway).min_kopecks for gateway in gateways),
            default=Kopecks(self.settings.topup_min_kopecks),
        )
        due = view.due.amount_kopecks if view.due else Kopecks(0)
        most = max((self.limits_of(gateway).max_kopecks for gateway in gateways), default=due)
        return gateways, min(max(round_up_to_ruble(due), round_up_to_ruble(least)), most)

    def limits_of(self, gateway: PaymentGateway) -> Limits:
        """The narrower of ours and the company's."""
        theirs = gateway.limits
        return Limits(
            min_kopecks=max(Kopecks(self.settings.topup_min_kopecks), theirs.min_kopecks),
            max_kopecks=min(Kopecks(self.settings.topup_max_kopecks), theirs.max_kopecks),
        )

    def spend(self, subscriber_id: str) -> None:
        """Count one more order of today, before anything is written for it.

        :raises TooManyAttempts: enough for today. :raises UpstreamUnavailable: not counted, ask again.
        """
        today = local_date(self.now(), self.settings.zone)
        if not budgets.spend(subscriber_id, today, self.settings.topups_per_day):
            raise TooManyAttempts(day_start(day_after(today), self.settings.zone))

    def known(self, subscriber_id: str, wish: Wish) -> TopUpRow | None:
        """The order that this wish has made before. :raises Conflict: the id stands for something else."""
        topup = self.store.get(wish.id)
        if topup is not None and not _same(topup, subscriber_id, wish):
            raise Conflict
        return topup

    def order(self, subscriber_id: str, wish: Wish) -> Ordered:
        """Write the order down, then make its checkout. The same wish again gives the same answer.

        :raises NotFound: not the caller's account. :raises InvalidRequest: the sum or the gateway.
        :raises Conflict: the id stands for something else. :raises UpstreamUnavailable: repeat with the same id.
        :raises TooManyAttempts: enough new orders for today; a repeat is not counted.
        """
        if wish.save_card:
            raise ValueError("a payment that saves a card is ordered together with its consent")
        self.checked(wish)
        if not self.billing.owns(subscriber_id, wish.account):
            raise NotFound(wish.account)
        try:
            topup = self.store.get(wish.id)
            created = topup is None and self._write(subscriber_id, wish)
            topup = topup or self.store.existing(wish.id)
            if not _same(topup, subscriber_id, wish):
                raise Conflict
            return self.checked_out(topup, created)
        except OutcomeUnknown as lost:
            # written or not: the same id again is harmless, so the browser is told to repeat
            raise UpstreamUnavailable("ordering") from lost

    def status(self, topup_id: str) -> str:
        """:raises NotFound: no such top-up."""
        return self._seen(topup_id).status

    def details(self, subscriber_id: str, topup_id: str) -> tuple[TopUpRow, Sequence[EventRow]]:
        """:raises NotFound: no such top-up, or another subscriber's."""
        topup = self._seen(topup_id)
        if topup.subscriber_id != subscriber_id:
            raise NotFound(topup_id)
        return topup, self.store.events(topup_id)

    def checkout_again(self, topup: TopUpRow) -> Checkout | None:
        """The same checkout once more for a payer who came back without paying; None once it cannot be paid there."""
        payable = topup.status == "awaiting_payment" and topup.autopay_period is None and self.now() < topup.expires_at
        return self._checkout(topup) if payable and topup.gateway in self.gateways else None

    def checkout_of(self, gateway: str, invoice: int) -> Checkout | None:
        """Where a payer of this order was sent; None for an order that is unknown or no longer awaits payment."""
        topup = self.store.by_invoice(gateway, invoice)
        if topup is None or topup.status not in PAYABLE:
            return None
        return self._checkout(topup)

    def _seen(self, topup_id: str) -> TopUpRow:
        topup = self.store.existing(topup_id)
        logs.add(topup=topup_id, gateway=topup.gateway)
        return topup

    def checked(self, wish: Wish) -> PaymentGateway:
        """:raises InvalidRequest: the sum or the gateway."""
        gateway = self.gateways.get(wish.gateway)
        if gateway is None:
            raise InvalidRequest({"gateway": "unknown_gateway"})
        limits = self.limits_of(gateway)
        if wish.amount_kopecks < limits.min_kopecks:
            raise InvalidRequest({"amount_kopecks": "too_small"})
        if wish.amount_kopecks > limits.max_kopecks:
            raise InvalidRequest({"amount_kopecks": "too_large"})
        logs.add(topup=wish.id, gateway=gateway.name)
        return gateway

    def _write(self, subscriber_id: str, wish: Wish) -> bool:
        """False if it was there: a second click, or our own first try whose answer was lost."""
        self.spend(subscriber_id)
        for _ in range(INVOICE_TRIES):
            tx = Transaction()
            self.add(tx, self.new(subscriber_id, wish))
            try:
                tx.commit()
                return True
            except ConditionFailed as failed:
                if "topup" in failed.names:
                    return False
        raise UpstreamUnavailable("no free invoice number")

    def new(self, subscriber_id: str, wish: Wish) -> TopUpRow:
        """An order with a number of its own, not written down yet."""
        now = self.now()
        return TopUpRow(
            wish.id,
            subscriber_id=subscriber_id,
            account=wish.account,
            amount_kopecks=wish.amount_kopecks,
            gateway=wish.gateway,
            invoice=self.store.next_invoice(wish.gateway),
            status="created",
            language=wish.language,
            created_at=now,
            expires_at=now + self.settings.topup_expires,
            saves_card=wish.save_card,
        )

    def add(self, tx: Transaction, topup: TopUpRow) -> None:
        """Write it down in this transaction, whose commit fails with ``topup`` among the names if the id is taken."""
        self.store.add(tx, topup, Next(Kind.ASK_GATEWAY, topup.created_at + FIRST_QUESTION), "subscriber")

    def checked_out(self, topup: TopUpRow, created: bool) -> Ordered:
        """An order that is written down, with its checkout as long as it can be paid."""
        if topup.status not in PAYABLE:
            return Ordered(topup, None, created)
        checkout = self._checkout(topup)
        if topup.status == "created":
            asked = Next(Kind.ASK_GATEWAY, topup.created_at + FIRST_QUESTION)
            topup = self.store.advance(topup, "awaiting_payment", self.now(), "portal", asked)
        return Ordered(topup, checkout if topup.status == "awaiting_payment" else None, created)

    def _checkout(self, topup: TopUpRow) -> Checkout:
        gateway = self.gateways[topup.gateway]
        contact = self._email(topup.subscriber_id) if gateway.asks_contact else None
        return gateway.create_checkout(order_of(topup, contact, self.settings))

    def _email(self, subscriber_id: str) -> str | None:
        """Where the subscriber's receipts go: a confirmed address or nowhere."""
        profile = self.subscribers.get(subscriber_id)
        contacts = profile.contacts if profile else []
        return next((each.address for each in contacts if each.channel == "email" and each.confirmed_at), None)


def order_of(topup: TopUpRow, receipt_to: str | None, settings: Settings) -> Order:
    """A top-up as a gateway wants to know it."""
    return Order(
        topup_id=topup.topup_id,
        invoice=topup.invoice,
        account=topup.account,
        amount_kopecks=Kopecks(topup.amount_kopecks),
        ordered_at=topup.created_at,
        expires_at=topup.expires_at,
        return_url=f"{settings.site_url}/?pay={topup.topup_id}",
        language="en" if topup.language == "en" else "ru",
        receipt_to=receipt_to,
        save_card=topup.saves_card,
    )


def _same(topup: TopUpRow, subscriber_id: str, wish: Wish) -> bool:
    ours = (topup.subscriber_id, topup.account, topup.amount_kopecks, topup.gateway, topup.saves_card)
    return ours == (subscriber_id, wish.account, wish.amount_kopecks, wish.gateway, wish.save_card)
