"""Who the demo subscribers are: their accounts, services and tariffs. Plain data; ``demo`` tells their story."""

from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.billing import ServiceKind, Tariff
from chalicelib.billing.embedded.accounts import NewService
from chalicelib.billing.embedded.catalogue import CatalogueTariff, TariffGroup
from chalicelib.billing.embedded.standing import Line, Standing
from chalicelib.money import Kopecks

#: From the first contract to the day of seeding: fourteen months.
DAYS = 425


@dataclass(frozen=True)
class Demo:
    """``anchor_from_today`` puts the anchor day where the story needs it; ``ends_with`` is the last balance."""

    subscriber_id: str
    number: str
    label: str
    address: str
    anchor_from_today: int
    services: tuple[NewService, ...]
    order: int = 0
    ends_with_kopecks: int | None = None

    def anchor_day(self, first_day: date) -> int:
        return (first_day + timedelta(days=DAYS + self.anchor_from_today)).day

    def standing(self, first_day: date) -> Standing:
        """How the account stands on its first day: nothing paid, nothing charged."""
        return Standing(
            account=self.number,
            subscriber_id=self.subscriber_id,
            anchor_day=self.anchor_day(first_day),
            contract_on=first_day,
            lines=tuple(_line(service, first_day) for service in self.services),
        )


def _line(service: NewService, first_day: date) -> Line:
    tariff = Tariff(
        id=service.tariff,
        title=service.tariff_title,
        fee_kopecks=service.fee_kopecks,
        speed_mbps=service.speed_mbps,
    )
    return Line(service=service.id, kind=service.kind, title=service.title, tariff=tariff, unpaid_from=first_day)


def _service(id: str, kind: ServiceKind, title: str, tariff: str, fee: int, mbps: int | None, sort: int) -> NewService:
    return NewService(id, kind, title, f"{id}-{fee // 100}", tariff, Kopecks(fee), mbps, sort)


_INTERNET, _TV, _PHONE, _ADDON = ServiceKind.INTERNET, ServiceKind.TV, ServiceKind.TELEPHONY, ServiceKind.ADDON

ALICE = Demo(
    "sub-alice", "100101", "Дом", "г. Тверь, ул. Трёхсвятская, д. 14, кв. 27", -10,
    (_service("internet", _INTERNET, "Домашний интернет", "Оптимальный 100", 650_00, 100, 0),),
)  # fmt: skip
BOB = Demo(
    "sub-bob", "100201", "Дом", "г. Тверь, пр-т Победы, д. 33, корп. 2, кв. 118", 9,
    (
        _service("internet", _INTERNET, "Домашний интернет", "Скоростной 300", 790_00, 300, 0),
        _service("tv", _TV, "Интерактивное ТВ", "Базовый пакет, 180 каналов", 249_00, None, 1),
        _service("phone", _PHONE, "Городской телефон", "Поминутный", 219_50, None, 2),
    ),
    ends_with_kopecks=1009_50 - 214_37,
)  # fmt: skip
BOB_DACHA = Demo(
    "sub-bob", "100202", "Дача", "Тверская обл., Калининский р-н, д. Рябеево, ул. Садовая, д. 5", 17,
    (
        _service("internet", _INTERNET, "Интернет на даче", "Дачный 50", 450_00, 50, 0),
        _service("router", _ADDON, "Аренда роутера", "Роутер Wi-Fi 6", 99_90, None, 1),
    ),
    order=1, ends_with_kopecks=1312_08,
)  # fmt: skip
CHARLIE = Demo(
    "sub-charlie", "100301", "Дом", "г. Тверь, б-р Радищева, д. 9, кв. 4", -14,
    (_service("internet", _INTERNET, "Домашний интернет", "Семейный 200", 549_90, 200, 0),),
    ends_with_kopecks=611_70,
)  # fmt: skip
DEMOS = (ALICE, BOB, BOB_DACHA, CHARLIE)


def _tariff(title: str, fee: int, mbps: int | None, group: str, kind: ServiceKind = _INTERNET) -> CatalogueTariff:
    """With the ids that ``_service`` gives; a dearer tariff at once costs nothing more than its days."""
    name = {_INTERNET: "internet", _PHONE: "phone", _ADDON: "router"}[kind]
    fee_kopecks, id = Kopecks(fee), f"{name}-{fee // 100}"
    return CatalogueTariff(id=id, title=title, kind=kind, fee_kopecks=fee_kopecks, speed_mbps=mbps, group=group)


#: In the order on screen. TV is none of it: packages are bought in another way.
TARIFFS = (
    _tariff("Базовый 50", 390_00, 50, "home"),
    _tariff("Семейный 200", 549_90, 200, "home"),
    _tariff("Оптимальный 100", 650_00, 100, "home"),
    _tariff("Скоростной 300", 790_00, 300, "home"),
    _tariff("Игровой 500", 990_00, 500, "home"),
    _tariff("Максимальный 1000", 1490_00, 1000, "home"),
    _tariff("Дачный 50", 450_00, 50, "country"),
    _tariff("Дачный 100", 600_00, 100, "country"),
    _tariff("Поминутный", 219_50, None, "phone", _PHONE),
    _tariff("Роутер Wi-Fi 6", 99_90, None, "router", _ADDON),
)
GROUPS = (TariffGroup(id="home", moves=("home",)), TariffGroup(id="country", moves=("country",), promise_percent=50))
