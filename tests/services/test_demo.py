"""The demo accounts: one history, however often and however broken the seeding was."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.billing import AccountState, OperationKind, OperationsQuery
from chalicelib.billing.embedded import EmbeddedBilling, accounts
from chalicelib.billing.embedded.books import read
from chalicelib.billing.embedded.tables import BillingRow, EntryRow, ExternalRow
from chalicelib.billing.embedded.verify import verify
from chalicelib.clock import day_start, local_date
from chalicelib.config import load
from chalicelib.store.agenda import AgendaRow, Kind
from chalicelib.store.messages import MessageRow
from local.demo import history, seed
from local.demo_accounts import DAYS, DEMOS
from local.store.handlers import Answer
from local.store.transport import Call, set_around
from tests.conftest import SettableClock
from tests.contract.billing.suite import ZONE
from tests.embedded import embedded

SETTINGS = load({})
NUMBERS = ["100101", "100201", "100202", "100301"]


class Killed(BaseException):
    """As little catchable as the end of the process."""


def contents() -> list[dict[str, Any]]:
    """Everything in both tables, and in the agenda."""
    rows = [
        *BillingRow.scan(),
        *EntryRow.scan(EntryRow.item != "external"),
        *ExternalRow.scan(ExternalRow.item == "external"),
    ]
    told = sorted((row.serialize() for row in rows), key=lambda row: (row["account"]["S"], row["item"]["S"]))
    return told + sorted((row.serialize() for row in AgendaRow.scan()), key=lambda row: row["sort"]["S"])


def kill_at(number: int) -> Callable[[Call, Callable[[], Answer]], Answer]:
    """Dies at the n-th transaction: before it if n is odd, after it if even."""
    seen = 0

    def around(call: Call, proceed: Callable[[], Answer]) -> Answer:
        nonlocal seen
        seen += call.operation == "TransactWriteItems"
        if seen < number:
            return proceed()
        if number % 2 == 0:
            proceed()
        raise Killed

    return around


@pytest.fixture
def seeded(store: object, clock: SettableClock) -> EmbeddedBilling:
    assert seed(clock(), SETTINGS) is True
    return embedded(clock)


def test_the_seeded_ledger_verifies(seeded: EmbeddedBilling) -> None:
    report = verify()
    assert (report.accounts, report.differences) == (4, ())
    assert report.entries > 150


def test_seeding_again_later_changes_nothing_even_after_a_subscriber_acted(
    seeded: EmbeddedBilling, clock: SettableClock
) -> None:
    accounts.set_state(seeded.books, "100101", AccountState.ACTIVE)
    before = contents()
    assert seed(clock.advance(days=40), SETTINGS) is False
    assert contents() == before


@pytest.mark.parametrize("number", [1, 2, 3, 40, 41, 120, 185])
def test_a_killed_seeding_goes_on_and_ends_in_the_same_ledger(store: Any, clock: SettableClock, number: int) -> None:
    from local.store.schema import create_tables

    seed(clock(), SETTINGS)
    whole = contents()
    store.reset()
    create_tables()
    set_around(kill_at(number))
    with pytest.raises(Killed):
        seed(clock(), SETTINGS)
    set_around(None)
    # the first transaction keeps the first day; killed before it, there is nothing to go on with
    seed(clock.now if number == 1 else clock.advance(days=3), SETTINGS)
    assert contents() == whole


def test_each_subscriber_has_their_accounts_in_order(seeded: EmbeddedBilling) -> None:
    found = [each for name in ("alice", "bob", "charlie") for each in seeded.accounts(f"sub-{name}")]
    assert [each.account for each in found] == NUMBERS
    assert [each.label for each in found] == ["Дом", "Дом", "Дача", "Дом"]


def test_alice_is_blocked_with_the_debt_of_a_promise(seeded: EmbeddedBilling) -> None:
    view = seeded.account("100101")
    assert (view.state, view.balance_kopecks) == (AccountState.FINANCIAL_BLOCK, -412_63)
    assert view.due is not None
    assert (view.due.amount_kopecks, view.due.by) == (412_63, date(2026, 11, 23))
    assert view.state_reason == "promise_ended"
    last = read("100101")[2].last_promise
    assert last is not None
    assert (last.amount_kopecks, last.ended_on) == (413_00, date(2026, 11, 16))


def test_every_account_waits_for_its_next_day_and_nobody_is_written_to(seeded: EmbeddedBilling) -> None:
    waiting = {row.ref: local_date(row.due_at, ZONE) for row in AgendaRow.scan()}
    assert {row.kind for row in AgendaRow.scan()} == {Kind.ACCOUNT_DAY}
    # alice is blocked: nothing happens to her until money comes
    assert waiting == {"100201": date(2026, 12, 2), "100202": date(2026, 12, 10), "100301": date(2026, 12, 9)}
    assert list(MessageRow.scan()) == []


def test_bob_lacks_a_little_at_home_and_nothing_in_the_country(seeded: EmbeddedBilling) -> None:
    home, dacha = seeded.account("100201"), seeded.account("100202")
    assert home.due is not None
    assert dacha.due is not None
    assert (home.balance_kopecks, home.due.amount_kopecks) == (795_13, 214_37)
    assert (dacha.balance_kopecks, dacha.due.amount_kopecks) == (1312_08, 0)
    assert [service.id for service in home.services] == ["internet", "tv", "phone"]


def test_fourteen_months_show_every_kind_of_operation(seeded: EmbeddedBilling, clock: SettableClock) -> None:
    kinds = set()
    for number in NUMBERS:
        query = OperationsQuery(date_from=date(2025, 9, 1), date_to=date(2026, 11, 23), limit=100)
        page = seeded.operations(number, query)
        kinds |= {item.kind for item in page.items}
        assert page.totals.opening_balance_kopecks == 0
        openings = [e for e in EntryRow.query(number) if e.external_id.startswith("opening:")]
        assert len(openings) in (14, 15)
    assert kinds == set(OperationKind)


def test_history_runs_forward_and_ends_before_the_day_of_seeding_whatever_that_day_is() -> None:
    for first_day in (date(2024, 1, 1) + timedelta(days=n) for n in range(0, 1500, 7)):
        start, end = (day_start(first_day + timedelta(days=n), ZONE) for n in (0, DAYS))
        for demo in DEMOS:
            times: list[datetime] = [act.at for act in history(demo, first_day, ZONE)]
            assert times == sorted(times)
            assert start < times[0] < times[-1] < end
