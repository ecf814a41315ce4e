"""The demo subscribers' fourteen months of history, made by the billing's own steps and committed like any other.

The history is a pure function of the first day: each act decides from the standing before it, first in memory, to
know how the story goes on, then through the books with the clock of its moment. The first day is kept as the first
account's contract date. So a seeding that was killed goes on where it stopped, on any later day, and ends in the same
ledger; one that is finished is never done again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib.billing import BillingPeriod, OperationKind, ServiceKind, ServicePeriod
from chalicelib.billing.embedded import accounts, catalogue
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.billing.embedded.books import Books, Decide, Used
from chalicelib.billing.embedded.calendar import end_promise, next_day, next_step
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.ledger import find_external
from chalicelib.billing.embedded.openings import opening_of
from chalicelib.billing.embedded.periods import period_of
from chalicelib.billing.embedded.standing import Limit, Standing
from chalicelib.billing.embedded.steps import Step
from chalicelib.billing.embedded.tables import AccountRow
from chalicelib.clock import day_start, local_date
from chalicelib.config import Settings
from chalicelib.money import Kopecks, round_up_to_ruble
from chalicelib.store.tables import fetch
from local.demo_accounts import ALICE, BOB, BOB_DACHA, DAYS, DEMOS, GROUPS, TARIFFS, Demo

#: What people pay above the need, in turn; the need itself has kopecks.
_EXTRA = (137, 25000, 1305, 0, 19999, 4250, 11, 30000, 777, 6063)


@dataclass(frozen=True)
class Act:
    """One moment of a history. ``decide`` gives None, or uses an id a second time, where it has happened already."""

    at: datetime
    name: str
    decide: Decide
    entry: NewEntry | None = None


@dataclass
class _Story:
    """Writes an account's history and keeps the standing that the books will have."""

    demo: Demo
    zone: ZoneInfo
    standing: Standing
    acts: list[Act] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return self.standing.balance_kopecks

    def act(self, day: date, at: time, name: str, decide: Decide, entry: NewEntry | None = None) -> None:
        step = decide(self.standing)
        assert step is not None, "in the story everything happens for the first time"
        self.standing = step.standing
        self.acts.append(Act(datetime.combine(day, at, self.zone), self._id(name), decide, entry))

    def _post(self, day: date, at: time, name: str, leg: Leg, operator: str | None = None, reason: str = "") -> None:
        entry = NewEntry(self.demo.number, self._id(name), (leg,), operator, reason or None)
        self.act(day, at, name, lambda standing: Step(day, "entry", standing.after(entry), (entry,)), entry)

    def pay(self, day: date, name: str, amount: int, cash: bool = False) -> None:
        title, contra = ("Оплата в кассе", "gateway:cash desk") if cash else ("Пополнение счёта", "gateway:robokassa")
        leg = Leg(OperationKind.PAYMENT, Kopecks(amount), title, contra)
        self._post(day, time(11, 40), name, leg, *(("cashier-2", "Приём наличных") if cash else ()))

    def open(self, day: date, at: time = time(0, 5)) -> None:
        self.act(day, at, f"opening-{day.isoformat()}", lambda standing: _unsaid(next_step(standing, day)))

    def charge(self, day: date, name: str, leg: Leg) -> None:
        self._post(day, time(18, 25), name, leg)

    def by_hand(self, day: date, name: str, leg: Leg, reason: str) -> None:
        self._post(day, time(15, 10), name, leg, "i.petrova", reason)

    def promise(self, day: date, amount: Kopecks) -> None:
        """Taken on a day, and over three days later without a payment."""
        last_day = day + timedelta(days=3)

        def take(standing: Standing) -> Step | None:
            if standing.promise is not None or standing.last_promise is not None:
                return None
            limit = Limit(
                id=self._id("promise"),
                amount_kopecks=amount,
                left_kopecks=amount,
                taken_on=day,
                last_day=last_day,
                payments_before=standing.payments_kopecks,
            )
            return Step(day, "promise", standing.model_copy(update={"promise": limit}))

        self.act(day, time(20, 15), "promise", take)

    def end_promise(self, day: date) -> None:
        def end(standing: Standing) -> Step | None:
            return _unsaid(end_promise(standing, day)) if standing.promise is not None else None

        self.act(day, time(0, 0, 30), "promise-end", end)

    def _id(self, name: str) -> str:
        return f"demo:{self.demo.number}:{name}"


def _unsaid(step: Step | None) -> Step | None:
    """Nobody is written to about the past."""
    return replace(step, said=()) if step is not None else None


