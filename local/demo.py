"""The demo subscribers' accounts with fourteen months of history, posted through the ledger like any other.

The history is a pure function of the first day, and every posting has an external id of its own. The first
day is kept as the first account's contract date. So a seeding that was killed goes on where it stopped, on
any later day, and ends in the same ledger; one that is finished is never done again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib.billing import AccountState, OperationKind, ServiceKind, ServicePeriod
from chalicelib.billing.embedded import accounts
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.ledger import Ledger, Posted, find_external
from chalicelib.billing.embedded.openings import Opening, Recurring, Standing, plan
from chalicelib.billing.embedded.tables import AccountRow
from chalicelib.clock import day_start, local_date
from chalicelib.money import Kopecks, round_up_to_ruble
from chalicelib.store.tables import fetch

#: From the first contract to the day of seeding: fourteen months.
DAYS = 425

#: What people pay above the need, in turn; the need itself has kopecks.
_EXTRA = (137, 25000, 1305, 0, 19999, 4250, 11, 30000, 777, 6063)


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


@dataclass(frozen=True)
class Post:
    at: datetime
    entry: NewEntry
    floor_kopecks: Kopecks | None = None


@dataclass
class _Story:
    """Writes an account's history and keeps the balance that the ledger will have."""

    demo: Demo
    zone: ZoneInfo
    standing: Standing
    posts: list[Post] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return self.standing.balance_kopecks

    def _post(self, day: date, at: time, entry: NewEntry, floor: Kopecks | None = None) -> None:
        self.posts.append(Post(datetime.combine(day, at, self.zone), entry, floor))
        self.standing = replace(
            self.standing,
            balance_kopecks=Kopecks(self.balance + entry.amount_kopecks),
            opened_until=entry.opened_until or self.standing.opened_until,
        )

    def pay(self, day: date, name: str, amount: int, cash: bool = False) -> None:
        title, contra = ("Оплата в кассе", "gateway:cash desk") if cash else ("Пополнение счёта", "gateway:robokassa")
        leg = Leg(OperationKind.PAYMENT, Kopecks(amount), title, contra)
        signed = ("cashier-2", "Приём наличных") if cash else (None, None)
        self._post(day, time(11, 40), NewEntry(self.demo.number, self._id(name), (leg,), *signed))

    def open(self, opening: Opening, at: time = time(0, 5), promise: int = 0) -> None:
        self._post(opening.start, at, opening.entry(), Kopecks(-promise))

    def charge(self, day: date, name: str, leg: Leg) -> None:
        self._post(day, time(18, 25), NewEntry(self.demo.number, self._id(name), (leg,)))

    def by_hand(self, day: date, name: str, leg: Leg, reason: str) -> None:
        self._post(day, time(15, 10), NewEntry(self.demo.number, self._id(name), (leg,), "i.petrova", reason))

    def _id(self, name: str) -> str:
        return f"demo:{self.demo.number}:{name}"


def seed(now: datetime, zone: ZoneInfo) -> bool:
    """Make the demo accounts and their history. False if that was done before.

    :raises RuntimeError: the ledger holds something else under a demo id.
    """
    kept = fetch(AccountRow, ALICE.number, "account")
    first_day = kept.contract_on if kept else local_date(now, zone) - timedelta(days=DAYS)
    if find_external(history(DEMOS[-1], first_day, zone)[-1].entry.external_id):
        return False
    for demo in DEMOS:
        _create(demo, first_day, zone)
        for post in history(demo, first_day, zone):
            _put(post)
        if demo is ALICE:
            reason = "Обещанный платёж закончился, а оплата не поступила"
            accounts.set_state(demo.number, AccountState.FINANCIAL_BLOCK, reason)
    return True


def _create(demo: Demo, first_day: date, zone: ZoneInfo) -> None:
    anchor = (first_day + timedelta(days=DAYS + demo.anchor_from_today)).day
    new = NewAccount(demo.number, demo.subscriber_id, demo.label, demo.address, anchor, first_day, demo.order)
    accounts.create(new, day_start(first_day, zone))
    for service in demo.services:
        accounts.add_service(demo.number, service)


def _put(post: Post) -> None:
    result = Ledger(lambda: post.at).post(post.entry, post.floor_kopecks)
    if result not in (Posted.CREATED, Posted.ALREADY):
        raise RuntimeError(f"demo {post.entry.external_id}: {result}")


