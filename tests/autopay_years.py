"""Months of autopay in which something happens in every period, and what plain arithmetic expects of each.

The account is lived a second time by ``PlainDays``, which shares nothing with the product; what is charged, when and
how often is worked out from it here, by the rules in words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib import bootstrap
from chalicelib.billing import Start
from chalicelib.clock import local_date
from chalicelib.money import Kopecks
from chalicelib.services.autopay_words import TERMS_VERSION
from chalicelib.store.messages import MessageRow
from chalicelib.store.topups import TopUpRow
from tests.autopaying import bob, card, charges, period, screen, wish
from tests.product import Product
from tests.scene import ACCOUNT, owe, view
from tests.storm.harness.schedules import fire, names
from tests.unit.plain_days import DAY, PlainDays
from tests.unit.test_autopay_years import lacking, next_start

MOSCOW = ZoneInfo("Europe/Moscow")
MORNING = time(10, 0)
FEES = {"t100": 650_00, "t300": 790_00}


@dataclass
class Life:
    """One account with a saved card at one company; ``wanted`` is what each period should have been charged."""

    shop: Product
    anchor: int
    gateway: str
    plain: PlainDays
    today: date
    parent: TopUpRow
    #: every schedule fires twice more wherever the life stops
    doubled: bool = False
    tariff: str = "t100"
    wanted: list[tuple[date, int, datetime]] = field(default_factory=list)
    #: periods that the subscriber or a bank has left without a charge
    left_out: list[date] = field(default_factory=list)
    count: int = 0

    def to(self, day: date, hour: int = 12) -> None:
        """Live to this hour in Moscow, every due thing in its order."""
        while self.today < day:
            self.today += DAY
            self.plain.midnight(self.today)
        then = datetime.combine(day, time(hour, 0), MOSCOW)
        self.shop.advance(seconds=(then - bootstrap.now()).total_seconds())
        for name in 2 * sorted(names()) if self.doubled else ():
            fire(name)

    def money(self, kopecks: int) -> None:
        """In the product it has come already."""
        self.plain.money(self.today, kopecks)

    def by_hand(self, kopecks: int) -> None:
        topup: TopUpRow = self.shop.order("sub-bob", ACCOUNT, kopecks).topup
        self.shop.pay(topup)
        self.shop.advance(minutes=2)
        self.money(kopecks)

    def connect(self, kopecks: int = 100_00) -> None:
        """The first payment, which saves a card; the card is good."""
        self.parent = bootstrap.autopay().connect(bob(), wish(self.gateway, kopecks), TERMS_VERSION, None).topup
        self.shop.pay(self.parent)
        self.shop.advance(minutes=3)
        assert screen().status == "active"
        self.money(kopecks)

    def card(self, state: str) -> None:
        card(self.shop, self.parent, state)

    def charge(self, start: date, kopecks: int, at: datetime) -> None:
        """It should have happened by now."""
        if kopecks:
            self.wanted.append((start, kopecks, at))
            self.money(kopecks)


def morning(start: date, days: int, hour: time = MORNING) -> datetime:
    return datetime.combine(start - days * DAY, hour, MOSCOW)


Event = Callable[[Life, date, int], None]


def quiet(life: Life, start: date, announced: int) -> None:
    life.to(start - 3 * DAY)
    life.charge(start, announced, morning(start, 3))


def top_up_between(life: Life, start: date, announced: int) -> None:
    life.by_hand(250_00)
    life.to(start - 3 * DAY)
    life.charge(start, max(announced - 250_00, 0), morning(start, 3))


def dearer_month(life: Life, start: date, announced: int) -> None:
    """A call of 70 roubles after the notice: the announced sum is charged, the rest is asked for and paid by hand."""
    life.count += 1
    owe(70_00, f"{start}")
    life.money(-70_00)
    life.to(start - 3 * DAY)
    life.charge(start, announced, morning(start, 3))
    if announced:
        assert [
            each
            for each in MessageRow.scan(MessageRow.event == "autopay_short")
            if start.isoformat() in each.message_id
        ]
    life.to(start - 2 * DAY)
    life.by_hand(70_00)


def soft_decline_once(life: Life, start: date, announced: int) -> None:
    life.card("no_funds")
    life.to(start - 3 * DAY)
    life.card("good")
    life.to(start - 2 * DAY)
    life.charge(start, announced, morning(start, 2))


def soft_declines_only(life: Life, start: date, announced: int) -> None:
    life.card("no_funds")
    life.to(start - DAY, 22)
    life.card("good")
    paid_by_hand(life, start, announced)


def hard_decline(life: Life, start: date, announced: int) -> None:
    """Uniteller names the reason; a new card is connected, and its first payment brings the month."""
    life.card("expired")
    life.to(start - 3 * DAY)
    if not announced:
        life.card("good")
        return
    assert (screen().status, screen().card) == ("stopped", None)
    life.left_out.append(start)
    life.to(start - 2 * DAY)
    life.connect(max(announced, 100_00))


def unknown_then_paid(life: Life, start: date, announced: int) -> None:
    life.card("pending")
    life.to(start - 3 * DAY, 20)
    life.card("good")
    life.to(start - 2 * DAY)
    life.charge(start, announced, morning(start, 3))


def unknown_then_declined(life: Life, start: date, announced: int) -> None:
    """Known to be declined in the afternoon of D-2, whose morning is over: the next try is at D-1 10:00."""
    life.card("pending")
    life.to(start - 2 * DAY, 15)
    life.card("no_funds")
    life.card("good")
    life.to(start - DAY)
    at = max((datetime.combine(start - 2 * DAY, time(15, 0), MOSCOW), morning(start, 2)))
    life.charge(start, announced, at)


def withdrawn_and_back(life: Life, start: date, announced: int) -> None:
    bootstrap.autopay().disconnect(bob(), ACCOUNT)
    life.to(start - 2 * DAY)
    paid_by_hand(life, start, announced)
    life.to(start + 2 * DAY)
    life.connect()


def skipped(life: Life, start: date, announced: int) -> None:
    bootstrap.autopay().skip(bob(), ACCOUNT, start)
    life.to(start - 2 * DAY)
    paid_by_hand(life, start, announced)


def paid_by_hand(life: Life, start: date, announced: int) -> None:
    if announced:
        life.left_out.append(start)
        life.by_hand(announced)


def tariff_planned(life: Life, start: date, announced: int) -> None:
    """After the notice: a dearer one is charged as announced and the rest paid by hand, a cheaper one as it is."""
    life.tariff = "t300" if life.tariff == "t100" else "t100"
    bootstrap.billing().change_tariff(ACCOUNT, "internet", life.tariff, Start.NEXT_PERIOD, Kopecks(0))
    life.plain.plan = (start, FEES[life.tariff])
    missing = lacking(life.plain, life.today)
    life.to(start - 3 * DAY)
    life.charge(start, min(announced, missing), morning(start, 3))
    life.to(start - 2 * DAY)
    if missing > announced:
        life.by_hand(missing - announced)


def suspension(life: Life, start: date, announced: int) -> None:
    """Ordered after the notice, from D-4 to D+5: what comes back and what is not opened lower the charge."""
    first, last = start - 4 * DAY, start + 5 * DAY
    bootstrap.billing().suspend(ACCOUNT, "internet", first, last, None)
    life.plain.pause = (first, last)
    life.to(start - 3 * DAY, 9)
    missing = lacking(life.plain, life.today)
    life.to(start - 3 * DAY)
    life.charge(start, min(announced, missing), morning(start, 3))


EVENTS: Sequence[Event] = (
    quiet, top_up_between, dearer_month, soft_decline_once, tariff_planned, unknown_then_paid, skipped, suspension,
    quiet, soft_declines_only, hard_decline, unknown_then_declined, withdrawn_and_back,
)  # fmt: skip


def period_lived(life: Life, start: date, event: Event) -> None:
    """From the eve of the announcement to the noon of the period's first day."""
    life.to(start - 7 * DAY, 9)
    announced = lacking(life.plain, life.today)
    life.to(start - 7 * DAY, 11)
    found = period(start)
    if announced:
        assert found is not None, start
        assert found.amount_kopecks == announced, start
        assert local_date(found.announced_at or bootstrap.now(), MOSCOW) == life.today
    life.to(start - 5 * DAY)
    event(life, start, announced)
    life.to(max(life.today, start))
    state = "suspended" if life.plain.paused else "active"
    stands = (int(view().balance_kopecks), str(view().state))
    assert stands == (life.plain.balance, state), (start, event.__name__, life.plain.moves[-6:])
    assert not life.plain.blocked


def charged() -> list[tuple[date, int, datetime]]:
    return [
        (date.fromisoformat(one.autopay_period or ""), int(one.amount_kopecks), one.created_at) for one in charges()
    ]


def following(day: date, anchor: int) -> date:
    return next_start(day, anchor)


def soon_after(at: datetime) -> timedelta:
    """How late a charge may be: the agenda looks once a minute, an unknown outcome every ten minutes to an hour."""
    return timedelta(hours=1)
