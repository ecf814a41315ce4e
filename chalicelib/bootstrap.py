"""The only place where concrete things meet: each is built once per warm container."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, partial

from chalicelib import billing as billing_port
from chalicelib import clock, config
from chalicelib.billing import BillingSystem
from chalicelib.cloud.queue import Queue
from chalicelib.providers import gateways as gateway_port
from chalicelib.providers import messages as message_port
from chalicelib.providers.gateways import PaymentGateway
from chalicelib.services.accounts import Accounts
from chalicelib.services.agenda import AgendaRunner
from chalicelib.services.autopay import Autopay
from chalicelib.services.autopay_charges import AutopayCharges
from chalicelib.services.autopay_days import AutopayDays
from chalicelib.services.autopay_notices import Notices
from chalicelib.services.autopay_screen import AutopayView
from chalicelib.services.calendar import Calendar
from chalicelib.services.card_keeping import CardKeeping
from chalicelib.services.cases import Cases
from chalicelib.services.internet import Internet
from chalicelib.services.internet_password import InternetPassword
from chalicelib.services.messages import Messages
from chalicelib.services.passwords import Passwords
from chalicelib.services.portal_password import PortalPassword
from chalicelib.services.promise_expiry import PromiseExpiry
from chalicelib.services.promised_payments import PromisedPayments
from chalicelib.services.questions import Questions
from chalicelib.services.refunds import Refunds
from chalicelib.services.saved_cards import SavedCards
from chalicelib.services.session import Sessions
from chalicelib.services.settlement import Settlement
from chalicelib.services.subscriber import Subscribers
from chalicelib.services.topups import TopUps
from chalicelib.services.webhooks import Webhooks
from chalicelib.store.agenda import Agenda, Kind
from chalicelib.store.autopays import AutopayStore
from chalicelib.store.cases import CaseStore
from chalicelib.store.guesses import Guesses
from chalicelib.store.messages import MessageStore
from chalicelib.store.promises import PromiseStore
from chalicelib.store.refunds import RefundStore
from chalicelib.store.subscribers import SubscriberStore
from chalicelib.store.topups import TopUpStore
from chalicelib.store.turns import Turns
from chalicelib.upstream import Outgoing

# The seams through which tests and the local sandbox move time, chance, settings and the billing's luck.
current_time: clock.Clock = clock.utc_now
random_bytes: Callable[[int], bytes] = secrets.token_bytes
environ: Mapping[str, str] = config.environment()
around_billing: list[Callable[[BillingSystem], BillingSystem]] = []
settings = cache(lambda: config.load(environ))


def forget() -> None:
    """Build everything anew, with settings read again; for tests and the local server's start."""
    for thing in list(globals().values()):
        if hasattr(thing, "cache_clear"):
            thing.cache_clear()


def now() -> datetime:
    return current_time()


def token() -> str:
    """An unguessable word of 128 bits."""
    return random_bytes(16).hex()


@cache
def billing() -> BillingSystem:
    built = billing_port.load(settings().billing, settings=settings(), now=now, mark=token)
    for around in around_billing:
        built = around(built)
    return built


@cache
def gateways() -> Mapping[str, PaymentGateway]:
    """Each with the shop's turns, which all workers share through the store."""
    return {
        name: gateway_port.load(name, environ, Outgoing(name), now, partial(Turns(now).take, name))
        for name in settings().gateways
    }


senders = cache(lambda: message_port.load_all((settings().sms, settings().email), environ))
topup_store = cache(lambda: TopUpStore(settings().agenda_shards, settings().invoice_start))
agenda = cache(lambda: Agenda(settings().agenda_shards, settings().agenda_batch, settings().agenda_lease, token))
passwords = cache(lambda: Passwords(settings()))
sessions = cache(lambda: Sessions(settings(), billing(), passwords(), Guesses(settings()), now, token))
subscribers = cache(lambda: Subscribers(SubscriberStore()))
topups = cache(lambda: TopUps(topup_store(), billing(), gateways(), SubscriberStore(), now, settings()))
settlement = cache(lambda: Settlement(topup_store(), billing(), gateways(), agenda(), CaseStore(), now, settings()))
calendar = cache(lambda: Calendar(billing(), agenda()))
internet = cache(lambda: Internet(billing()))
internet_password = cache(lambda: InternetPassword(billing(), now, lambda size: random_bytes(size), token))
portal_password = cache(lambda: PortalPassword(settings(), passwords(), Guesses(settings()), now, token))
questions = cache(lambda: Questions(topup_store(), gateways(), settlement(), agenda(), now))
refund_store = cache(lambda: RefundStore(settings().agenda_shards))
refunds = cache(
    lambda: Refunds(
        refund_store(), topup_store(), billing(), gateways(), agenda(), CaseStore(), now, token, settings()
    )
)  # fmt: skip
webhooks = cache(lambda: Webhooks(gateways(), topup_store(), settlement(), questions(), CaseStore(), now))
message_store = cache(lambda: MessageStore(settings().agenda_shards))
messages = cache(lambda: Messages(message_store(), agenda(), senders(), SubscriberStore(), CaseStore(), now))
cases = cache(lambda: Cases(CaseStore(), topup_store(), message_store(), refund_store(), now, settings()))
promises = cache(lambda: PromiseStore(settings().agenda_shards))
expiry = cache(lambda: PromiseExpiry(promises(), billing(), settlement(), questions(), CaseStore(), now, settings()))
promised_payments = cache(lambda: PromisedPayments(promises(), billing(), agenda(), expiry(), now, token, settings()))
autopay_store = cache(lambda: AutopayStore(settings().agenda_shards, token))
notices = cache(lambda: Notices(SubscriberStore(), tuple(senders()), now, settings()))
autopay_charges = cache(
    lambda: AutopayCharges(
        autopay_store(), notices(), billing(), gateways(), settlement(), questions(), refunds(), message_store(),
        CaseStore(), now, settings(),
    )
)  # fmt: skip
saved_cards = cache(lambda: SavedCards(autopay_store(), gateways(), notices(), now, settings()))
autopay_days = cache(lambda: AutopayDays(autopay_store(), autopay_charges(), saved_cards(), agenda(), now, settings()))
autopay = cache(lambda: Autopay(autopay_store(), autopay_days(), topups(), billing(), now, token, settings()))
card_keeping = cache(lambda: CardKeeping(autopay_store(), autopay(), now, token))
autopay_view = cache(lambda: AutopayView(autopay(), now, settings()))
accounts = cache(lambda: Accounts(billing(), autopay_view().summary, settings().zone, now))


@cache
def agenda_runner() -> AgendaRunner:
    settle, queue = settlement(), settings().queue_url
    works = {
        Kind.ASK_GATEWAY: questions().ask,
        Kind.SETTLE_TOPUP: settle.settle,
        Kind.DELIVER_MESSAGE: messages().deliver,
        Kind.ACCOUNT_DAY: calendar().run,
        Kind.PROMISED_PAYMENT: promised_payments().look,
        Kind.REFUND: refunds().work,
        Kind.AUTOPAY: autopay_days().look,
    }
    return AgendaRunner(agenda(), CaseStore(), works, now, Queue(queue) if queue else None)
