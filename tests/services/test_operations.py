"""The list of operations and its totals, over random histories and with little room to read."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from chalicelib.billing import Operation, OperationKind, OperationsQuery, OperationTotals
from chalicelib.billing.embedded import accounts, operations
from chalicelib.billing.embedded.accounts import NewAccount
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.ledger import Ledger
from chalicelib.clock import local_date
from chalicelib.errors import InvalidRequest
from chalicelib.money import Kopecks
from tests.contract.billing.suite import ZONE
from tests.embedded import embedded

START = datetime(2026, 1, 30, 20, 0, tzinfo=UTC)
NUMBERS = count(600000)

SUMS = st.integers(1, 10**6)
LEGS = st.one_of(
    SUMS.map(lambda n: Leg(OperationKind.PAYMENT, Kopecks(n), "t", "gateway:x")),
    SUMS.map(lambda n: Leg(OperationKind.CHARGE, Kopecks(-n), "t", "revenue:x", "internet")),
    SUMS.map(lambda n: Leg(OperationKind.REFUND, Kopecks(-n), "t", "gateway:x")),
    SUMS.map(lambda n: Leg(OperationKind.CORRECTION, Kopecks(n), "t", "correction", "phone", rule="r")),
)
#: Hours since the last entry, and its legs.
HISTORIES = st.lists(st.tuples(st.integers(0, 30), st.lists(LEGS, min_size=1, max_size=4)), max_size=8)

over_the_store = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def posted(history: list[tuple[int, list[Leg]]]) -> tuple[str, list[tuple[date, Leg]]]:
    """A new account with this history; and the history again, as plain dated legs."""
    account, at, told = str(next(NUMBERS)), START, []
    accounts.create(NewAccount(account, "sub-a", "", "", 1, date(2026, 1, 1)), START)
    for number, (hours, legs) in enumerate(history):
        at += timedelta(hours=hours)
        Ledger(embedded(lambda at=at: at).books).post(NewEntry(account, f"{account}-{number}", tuple(legs)))  # type: ignore[misc]
        told += [(local_date(at, ZONE), leg) for leg in legs]
    return account, told


def pages(account: str, since: date, until: date, limit: int, kind: OperationKind | None = None) -> list[Operation]:
    billing, cursor = embedded(lambda: START), None
    found: list[Operation] = []
    for _ in range(100):
        query = OperationsQuery(date_from=since, date_to=until, limit=limit, kind=kind, cursor=cursor)
        page = billing.operations(account, query)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("the pages never end")


def totals(account: str, since: date, until: date) -> OperationTotals:
    query = OperationsQuery(date_from=since, date_to=until, limit=1)
    return embedded(lambda: START).operations(account, query).totals


@over_the_store
@given(HISTORIES, st.integers(-2, 9), st.integers(0, 9), st.integers(1, 5))
def test_any_range_adds_up(
    store: object, history: list[tuple[int, list[Leg]]], first: int, days: int, limit: int
) -> None:
    account, told = posted(history)
    since = date(2026, 1, 30) + timedelta(days=first)
    until = since + timedelta(days=days)
    within = [leg.amount_kopecks for day, leg in told if since <= day <= until]
    got = totals(account, since, until)
    parts = got.payments_kopecks + got.charges_kopecks + got.other_kopecks
    assert got.opening_balance_kopecks == sum(leg.amount_kopecks for day, leg in told if day < since)
    assert got.opening_balance_kopecks + parts == got.closing_balance_kopecks
    assert parts == sum(within)
    assert [item.amount_kopecks for item in reversed(pages(account, since, until, limit))] == within


@over_the_store
@given(HISTORIES)
def test_each_total_is_the_sum_of_its_kinds(store: object, history: list[tuple[int, list[Leg]]]) -> None:
    account, told = posted(history)
    got = totals(account, date(2026, 1, 1), date(2026, 12, 31))

    def of(*kinds: OperationKind) -> int:
        return sum(leg.amount_kopecks for _, leg in told if leg.kind in kinds)

    assert got.payments_kopecks == of(OperationKind.PAYMENT)
    assert got.charges_kopecks == of(OperationKind.CHARGE)
    assert got.other_kopecks == of(OperationKind.REFUND, OperationKind.CORRECTION)


@pytest.mark.parametrize("room", [2, 3, 7, 11])
def test_a_filter_that_matches_little_reads_a_bounded_number_of_entries(
    store: object, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(operations, "READ_MAX", room)
    charge = Leg(OperationKind.CHARGE, Kopecks(-1), "t", "revenue:x")
    payment = Leg(OperationKind.PAYMENT, Kopecks(5), "t", "gateway:x")
    account, _ = posted([(1, [payment]), *[(1, [charge, charge])] * 10, (1, [payment])])
    year = (date(2026, 1, 1), date(2026, 12, 31))
    query = OperationsQuery(date_from=year[0], date_to=year[1], kind=OperationKind.PAYMENT)
    page = embedded(lambda: START).operations(account, query)
    assert (len(page.items), page.next_cursor is None) == (1, False)
    assert [item.id for item in pages(account, *year, limit=50, kind=OperationKind.PAYMENT)] == ["12-0", "1-0"]


def test_a_payment_that_comes_while_pages_are_turned_moves_nothing(store: object) -> None:
    leg = Leg(OperationKind.PAYMENT, Kopecks(5), "t", "gateway:x")
    account, _ = posted([(1, [leg, leg, leg])] * 2)
    billing = embedded(lambda: START)
    query = OperationsQuery(date_from=date(2026, 1, 1), date_to=date(2026, 12, 31), limit=2)
    first = billing.operations(account, query)
    Ledger(embedded(lambda: START).books).post(NewEntry(account, "late", (leg,)))
    second = billing.operations(account, query.model_copy(update={"cursor": first.next_cursor}))
    assert [item.id for item in (*first.items, *second.items)] == ["2-2", "2-1", "2-0", "1-2"]
    assert second.totals.closing_balance_kopecks == first.totals.closing_balance_kopecks + 5


@pytest.mark.parametrize(
    ("entry", "leg"),
    [
        ("2025-12-31T20:59:59Z#0000000001", 0),
        ("2026-12-31T21:00:00Z#0000000001", 0),
        ("2026-06-01T00:00:00Z#0000000001", "0"),
        ("2026-06-01T00:00:00Z#0000000001", 0.5),
        (20260601, 0),
    ],
)
def test_a_forged_cursor_stays_within_the_range_and_never_breaks(store: object, entry: str, leg: int) -> None:
    account, _ = posted([(1, [Leg(OperationKind.PAYMENT, Kopecks(5), "t", "gateway:x")])])
    query = OperationsQuery(date_from=date(2026, 1, 1), date_to=date(2026, 12, 31))
    cursor = operations._sealed(account, query, operations.Position(entry, leg))
    with pytest.raises(InvalidRequest):
        embedded(lambda: START).operations(account, query.model_copy(update={"cursor": cursor}))


def test_totals_are_exact_where_a_float_is_not(store: object) -> None:
    """2**53 + 1 is the first whole number that a float cannot hold; 0.29 * 100 is less than 29."""
    payments = [Leg(OperationKind.PAYMENT, Kopecks(sum_), "t", "gateway:x") for sum_ in (29, 2**53, 2)]
    charge = Leg(OperationKind.CHARGE, Kopecks(-(2**53) - 1), "t", "revenue:x")
    account, _ = posted([(1, payments), (1, [charge])])
    told = totals(account, date(2026, 1, 1), date(2026, 2, 28))
    assert (told.payments_kopecks, told.charges_kopecks) == (2**53 + 31, -(2**53) - 1)
    assert told.closing_balance_kopecks == 30
