"""One account with autopay, lived through the store and by plain arithmetic at the same time.

Whatever is done to it is done to both; whatever must come of it is told by plain arithmetic and looked for in the
store. D is the first day of the period that is being paid for; days are counted back from it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import requests
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NewConnectionError

from chalicelib import bootstrap
from chalicelib.billing import Start
from chalicelib.clock import local_date
from chalicelib.money import Kopecks, shown
from chalicelib.store.topups import TopUpRow
from local.web import Response
from tests.autopaying import FIRST, agree, bob, card, charges, screen, state
from tests.product import START, Product
from tests.scene import owe, view
from tests.storm.harness.ground import ACCOUNT, MOSCOW, SERVICE, ground
from tests.storm.years.clockwork import OnTime
from tests.unit.plain_autopay import lacking, next_start
from tests.unit.plain_days import DAY, PlainDays

Proceed = Callable[[], Response]
#: What is looked for among the messages.
TOLD = ("autopay_", "blocked", "unblocked", "payment_credited")
FEES = {"t50": 450_00, "t100": 650_00, "t300": 790_00, "t500": 1000_00}


@dataclass
class Life:
    shop: Product
    gateway: str
    anchor: int
    clockwork: OnTime
    plain: PlainDays
    today: date
    start: date
    card: TopUpRow
    #: what must have been said and was not looked for yet
    unsaid: Counter[str] = field(default_factory=Counter)
    #: every charge that succeeded: the period, the day of the try, the sum
    charged: list[tuple[str, date, int]] = field(default_factory=list)
    #: a day on which nobody knows whether it is paid for
    held: date | None = None
    noticed: datetime = START
    #: how the period must stand in the end
    ends: str | None = None
    heard: int = 0
    paid: int = 0

    # time

    def go(self, days: int, hour: int = 10, minute: int = 30) -> None:
        """Live to so many days before D. ``minute``: what is due at the whole hour is done by half past."""
        self._live(self.clockwork.settled(self._at(days, hour), minute))

    def _at(self, days: int, hour: int) -> datetime:
        return datetime.combine(self.start - timedelta(days=days), time(hour), MOSCOW)

    def _live(self, at: datetime) -> None:
        self.clockwork.live(self.shop, at)
        while self.today < self.shop.clock().astimezone(MOSCOW).date():
            self.today += DAY
            if self.today != self.held:
                self._counted(lambda: self.plain.midnight(self.today))

    @property
    def lacks(self) -> int:
        return lacking(self.plain, self.today)

    @property
    def after(self) -> date:
        """The first day of the period after."""
        return next_start(self.start, self.anchor)

    # what is done to it

    def money(self, kopecks: int) -> None:
        self._counted(lambda: self.plain.money(self.today, kopecks))
        if self.held == self.today:
            self.held = None
            self._counted(lambda: self.plain.midnight(self.today))

    def by_hand(self, kopecks: int, days: int, hour: int = 12) -> None:
        self.go(days, hour)
        self.shop.pay(self.shop.order("sub-bob", ACCOUNT, kopecks, gateway=self.gateway).topup)
        self.go(days, hour, 40)
        self.unsaid["payment_credited"] += 1
        self.money(kopecks)

    def calls_abroad(self, kopecks: int, days: int) -> None:
        self.go(days, 12)
        self.paid += 1
        owe(kopecks, f"abroad-{self.paid}")
        self.money(-kopecks)

    def tariff(self, id: str, days: int) -> None:
        """Planned for the next period."""
        self.go(days, 12)
        bootstrap.billing().change_tariff(ACCOUNT, SERVICE, id, Start.NEXT_PERIOD, Kopecks(0))
        self.plain.plan = (self.start, FEES[id])

    def suspend(self, first: int, last: int) -> None:
        """From and to days before D; behind it they are negative."""
        run = self.start - timedelta(days=first), self.start - timedelta(days=last)
        bootstrap.billing().suspend(ACCOUNT, SERVICE, *run, None)
        self.plain.pause = run

    def behaves(self, state: str) -> None:
        """The card, from now on; what has waited is decided with it."""
        card(self.shop, self.card, state)

    def connect(self, days: int, hour: int = 12) -> None:
        """By a payment that saves a card."""
        self.go(days, hour)
        self.card = agree(self.gateway)
        self.shop.pay(self.card)
        self.go(days, hour, 40)
        self.unsaid += Counter(["payment_credited", "autopay_connected"])
        self.money(FIRST)

    def disconnect(self, days: int) -> None:
        self.go(days, 12)
        bootstrap.autopay().disconnect(bob(), ACCOUNT)
        self.unsaid["autopay_disconnected"] += 1

    def cap(self, kopecks: int, days: int) -> None:
        self.go(days, 12)
        bootstrap.autopay().change_cap(bob(), ACCOUNT, Kopecks(kopecks))

    def skip(self, days: int) -> None:
        self.go(days, 12)
        bootstrap.autopay().skip(bob(), ACCOUNT, self.start)

    @contextmanager
    def out_of_reach(self, company: str) -> Iterator[None]:
        """Inside, no line to it can be opened."""
        before = self.shop.wire.around

        def refused(name: str, proceed: Proceed) -> Response:
            if company in name:
                raise requests.exceptions.ConnectionError(NewConnectionError(HTTPConnection(company), "refused"))
            return before(name, proceed)

        self.shop.wire.around = refused
        yield
        self.shop.wire.around = before

    # what must come of it

    def announced(self, days: int = 7, hour: int = 10, charge: int = 3) -> int:
        """The sum is said, and the day of the charge; gives the sum."""
        self.go(days, hour)
        self.unsaid["autopay_announced"] += 1
        # a death at another message of the same minute lets this one go first
        texts = [text for event, text in self._messages()[self.heard :] if event == "autopay_announced"]
        assert len(texts) == self.unsaid["autopay_announced"], (self.start, texts)
        text = texts[-1]
        self.noticed = self.shop.clock()
        on = self.clockwork.may_be_charged(self._at(charge, 10), self.noticed).astimezone(MOSCOW)
        assert f"{on:%d.%m.%Y} с карты спишется {shown(Kopecks(self.lacks))} =" in text, (self.start, text, self.lacks)
        return self.lacks

    def charge(self, kopecks: int, days: int = 3, hour: int = 10, sent: int | None = None) -> None:
        """By this hour it is paid; ``sent`` is the day of the try, where that is another one."""
        self._live(self.clockwork.may_be_charged(self._at(days, hour), self.noticed))
        on = self.today if sent is None else self.start - timedelta(days=sent)
        self.charged.append((self.start.isoformat(), on, kopecks))
        self.unsaid["autopay_charged"] += 1
        self.money(kopecks)
        assert self._charges() == self.charged
        self.ends = "charged"

    def says(self, *events: str) -> None:
        self.unsaid += Counter(events)

    def not_charged(self, period: str | None, days: int = 1, hour: int = 21) -> None:
        """To the end of its time nothing more was charged, and that is how the period stands."""
        self.go(days, hour, 45)
        assert self._charges() == self.charged
        assert state(self.start) == period, self.start
        self.ends = period

    def is_open(self, days: int = 0, hour: int = 12) -> None:
        self._stands(days, hour, blocked=False)

    def is_blocked(self, days: int = 0, hour: int = 12) -> None:
        self._stands(days, hour, blocked=True)

    def period_ends(self) -> None:
        """Ten days into it: everything was said that must be said, and nothing else; nobody has to look at anything."""
        self._stands(-10, 12, blocked=False)
        said = Counter(event for event, _ in self._messages()[self.heard :])
        assert (said - self.unsaid, set(self.unsaid - said) - self.clockwork.unsaid) == (Counter(), set()), self.start
        self.heard, self.unsaid = self.heard + said.total(), Counter()
        # an outcome that was unknown for a day was a case, and has settled itself
        bootstrap.cases().watch()
        assert {str(case.kind) for case in self.shop.cases()} <= self.clockwork.excused, self.shop.cases()
        assert (screen().status, state(self.start)) == ("active", self.ends)
        self.start = next_start(self.today, self.anchor)

    def _stands(self, days: int, hour: int, blocked: bool) -> None:
        self.go(days, hour)
        assert self.plain.blocked is blocked, (self.start, self.plain)
        found = view()
        assert (found.balance_kopecks, found.state == "financial_block") == (self.plain.balance, blocked), self.start

    def _counted(self, what: Callable[[], None]) -> None:
        """A block, and its end, are said."""
        before = self.plain.blocked
        what()
        if self.plain.blocked is not before:
            self.unsaid["blocked" if self.plain.blocked else "unblocked"] += 1

    def _messages(self) -> list[tuple[str, str]]:
        """Event and text of what was said about this account."""
        found = [(str(one["event"]), str(one["text"])) for one in self.shop.messages() if ACCOUNT in one["text"]]
        return [(event, text) for event, text in found if event.startswith(TOLD)]

    def _charges(self) -> list[tuple[str, date, int]]:
        zone = bootstrap.settings().zone
        return [
            (str(one.autopay_period), local_date(one.created_at, zone), int(one.amount_kopecks))
            for one in charges()
            if not one.refunded_kopecks
        ]


def begun(shop: Product, anchor: int, gateway: str, clockwork: OnTime) -> Life:
    """On 23 November 2026: 100 ₽ from the desk, 100 ₽ with the card, and the first period begins in December."""
    opens = date(2026, 12, anchor)
    ground(100_00, opens)
    saved = agree(gateway)
    shop.pay(saved)
    shop.advance(minutes=3)
    today = shop.clock().astimezone(MOSCOW).date()
    plain = PlainDays(anchor, 100_00 + FIRST, {"internet": FEES["t100"], "phone": 150_00})
    for days in plain.paid.values():
        days |= {today + n * DAY for n in range((opens - today).days)}
    life = Life(shop, gateway, anchor, clockwork, plain, today, opens, saved)
    life.heard = len(life._messages())
    return life
