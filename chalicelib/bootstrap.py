"""The only place where concrete things meet: each is built once per warm container."""

import os
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache

from chalicelib import billing as billing_port
from chalicelib import clock, config
from chalicelib.billing import BillingSystem
from chalicelib.money import Kopecks
from chalicelib.providers import gateways as gateway_port
from chalicelib.providers import messages as message_port
from chalicelib.providers.gateways import Limits, PaymentGateway
from chalicelib.providers.messages import MessageSender
from chalicelib.services.accounts import Accounts
from chalicelib.services.agenda import AgendaRunner
from chalicelib.services.messages import Messages
from chalicelib.services.settlement import Settlement
from chalicelib.services.topups import TopUps
from chalicelib.services.webhooks import Webhooks
from chalicelib.store.agenda import Agenda, Kind
from chalicelib.store.cases import CaseStore
from chalicelib.store.messages import MessageStore
from chalicelib.store.subscribers import SubscriberStore
from chalicelib.store.topups import TopUpStore
from chalicelib.upstream import Outgoing

#: The two seams through which tests and the local sandbox move time and chance.
current_time: clock.Clock = clock.utc_now
random_bytes: Callable[[int], bytes] = secrets.token_bytes
#: Where the adapters find the settings of their companies.
environ: Mapping[str, str] = os.environ
#: What stands around the billing; the sandbox puts its faults here.
around_billing: list[Callable[[BillingSystem], BillingSystem]] = []


def now() -> datetime:
    return current_time()


def token() -> str:
    return random_bytes(16).hex()


@cache
def settings() -> config.Settings:
    return config.load(environ)


@cache
def agenda() -> Agenda:
    chosen = settings()
    lease = timedelta(seconds=chosen.agenda_lease_seconds)
    return Agenda(chosen.agenda_shards, chosen.agenda_batch, lease, token)


@cache
def billing() -> BillingSystem:
    built = billing_port.load(settings().billing, zone=settings().zone, now=now)
    for around in around_billing:
        built = around(built)
    return built


@cache
def gateways() -> dict[str, PaymentGateway]:
    return {name: gateway_port.load(name, environ, Outgoing(name), now) for name in settings().gateways}


@cache
def senders() -> dict[str, MessageSender]:
    names = [name for name in (settings().sms, settings().email) if name]
    loaded = [message_port.load(name, environ, Outgoing(name)) for name in names]
    return {sender.channel: sender for sender in loaded}


@cache
def topup_store() -> TopUpStore:
    return TopUpStore(settings().agenda_shards, settings().invoice_start)


@cache
def accounts() -> Accounts:
    return Accounts(billing(), settings().zone, now)


@cache
def topups() -> TopUps:
    chosen = settings()
    limits = Limits(min_kopecks=Kopecks(chosen.topup_min_kopecks), max_kopecks=Kopecks(chosen.topup_max_kopecks))
    return TopUps(topup_store(), billing(), gateways(), now, limits, chosen.topup_expires, chosen.site_url)


@cache
def settlement() -> Settlement:
    chosen = settings()
    return Settlement(
        topup_store(),
        billing(),
        gateways(),
        agenda(),
        CaseStore(),
        now,
        last_question=timedelta(hours=chosen.topup_last_question_hours),
        stuck_after=timedelta(hours=chosen.stuck_after_hours),
    )


@cache
def webhooks() -> Webhooks:
    return Webhooks(gateways(), topup_store(), settlement(), CaseStore(), now)


@cache
def messages() -> Messages:
    return Messages(MessageStore(settings().agenda_shards), agenda(), senders(), SubscriberStore(), now)


@cache
def agenda_runner() -> AgendaRunner:
    works = {
        Kind.ASK_GATEWAY: settlement().ask,
        Kind.SETTLE_TOPUP: settlement().settle,
        Kind.DELIVER_MESSAGE: messages().deliver,
    }
    return AgendaRunner(agenda(), CaseStore(), works, now)


def forget() -> None:
    """Build everything anew, with settings read again; for tests and the local server's start."""
    for factory in (
        settings, agenda, billing, gateways, senders, topup_store, accounts, topups, settlement,
        webhooks, messages, agenda_runner, sessions,
    ):  # fmt: skip
        factory.cache_clear()
