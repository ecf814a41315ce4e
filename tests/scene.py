"""One account with a paid period and a small catalogue, for the tests of what a subscriber may ask for.

On 23 November 2026, noon in Moscow: the period is 12 November to 11 December, 30 days, of which 19 are left; the
internet costs 650 roubles, the phone 150, both paid.
"""

from datetime import date

from chalicelib import bootstrap
from chalicelib.billing import AccountView, OperationKind, ServiceKind
from chalicelib.billing.embedded import accounts, catalogue
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.billing.embedded.catalogue import CatalogueTariff, TariffGroup
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.ledger import Ledger
from chalicelib.billing.embedded.tables import EntryRow, LegMap
from chalicelib.money import Kopecks
from tests.product import START, Product, books

ACCOUNT = "100203"
TODAY = date(2026, 11, 23)
NEXT_PERIOD = date(2026, 12, 12)


def tariff(id: str, fee: int, group: str = "home", **more: object) -> CatalogueTariff:
    given = {"id": id, "title": id.title(), "kind": ServiceKind.INTERNET, "fee_kopecks": fee, "group": group}
    return CatalogueTariff.model_validate({**given, **more})


TARIFFS = (
    tariff("t50", 450_00, speed_mbps=50),
    tariff("t100", 650_00, speed_mbps=100),
    tariff("t300", 790_00, speed_mbps=300),
    tariff("t500", 1000_00, speed_mbps=500),
    tariff("gone", 700_00, offered=False),
    tariff("office", 3000_00, "business"),
    tariff("calls", 150_00, "home", kind=ServiceKind.TELEPHONY),
)
GROUPS = (TariffGroup(id="business", promise_percent=50),)


def settle(shop: Product, balance: int = 200_00, contract_on: date = date(2026, 1, 12)) -> str:
    """The account of the scene with so much left after the period was paid."""
    catalogue.replace(TARIFFS, GROUPS)
    accounts.create(NewAccount(ACCOUNT, "sub-bob", "Дом", "Тверь", 12, contract_on), START)
    pay(Kopecks(800_00 + balance), "first")
    opened = date(2026, 11, 12)
    internet, phone = ServiceKind.INTERNET, ServiceKind.TELEPHONY
    for service in (
        NewService("internet", internet, "Интернет", "t100", "T100", Kopecks(650_00), 100, 0, opened),
        NewService("phone", phone, "Телефон", "calls", "Calls", Kopecks(150_00), None, 1, opened),
    ):
        accounts.add_service(books(), ACCOUNT, service)
    bootstrap.billing().run_calendar(ACCOUNT)
    return ACCOUNT


def pay(kopecks: int, id: str, account: str = ACCOUNT) -> None:
    bootstrap.billing().post_payment(account, Kopecks(kopecks), f"pay:{id}", "gateway:robokassa")


def owe(kopecks: int, id: str) -> None:
    """A call that was made: it is charged whatever the balance."""
    leg = Leg(OperationKind.CHARGE, Kopecks(-kopecks), "Звонок", "revenue:telephony", "phone", rule="call")
    Ledger(books()).post(NewEntry(ACCOUNT, f"call:{id}", (leg,)))


def give(kopecks: int) -> None:
    """A correction by hand, in the subscriber's favour."""
    leg = Leg(OperationKind.CORRECTION, Kopecks(kopecks), "Перерасчёт", "correction", "internet")
    Ledger(books()).post(NewEntry(ACCOUNT, f"correction:{kopecks}", (leg,), "i.petrova", "Авария, заявка 1"))


def entry_legs(account: str = ACCOUNT) -> list[LegMap]:
    """Every leg of the account's ledger, oldest first."""
    return [leg for row in EntryRow.query(account) for leg in row.legs]


def view() -> AccountView:
    return bootstrap.billing().account(ACCOUNT)


def told(shop: Product, event: str) -> list[str]:
    """The texts that were sent about an event."""
    return [str(message["text"]) for message in shop.messages() if message["event"] == event]
