"""Entering a subscriber, an account and its services into the embedded billing. Every step may be repeated."""

import hashlib
from dataclasses import dataclass, field
from datetime import date

from chalicelib import bootstrap, seams
from chalicelib.billing import OperationKind
from chalicelib.billing.embedded import accounts
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.billing.embedded.books import Books
from chalicelib.billing.embedded.catalogue import CatalogueTariff
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.ledger import Ledger, Posted
from chalicelib.billing.embedded.periods import period_of
from chalicelib.errors import Conflict
from chalicelib.money import Kopecks
from chalicelib.services.identity import Client
from chalicelib.services.sign_in import entry_of
from chalicelib.store import password_changes
from chalicelib.store.sessions import SessionStore
from chalicelib.store.subscribers import Profile, SubscriberStore, confirmed, normalized

#: No sign that is mistaken for another when it is read out; 54 of them, 16 give 92 bits.
_CLEAR = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXY3456789"
ISSUED_LENGTH = 16


@dataclass(frozen=True)
class Enrolment:
    """One account as the contract describes it. ``phone`` and ``email`` are spelled as the portal stores them.

    ``charged_from`` is the first day its services cost anything, by default the account's next period.
    """

    login: str
    name: str
    phone: str | None
    email: str | None
    account: str
    label: str
    address: str
    anchor_day: int
    contract_on: date
    tariffs: tuple[CatalogueTariff, ...] = ()
    opening_balance_kopecks: Kopecks = Kopecks(0)
    charged_from: date | None = field(default=None)


def books() -> Books:
    settings = bootstrap.settings()
    return Books(bootstrap.now, settings.zone, settings.agenda_shards, bootstrap.token)


def enrol(new: Enrolment, operator: str, reason: str) -> str | None:
    """Whatever of it is missing: subscriber, account, opening balance, services. What is there stays as it is.

    The ids follow from the login and the account's number, so a repeat after a kill goes on where it stopped. The
    one-time password of a new subscriber, None for one who was there.

    :raises Conflict: the account is another subscriber's, or its opening balance was another sum.
    :raises UpstreamError: come again.
    """
    subscriber_id, issued = add_subscriber(new)
    order = len(bootstrap.billing().accounts(subscriber_id))
    account = NewAccount(
        new.account, subscriber_id, new.label, new.address, new.anchor_day, new.contract_on, min(order, 9999)
    )
    accounts.create(account, bootstrap.now())
    if new.opening_balance_kopecks:
        _post_opening_balance(new, operator, reason)
    today = books().today()
    charged_from = new.charged_from or period_of(today, new.anchor_day).next_start
    for service in services_of(new.tariffs, charged_from):
        accounts.add_service(books(), new.account, service)
    return issued


def add_subscriber(new: Enrolment) -> tuple[str, str | None]:
    """The id behind the login, and the password issued to a subscriber who was not there before.

    What stands in the contract counts as confirmed: messages go there.
    """
    store = SubscriberStore()
    owner = store.owner_of(new.login)
    if owner is not None:
        return owner, None
    subscriber_id = "s-" + hashlib.sha256(normalized(new.login).encode()).hexdigest()[:24]
    issued, at = issued_password(), bootstrap.now()
    given = (("sms", new.phone), ("email", new.email))
    profile = Profile(
        subscriber_id,
        login=new.login.strip(),
        name=new.name,
        password_hash=bootstrap.passwords().hash(issued),
        must_change_password=True,
        contacts=[confirmed(channel, address, at) for channel, address in given if address],
    )
    if not store.add(profile):
        owner = store.owner_of(new.login)
        if owner is None:
            raise Conflict
        return owner, None
    return subscriber_id, issued


def services_of(tariffs: tuple[CatalogueTariff, ...], charged_from: date | None) -> tuple[NewService, ...]:
    """One service a tariff; ids are the kind, then kind-2 and so on, in the order given."""
    made: list[NewService] = []
    for sort, tariff in enumerate(tariffs):
        before = sum(service.kind is tariff.kind for service in made)
        id = tariff.kind.value + (f"-{before + 1}" if before else "")
        made.append(service_of(id, tariff, charged_from, sort))
    return tuple(made)


def service_of(id: str, tariff: CatalogueTariff, charged_from: date | None, sort: int) -> NewService:
    return NewService(
        id=id,
        kind=tariff.kind,
        title=_TITLES[tariff.kind],
        tariff=tariff.id,
        tariff_title=tariff.title,
        fee_kopecks=tariff.fee_kopecks,
        speed_mbps=tariff.speed_mbps,
        sort=sort,
        charged_from=charged_from,
    )


_TITLES = {"internet": "Интернет", "tv": "Телевидение", "telephony": "Телефон", "addon": "Дополнительная услуга"}


def _post_opening_balance(new: Enrolment, operator: str, reason: str) -> None:
    leg = Leg(OperationKind.CORRECTION, new.opening_balance_kopecks, "Входящий остаток", "correction")
    entry = NewEntry(new.account, f"opening:{new.account}", (leg,), operator, reason)
    if Ledger(books()).post(entry) is Posted.CONFLICT:
        raise Conflict


def issue_password(login: str, operator: str) -> str | None:
    """A new one-time password; every session ends. None for an unknown login. Repeating issues another one.

    :raises ConditionFailed: the subscriber signed in or changed it at this very moment. :raises UpstreamError: again.
    """
    store = SubscriberStore()
    owner = store.owner_of(login)
    profile = store.get(owner) if owner else None
    if profile is None:
        return None
    issued, staff = issued_password(), Client("-", f"ops {operator}", "ru")
    entry = entry_of(profile.subscriber_id, "password_issued", staff, bootstrap.now(), bootstrap.token())
    rows = SessionStore().list(profile.subscriber_id)
    password_changes.issue(profile, bootstrap.passwords().hash(issued), rows, entry)
    return issued


def issued_password() -> str:
    """Each sign as likely as any other: a byte beyond the last whole round of signs is thrown away."""
    signs: list[str] = []
    while len(signs) < ISSUED_LENGTH:
        byte = seams.random_bytes(1)[0]
        if byte < 256 - 256 % len(_CLEAR):
            signs.append(_CLEAR[byte % len(_CLEAR)])
    return "".join(signs)
