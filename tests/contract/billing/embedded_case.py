"""The scene in the embedded billing: accounts made by the provider's side, history posted to the ledger."""

from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from chalicelib.billing import BillingSystem, ServiceKind, load
from chalicelib.billing.embedded import accounts
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.ledger import Ledger
from chalicelib.clock import Clock
from chalicelib.money import Kopecks
from tests.contract.billing.suite import HISTORY, BillingCase, Happened


def build(zone: ZoneInfo, now: Clock) -> BillingSystem:
    first = HISTORY[0].at
    for number, subscriber, label, order in (
        ("500002", "sub-a", "Дача", 1),
        ("500001", "sub-a", "Дом", 0),
        ("500003", "sub-b", "Дом", 0),
    ):
        accounts.create(NewAccount(number, subscriber, label, "г. Тверь", 10, date(2026, 10, 10), order), first)
    _services()
    for count, (at, legs) in enumerate(groupby(HISTORY, key=lambda each: each.at)):
        _post(count, at, list(legs))
    return load("embedded", zone=zone, now=now)


def _services() -> None:
    internet = NewService("internet", ServiceKind.INTERNET, "Интернет", "t", "100", Kopecks(600_00), 100, 0)
    phone = NewService("phone", ServiceKind.TELEPHONY, "Телефон", "p", "Поминутный", Kopecks(150_00), None, 1)
    accounts.add_service("500001", phone)
    accounts.add_service("500001", internet)


def _post(count: int, at: datetime, happened: list[Happened]) -> None:
    legs = tuple(
        Leg(each.kind, Kopecks(each.amount_kopecks), "title", "contra:any", each.service, rule="scene")
        for each in happened
    )
    opened_until = date(2026, at.month + 1, 10) if len(legs) > 1 else None
    Ledger(lambda: at).post(NewEntry("500001", f"scene-{count}", legs, opened_until=opened_until))


CASE = BillingCase("embedded", build)
