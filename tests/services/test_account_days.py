"""The days of an account through the store: each exactly once, whenever and however often the job runs."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib.billing import AccountState, OperationKind, ServiceKind
from chalicelib.billing.embedded import EmbeddedBilling, accounts
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.billing.embedded.books import read
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.ledger import Ledger, Posted
from chalicelib.billing.embedded.standing import Pause, Planned, Standing
from chalicelib.billing.embedded.steps import Step
from chalicelib.billing.embedded.tables import EntryRow
from chalicelib.billing.embedded.verify import verify
from chalicelib.clock import day_start
from chalicelib.money import Kopecks
from chalicelib.services.calendar import Calendar
from chalicelib.store.agenda import Agenda, AgendaRow, Kind
from local.store.handlers import Answer
from local.store.transport import Call, set_around
from tests.conftest import SettableClock
from tests.embedded import embedded, tariff

A = "500001"
OPENING = date(2026, 12, 10)
ZONE = ZoneInfo("Europe/Moscow")


class Killed(BaseException):
    """As little catchable as the end of the process."""


def account(clock: Callable[[], datetime], money: int = 5000_00, anchor: int = 10) -> EmbeddedBilling:
    """Internet for 600 and a telephone for 150, from the next opening on."""
    billing = embedded(clock)
    accounts.create(NewAccount(A, "sub-a", "Дом", "", anchor, date(2026, 11, 10)), clock())
    for id, kind, fee in (("internet", ServiceKind.INTERNET, 600_00), ("phone", ServiceKind.TELEPHONY, 150_00)):
        service = NewService(id, kind, id, "t", "t", Kopecks(fee), sort=int(id == "phone"), charged_from=OPENING)
        accounts.add_service(billing.books, A, service)
    billing.post_payment(A, Kopecks(money), "p-0", "gateway:robokassa")
    return billing


@pytest.fixture
def billing(store: object, clock: SettableClock) -> EmbeddedBilling:
    return account(clock)


def openings() -> list[str]:
    return [row.external_id for row in EntryRow.query(A) if row.external_id.startswith("opening")]


def tick(billing: EmbeddedBilling, clock: SettableClock) -> int:
    """What the schedule does, every row that is due; how many."""
    agenda = Agenda(4, 100, timedelta(minutes=1), lambda: os.urandom(8).hex())
    calendar, done = Calendar(billing, agenda), 0
    for shard in range(4):
        for row in list(agenda.due(Kind.ACCOUNT_DAY, shard, clock())):
            if agenda.take(row, clock()):
                calendar.run(row)
                done += 1
    return done


def together(*acts: Callable[[], object]) -> list[Exception]:
    """Runs them at one time; what they raised."""
    raised: list[Exception] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except Exception as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_a_period_is_opened_at_the_first_instant_of_its_local_day(
    billing: EmbeddedBilling, clock: SettableClock
) -> None:
    clock.now = day_start(OPENING, ZONE) - timedelta(seconds=1)
    assert (tick(billing, clock), openings()) == (0, [])
    clock.advance(seconds=1)
    assert (tick(billing, clock), openings()) == (1, [f"opening:{A}:2026-12-10:internet"])
    assert tick(billing, clock) == 0
    assert [row.due_at for row in AgendaRow.scan()] == [day_start(date(2027, 1, 10), ZONE)]


def test_a_job_26_hours_late_opens_the_whole_period_once(billing: EmbeddedBilling, clock: SettableClock) -> None:
    clock.now = day_start(OPENING, ZONE) + timedelta(hours=26)
    tick(billing, clock)
    view = billing.account(A)
    assert (openings(), view.balance_kopecks) == ([f"opening:{A}:2026-12-10:internet"], 4250_00)
    assert view.services[0].next_charge is not None
    assert view.services[0].next_charge.on == date(2027, 1, 10)


def test_a_doubled_job_opens_once(billing: EmbeddedBilling, clock: SettableClock) -> None:
    clock.now = day_start(OPENING, ZONE)
    assert [billing.run_calendar(A).steps for _ in range(3)] == [1, 0, 0]
    assert (len(openings()), verify().differences) == (1, ())


def test_overlapped_jobs_open_once(billing: EmbeddedBilling, clock: SettableClock) -> None:
    clock.now = day_start(OPENING, ZONE) + timedelta(days=93)
    assert together(*[lambda: billing.run_calendar(A)] * 4) == []
    assert (len(openings()), len(set(openings()))) == (4, 4)
    assert (billing.account(A).balance_kopecks, verify().differences) == (2000_00, ())


def test_a_job_that_is_overtaken_at_its_commit_goes_on_from_where_the_other_has_got_to(
    billing: EmbeddedBilling, clock: SettableClock
) -> None:
    clock.now = day_start(OPENING, ZONE)

    def around(call: Call, proceed: Callable[[], Answer]) -> Answer:
        if call.operation == "TransactWriteItems":
            set_around(None)
            assert billing.run_calendar(A).steps == 1
        return proceed()

    set_around(around)
    assert billing.run_calendar(A).steps == 0
    assert (len(openings()), verify().differences) == (1, ())


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", range(1, 9))
def test_a_killed_job_leaves_what_the_next_one_finishes(
    billing: EmbeddedBilling, clock: SettableClock, number: int, after: bool
) -> None:
    clock.now = day_start(OPENING, ZONE) + timedelta(days=40)
    calls: Iterator[int] = iter(range(1, 1000))

    def around(call: Call, proceed: Callable[[], Answer]) -> Answer:
        if next(calls) != number:
            return proceed()
        if after:
            proceed()
        raise Killed

    set_around(around)
    with pytest.raises(Killed):
        tick(billing, clock)
    set_around(None)
    clock.advance(hours=1)
    tick(billing, clock)
    assert (len(openings()), billing.account(A).balance_kopecks) == (2, 3500_00)
    assert verify().differences == ()


def test_an_opening_that_is_not_covered_blocks_and_the_next_payment_opens_by_days(
    store: object, clock: SettableClock
) -> None:
    billing = account(clock, money=749_99)
    clock.now = day_start(OPENING, ZONE)
    tick(billing, clock)
    view = billing.account(A)
    assert (view.state, view.state_reason, view.balance_kopecks) == ("financial_block", "not_enough_money", 749_99)
    assert list(AgendaRow.scan(AgendaRow.kind == Kind.ACCOUNT_DAY)) == []
    clock.advance(days=10)
    billing.post_payment(A, Kopecks(1), "p-1", "gateway:robokassa")
    # 21 of 31 days: 406.45 and 101.61
    assert (billing.account(A).state, billing.account(A).balance_kopecks) == ("active", 750_00 - 406_45 - 101_61)
    assert [row.due_at for row in AgendaRow.scan(AgendaRow.kind == Kind.ACCOUNT_DAY)] == [
        day_start(date(2027, 1, 10), ZONE)
    ]


def planned(standing: Standing, start: date, end: date) -> Step:
    """A suspension and, while it lasts, a dearer tariff."""
    pause = Pause(id="s1", start=start, end=end)
    plan = Planned(tariff=tariff(900_00, "dear"), on=date(2027, 1, 10))
    lines = [
        each.model_copy(update={"pause": pause, "planned": plan}) for each in standing.lines if each.service != "phone"
    ]
    return Step(start, "plan", standing.with_lines(lines))


@pytest.mark.parametrize("money", [700_00, 2000_00, 2600_00, 5000_00])
def test_running_the_days_brings_exactly_what_the_forecast_said(
    store: object, clock: SettableClock, money: int
) -> None:
    billing = account(clock, money)
    billing.books.change(A, lambda standing: planned(standing, date(2026, 12, 20), date(2027, 1, 25)))
    until = date(2027, 8, 1)
    told = [
        (item.amount_kopecks, item.balance_after_kopecks, item.title)
        for item in billing.forecast(A, until)
        if item.amount_kopecks
    ]
    while clock() < day_start(until, ZONE):
        clock.advance(hours=17)
        tick(billing, clock)
    rows = list(EntryRow.query(A))[1:]
    balance, came = money, []
    for leg in (leg for row in rows for leg in row.legs):
        balance += leg.amount_kopecks
        came.append((leg.amount_kopecks, balance, leg.title))
    assert came == told
    assert verify().differences == ()


@pytest.mark.parametrize("host", ["UTC", "Asia/Kamchatka", "America/New_York"])
def test_the_zone_of_the_host_changes_nothing(
    store: object, clock: SettableClock, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("TZ", host)
    time.tzset()
    try:
        billing = account(clock, anchor=31)
        for _ in range(2 * 100):
            clock.advance(hours=12)
            tick(billing, clock)
        told = [(row.external_id, row.item, row.balance_kopecks) for row in EntryRow.query(A)][1:]
    finally:
        monkeypatch.undo()
        time.tzset()
    # the clock stops at noon and at midnight in Moscow; the opening is of the local midnight
    assert [(id.split(":")[2], item[:20]) for id, item, _ in told] == [
        ("2026-12-10", "2026-12-09T21:00:00Z"),
        ("2026-12-31", "2026-12-30T21:00:00Z"),
        ("2027-01-31", "2027-01-30T21:00:00Z"),
        ("2027-02-28", "2027-02-27T21:00:00Z"),
    ]
    assert verify().differences == ()


def test_eight_threads_of_everything_end_in_one_order(billing: EmbeddedBilling, clock: SettableClock) -> None:
    """Payments, corrections, openings and a suspension meet on one account; nothing is lost, nothing is twice."""
    clock.now = datetime(2026, 12, 10, 9, tzinfo=UTC)
    ledger, results = Ledger(billing.books), []

    def pay(thread: int) -> None:
        for number in range(5):
            billing.post_payment(A, Kopecks(1_00 + number), f"p-{thread}-{number}", "gateway:robokassa")

    def correct(thread: int) -> None:
        leg = Leg(OperationKind.CORRECTION, Kopecks(-2_00), "t", "correction", "phone")
        for number in range(3):
            entry = NewEntry(A, f"c-{thread}-{number}", (leg,), "i.petrova", "проверка")
            results.append(ledger.post(entry))

    def suspend() -> None:
        pause = Pause(id="s1", start=date(2026, 12, 10), end=date(2026, 12, 20))
        billing.books.change(
            A,
            lambda standing: Step(
                OPENING, "plan", standing.with_line(standing.lines[0].model_copy(update={"pause": pause}))
            ),
        )
        billing.run_calendar(A)

    acts = [lambda thread=n: pay(thread) for n in range(4)] + [lambda thread=n: correct(thread) for n in range(2)]
    assert together(*acts, suspend, lambda: billing.run_calendar(A)) == []
    billing.run_calendar(A)
    ids = [row.external_id for row in EntryRow.query(A)]
    payments = {f"p-{thread}-{number}" for thread in range(4) for number in range(5)}
    assert payments <= set(ids)
    assert len(ids) == len(set(ids))
    assert results == [Posted.CREATED] * 6
    standing = read(A)[2]
    # internet is suspended from its first day: charged and given back, or never charged
    assert standing.balance_kopecks == 5000_00 + 20 * 1_00 + 4 * (0 + 1 + 2 + 3 + 4) - 6 * 2_00 - 150_00
    assert (standing.shown_state, verify().differences) == (AccountState.SUSPENDED, ())


def test_an_opening_by_the_agenda_costs_what_is_listed(billing: EmbeddedBilling, clock: SettableClock) -> None:
    clock.now, seen = day_start(OPENING, ZONE), []

    def around(call: Call, proceed: Callable[[], Answer]) -> Answer:
        seen.append(call.operation)
        return proceed()

    row = next(iter(AgendaRow.scan()))
    agenda = Agenda(4, 100, timedelta(minutes=1), lambda: os.urandom(8).hex())
    set_around(around)
    agenda.take(row, clock())
    Calendar(billing, agenda).run(row)
    set_around(None)
    # the lease; the opening, after which nothing more is due
    assert seen == ["UpdateItem", "Query", "TransactWriteItems"]
