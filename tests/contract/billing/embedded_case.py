"""The scene in the embedded billing: accounts made by the provider's side, history posted to the ledger.

The history is written entry by entry, as the scene gives it; the services say that it paid their days.
"""

import secrets
from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from chalicelib.billing import BillingSystem, ServiceKind, ServicePeriod, load
from chalicelib.billing.embedded import accounts
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.billing.embedded.books import Books
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.ledger import Ledger
from chalicelib.clock import Clock, local_date
from chalicelib.config import load as settings_of
from chalicelib.money import Kopecks
from tests.contract.billing.suite import HISTORY, BillingCase, Happened
from tests.product import key_file_path


def build(zone: ZoneInfo, now: Clock) -> BillingSystem:
    first = HISTORY[0].at
    settings = settings_of({"PORTAL_TIME_ZONE": zone.key, "PORTAL_KEY_FILE": str(key_file_path())})
    for number, subscriber, label, order in (
        ("500002", "sub-a", "Дача", 1),
        ("500001", "sub-a", "Дом", 0),
        ("500003", "sub-b", "Дом", 0),
    ):
        accounts.create(NewAccount(number, subscriber, label, "г. Тверь", 10, date(2026, 10, 10), order), first)

    def books(now: Clock) -> Books:
        return Books(now, zone, settings.agenda_shards, lambda: secrets.token_hex(16))

    for service in _services():
        accounts.add_service(books(now), "500001", service)
    for count, (at, legs) in enumerate(groupby(HISTORY, key=lambda each: each.at)):
        _post(books(lambda at=at: at), zone, count, at, list(legs))  # type: ignore[misc]
    return load("embedded", settings=settings, now=now, mark=lambda: secrets.token_hex(16))


def _services() -> Iterator[NewService]:
    paid_until = date(2026, 12, 10)
    yield NewService("phone", ServiceKind.TELEPHONY, "Телефон", "p", "Поминутный", Kopecks(150_00), None, 1, paid_until)
    yield NewService("internet", ServiceKind.INTERNET, "Интернет", "t", "100", Kopecks(600_00), 100, 0, paid_until)


def _post(books: Books, zone: ZoneInfo, count: int, at: datetime, happened: list[Happened]) -> None:
    day = local_date(at, zone)
    period = ServicePeriod(start=day, end=date(2026, day.month + 1, 9)) if len(happened) > 1 else None
    legs = tuple(
        Leg(each.kind, Kopecks(each.amount_kopecks), "title", "contra:any", each.service, period, rule="scene")
        for each in happened
    )
    Ledger(books).post(NewEntry("500001", f"scene-{count}", legs))


CASE = BillingCase("embedded", build)