def history(demo: Demo, first_day: date, zone: ZoneInfo) -> tuple[Post, ...]:
    """Everything that happened to an account before the day of seeding, oldest first. Pure."""
    today = first_day + timedelta(days=DAYS)
    recurring = tuple(
        Recurring(s.id, s.kind, s.title, s.fee_kopecks) for s in demo.services if s.kind is not ServiceKind.TV
    )
    anchor = (today + timedelta(days=demo.anchor_from_today)).day
    standing = Standing(demo.number, AccountState.ACTIVE, Kopecks(0), Kopecks(0), anchor, None, recurring)
    story = _Story(demo, zone, standing)
    for number, opening in enumerate(_openings(standing, first_day, today)):
        last = opening.period.next_start > today
        _month(story, number, opening, first_day, owes=demo is ALICE and last)
    if demo.ends_with_kopecks is not None:
        story.pay(today - timedelta(days=1), "final", demo.ends_with_kopecks - story.balance)
    return tuple(story.posts)


def _openings(standing: Standing, day: date, today: date) -> Iterator[Opening]:
    while day <= today:
        opening = plan(standing, day)
        if opening is None:
            return
        yield opening
        day = opening.period.next_start


def _month(story: _Story, number: int, opening: Opening, first_day: date, owes: bool) -> None:
    """A payment that covers the month, the TV package, the opening, calls; once a correction and a refund.

    The month that ``owes`` is the one for which a promised payment was taken and never paid.
    """
    begins = opening.start == first_day
    tv = next((service for service in story.demo.services if service.kind is ServiceKind.TV), None)
    need = opening.total_kopecks - story.balance
    if owes:
        return story.open(opening, promise=round_up_to_ruble(Kopecks(need)))
    extra = 237_37 if story.demo is ALICE else _EXTRA[number % len(_EXTRA)]
    amount = max(need, 0) + (tv.fee_kopecks if tv else 0) + extra
    story.pay(opening.start - timedelta(days=0 if begins else 3), f"payment-{number}", amount, cash=number % 5 == 3)
    if tv:
        _television(story, number, tv, opening.start - timedelta(days=0 if begins else 2))
    story.open(opening, at=time(19, 30) if begins else time(0, 5))
    if any(service.kind is ServiceKind.TELEPHONY for service in story.demo.services):
        _calls(story, number, opening)
    _once(story, number, opening.start)


def _television(story: _Story, number: int, tv: NewService, day: date) -> None:
    period = ServicePeriod(start=day, end=day + timedelta(days=29))
    leg = Leg(OperationKind.CHARGE, Kopecks(-tv.fee_kopecks), tv.title, "revenue:tv", tv.id, period, "package", "1 * 1")
    story.charge(day, f"tv-{number}", leg)


def _calls(story: _Story, number: int, opening: Opening) -> None:
    """No numbers in the titles: who called whom is nobody's business."""
    for call, day in enumerate(opening.start + timedelta(days=after) for after in (2, 6, 10)):
        if day > opening.period.end - timedelta(days=4):
            return  # the first period may be a few days long
        minutes, price = 1 + (number * 7 + call * 5) % 17, (185, 320, 74)[call]
        leg = Leg(
            OperationKind.CHARGE,
            Kopecks(-minutes * price),
            f"{('Междугородный', 'Международный', 'Мобильный')[call]} звонок, {minutes} мин",
            "revenue:telephony",
            "phone",
            rule="call",
            formula=f"{price} * {minutes}",
        )
        story.charge(day, f"call-{number}-{call}", leg)


def _once(story: _Story, number: int, start: date) -> None:
    day = start + timedelta(days=12)
    if story.demo is BOB and number == 5:
        leg = Leg(OperationKind.CORRECTION, Kopecks(52_67), "Перерасчёт за перерыв связи", "correction", "internet")
        story.by_hand(day, "correction", leg, "Авария на магистрали, двое суток без связи, заявка 48213")
    if story.demo is BOB_DACHA and number == 7:
        leg = Leg(OperationKind.REFUND, Kopecks(-250_00), "Возврат ошибочного платежа", "gateway:robokassa")
        story.by_hand(day, "refund", leg, "Абонент оплатил дважды, заявление 1107")
