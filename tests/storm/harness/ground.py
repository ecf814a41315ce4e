"""An account with a catalogue, whose first paid period begins on a day to come; what is done to it, day by day.

On 23 November 2026, noon in Moscow, nothing of it was ever charged. Internet costs 650 roubles a month and the
phone 150; the money is handed in at the provider's desk, so that no gateway has to know of it.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib import bootstrap
from chalicelib.billing import ServiceKind
from chalicelib.billing.embedded import accounts, catalogue
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.money import Kopecks
from tests import scene
from tests.product import START, Product, books

ACCOUNT = scene.ACCOUNT
SERVICE = "internet"
MOSCOW = ZoneInfo("Europe/Moscow")
#: The day after the clock's first one.
TOMORROW = date(2026, 11, 24)


def ground(kopecks: int, opens: date = TOMORROW) -> str:
    """So much money, and services that cost their first fee on ``opens``, which is also the anchor."""
    catalogue.replace(scene.TARIFFS, scene.GROUPS)
    since = date(2026, 1, opens.day)
    accounts.create(NewAccount(ACCOUNT, "sub-bob", "Дача", "Тверь", opens.day, since), START - timedelta(days=30))
    cash(kopecks, "first")
    internet, phone = ServiceKind.INTERNET, ServiceKind.TELEPHONY
    for service in (
        NewService(SERVICE, internet, "Интернет", "t100", "T100", Kopecks(650_00), 100, 0, opens),
        NewService("phone", phone, "Телефон", "calls", "Calls", Kopecks(150_00), None, 1, opens),
    ):
        accounts.add_service(books(), ACCOUNT, service)
    return ACCOUNT


def cash(kopecks: int, id: str) -> None:
    """A real payment that no gateway has seen."""
    bootstrap.billing().post_payment(ACCOUNT, Kopecks(kopecks), f"cash:{id}", "cash:desk")


def at(shop: Product, day: date, hour: int = 10) -> None:
    """Half a minute past the hour; by ten in the morning of Moscow, when messages may be sent, the calendar is late."""
    then = datetime.combine(day, time(hour, 0, 30), MOSCOW)
    shop.clock.advance((then - shop.clock()).total_seconds())


def calendar() -> None:
    """Everything that the days owe the account by now, without the agenda."""
    bootstrap.billing().run_calendar(ACCOUNT)