def seed(now: datetime, settings: Settings) -> bool:
    """Make the catalogue, the demo accounts and their history. False if the history was there.

    A catalogue that somebody has imported stays. :raises RuntimeError: the ledger holds something else under a demo id.
    """
    if not catalogue.load().tariffs:
        catalogue.replace(TARIFFS, GROUPS)
    zone = settings.zone
    kept = fetch(AccountRow, ALICE.number, "account")
    first_day = kept.contract_on if kept else local_date(now, zone) - timedelta(days=DAYS)
    if find_external(f"demo:{DEMOS[-1].number}:final"):
        return False
    for demo in DEMOS:
        _create(demo, first_day, settings)
        for act in history(demo, first_day, zone):
            _perform(demo, act, settings)
    return True


def _create(demo: Demo, first_day: date, settings: Settings) -> None:
    anchor, start = demo.anchor_day(first_day), day_start(first_day, settings.zone)
    new = NewAccount(demo.number, demo.subscriber_id, demo.label, demo.address, anchor, first_day, demo.order)
    accounts.create(new, start)
    for service in demo.services:
        books = Books(lambda: start, settings.zone, settings.agenda_shards, lambda id=service.id: f"demo:{id}")  # type: ignore[misc]
        accounts.add_service(books, demo.number, replace(service, charged_from=first_day))


def _perform(demo: Demo, act: Act, settings: Settings) -> None:
    books = Books(lambda: act.at, settings.zone, settings.agenda_shards, lambda: act.name)
    try:
        books.change(demo.number, act.decide)
    except Used as used:
        entry = act.entry
        theirs = (used.row.owner, used.row.amount_kopecks, used.row.kind)
        if entry is None or theirs != (entry.account, entry.amount_kopecks, entry.kind):
            raise RuntimeError(f"{act.name} is something else in the ledger") from used


def history(demo: Demo, first_day: date, zone: ZoneInfo) -> tuple[Act, ...]:
    """Everything that happened to an account before the day of seeding, oldest first. Pure."""
    today = first_day + timedelta(days=DAYS)
    story = _Story(demo, zone, demo.standing(first_day))
    for number, start in enumerate(_openings(story, today)):
        period = period_of(start, story.standing.anchor_day)
        _month(
            story, number, start, period, begins=start == first_day, owes=demo is ALICE and period.next_start > today
        )
    if demo.ends_with_kopecks is not None:
        story.pay(today - timedelta(days=1), "final", demo.ends_with_kopecks - story.balance)
    return tuple(story.acts)


def _openings(story: _Story, today: date) -> Iterator[date]:
    """The day of each opening that the story has come to."""
    while (day := next_day(story.standing)) is not None and day <= today:
        yield day


def _month(story: _Story, number: int, start: date, period: BillingPeriod, begins: bool, owes: bool) -> None:
    """A payment that covers the month, the TV package, the opening, calls; once a correction and a refund.

    The month that ``owes`` is the one for which a promised payment was taken and never paid.
    """
    need = opening_of(story.standing, story.standing.charged, start).total_kopecks - story.balance
    if owes:
        story.promise(start - timedelta(days=1), round_up_to_ruble(Kopecks(need)))
        story.open(start)
        return story.end_promise(start + timedelta(days=3))
    tv = next((service for service in story.demo.services if service.kind is ServiceKind.TV), None)
    extra = 237_37 if story.demo is ALICE else _EXTRA[number % len(_EXTRA)]
    amount = max(need, 0) + (tv.fee_kopecks if tv else 0) + extra
    story.pay(start - timedelta(days=0 if begins else 3), f"payment-{number}", amount, cash=number % 5 == 3)
    if tv:
        _television(story, number, tv, start - timedelta(days=0 if begins else 2))
    story.open(start, at=time(19, 30) if begins else time(0, 5))
    if any(service.kind is ServiceKind.TELEPHONY for service in story.demo.services):
        _calls(story, number, start, period)
    _once(story, number, start)
    return None


def _television(story: _Story, number: int, tv: NewService, day: date) -> None:
    period, formula = ServicePeriod(start=day, end=day + timedelta(days=29)), f"{tv.fee_kopecks} * 1"
    leg = Leg(OperationKind.CHARGE, Kopecks(-tv.fee_kopecks), tv.title, "revenue:tv", tv.id, period, "package", formula)
    story.charge(day, f"tv-{number}", leg)


def _calls(story: _Story, number: int, start: date, period: BillingPeriod) -> None:
    """No numbers in the titles: who called whom is nobody's business."""
    for call, day in enumerate(start + timedelta(days=after) for after in (2, 6, 10)):
        if day > period.end - timedelta(days=4):
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
