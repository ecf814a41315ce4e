"""The only place where concrete things meet: each is built once per warm container."""

from collections.abc import Mapping
from functools import cache, partial

from chalicelib import billing as billing_port, seams
from chalicelib.billing import BillingSystem
from chalicelib.cloud.queue import Queue
from chalicelib.providers import gateways as gateway_port, messages as message_port
from chalicelib.providers.gateways import PaymentGateway
from chalicelib.seams import now as now, settings as settings, token as token
from chalicelib.services.accounts import Accounts
from chalicelib.services.agenda import AgendaRunner
from chalicelib.services.autopay import Autopay
from chalicelib.services.autopay_charges import AutopayCharges
from chalicelib.services.autopay_connecting import AutopayConnecting
from chalicelib.services.autopay_days import AutopayDays
from chalicelib.services.autopay_notices import Notices
from chalicelib.services.autopay_outcomes import AutopayOutcomes
from chalicelib.services.autopay_screen import AutopayView
from chalicelib.services.calendar import Calendar
from chalicelib.services.card_consents import CardConsents
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
from chalicelib.services.receipt_questions import ReceiptQuestions
from chalicelib.services.receipts import Receipts
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
from chalicelib.store.receipts import ReceiptStore
from chalicelib.store.refunds import RefundStore
from chalicelib.store.subscribers import SubscriberStore
from chalicelib.store.topups import TopUpStore
from chalicelib.store.turns import Turns
from chalicelib.upstream import Outgoing


def forget() -> None:
    """Build everything anew, with settings read again; for tests and the local server's start."""
    for thing in (each for each in globals().values() if hasattr(each, "cache_clear")):
        thing.cache_clear()


@cache
def billing() -> BillingSystem:
    built = billing_port.load(settings().billing, settings=settings(), now=now, mark=token)
    for around in seams.around_billing:
        built = around(built)
    return built


@cache
def gateways() -> Mapping[str, PaymentGateway]:
    """Each with the shop's turns, which all workers share through the store."""
    return {
        name: gateway_port.load(name, seams.environ, Outgoing(name), now, partial(Turns(now).take, name))
        for name in settings().gateways
    }


senders = cache(lambda: message_port.load_all((settings().sms, settings().email), seams.environ))
topup_store = cache(lambda: TopUpStore(settings().agenda_shards, settings().invoice_start))
agenda = cache(lambda: Agenda(settings().agenda_shards, settings().agenda_batch, settings().agenda_lease, token))
passwords = cache(lambda: Passwords(settings()))
sessions = cache(lambda: Sessions(settings(), billing(), passwords(), Guesses(settings()), now, token))
subscribers = cache(lambda: Subscribers(SubscriberStore()))
topups = cache(lambda: TopUps(topup_store(), billing(), gateways(), SubscriberStore(), now, settings()))
refund_store = cache(lambda: RefundStore(settings().agenda_shards))
receipt_store = cache(lambda: ReceiptStore(settings().agenda_shards))
receipts = cache(lambda: Receipts(
    receipt_store(), topup_store(), refund_store(), billing(), gateways(), ReceiptQuestions(gateways(), now),
    SubscriberStore(), agenda(), CaseStore(), now, token, settings(),
))  # fmt: skip
settlement = cache(
    lambda: Settlement(topup_store(), billing(), gateways(), agenda(), CaseStore(), receipts(), now, settings())
)
calendar = cache(lambda: Calendar(billing(), agenda()))
internet = cache(lambda: Internet(billing()))
internet_password = cache(lambda: InternetPassword(billing(), now, lambda size: seams.random_bytes(size), token))
portal_password = cache(lambda: PortalPassword(settings(), passwords(), Guesses(settings()), now, token))
questions = cache(lambda: Questions(topup_store(), gateways(), settlement(), agenda(), now))
refunds = cache(lambda: Refunds(
    refund_store(), topup_store(), billing(), gateways(), agenda(), CaseStore(), receipts(), now, token, settings()
))  # fmt: skip
webhooks = cache(lambda: Webhooks(gateways(), topup_store(), settlement(), questions(), CaseStore(), now))
message_store = cache(lambda: MessageStore(settings().agenda_shards))
messages = cache(lambda: Messages(message_store(), agenda(), senders(), SubscriberStore(), CaseStore(), now))
promises = cache(lambda: PromiseStore(settings().agenda_shards))
expiry = cache(lambda: PromiseExpiry(promises(), billing(), settlement(), questions(), CaseStore(), now, settings()))
promised_payments = cache(lambda: PromisedPayments(promises(), billing(), agenda(), expiry(), now, token, settings()))
autopay_store = cache(lambda: AutopayStore(settings().agenda_shards, token))
_rows = cache(lambda: (topup_store(), message_store(), refund_store(), autopay_store(), receipt_store()))
cases = cache(lambda: Cases(CaseStore(), *_rows(), now, settings()))
notices = cache(lambda: Notices(SubscriberStore(), tuple(senders()), now, settings()))
autopay_outcomes = cache(lambda: AutopayOutcomes(
    autopay_store(), notices(), billing(), topup_store(), refunds(), CaseStore(), now, settings()
))  # fmt: skip
autopay_charges = cache(lambda: AutopayCharges(
    autopay_store(), notices(), billing(), gateways(), settlement(), questions(), autopay_outcomes(),
    message_store(), now, settings(),
))  # fmt: skip
saved_cards = cache(lambda: SavedCards(autopay_store(), gateways(), notices(), now, settings()))
autopay_days = cache(lambda: AutopayDays(autopay_store(), autopay_charges(), saved_cards(), agenda(), now, settings()))
autopay = cache(lambda: Autopay(autopay_store(), autopay_days(), topups(), billing(), now, token, settings()))
card_consents = cache(lambda: CardConsents(autopay_store(), autopay(), now, token))
connecting = cache(lambda: AutopayConnecting(autopay(), card_consents()))
card_keeping = cache(lambda: CardKeeping(autopay(), card_consents()))
autopay_view = cache(lambda: AutopayView(autopay(), now, settings()))
accounts = cache(lambda: Accounts(billing(), autopay_view().summary, receipts(), settings().zone, now))


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
        Kind.RECEIPT: receipts().work,
    }
    return AgendaRunner(agenda(), CaseStore(), works, now, Queue(queue) if queue else None)
