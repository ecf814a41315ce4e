"""The ledger posts each fact once, whatever happens to the line, the process or the clock."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from botocore.exceptions import ReadTimeoutError
from pynamodb.expressions.operand import Path

from chalicelib.billing import AccountState, OperationKind, PostResult, ServiceKind
from chalicelib.billing.embedded import EmbeddedBilling, accounts, books
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.billing.embedded.entries import MAX_LEGS, Leg, NewEntry
from chalicelib.billing.embedded.ledger import Ledger, Posted
from chalicelib.billing.embedded.tables import EntryRow, HeadRow
from chalicelib.billing.embedded.verify import verify
from chalicelib.errors import Conflict, InvalidRequest, NotFound, UpstreamUnavailable
from chalicelib.money import Kopecks
from local.store.handlers import Answer
from local.store.transport import Call, error_answer, set_around
from tests.conftest import SettableClock
from tests.embedded import embedded

Proceed = Callable[[], Answer]
SUM = Kopecks(500_01)
ROBOKASSA = "gateway:robokassa"


class Killed(BaseException):
    """As little catchable as the end of the process."""


@pytest.fixture
def billing(store: object, clock: SettableClock) -> EmbeddedBilling:
    for order, number in enumerate(("500001", "500002")):
        accounts.create(NewAccount(number, "sub-a", "Дом", "г. Тверь", 10, date(2026, 1, 10), order), clock())
    return embedded(clock)


def payment(external_id: str, amount: int = SUM, account: str = "500001") -> NewEntry:
    return NewEntry(account, external_id, (Leg(OperationKind.PAYMENT, Kopecks(amount), "t", ROBOKASSA),))


def charge(external_id: str, amount: int) -> NewEntry:
    return NewEntry("500001", external_id, (Leg(OperationKind.CHARGE, Kopecks(-amount), "t", "revenue:internet"),))


def balance(account: str = "500001") -> int:
    return HeadRow.get(account, "head").balance_kopecks


def entries() -> list[EntryRow]:
    return list(EntryRow.query("500001"))


def counted(act: Callable[[], object]) -> list[str]:
    """The store calls that an action makes."""
    seen: list[str] = []

    def around(call: Call, proceed: Proceed) -> Answer:
        seen.append(call.operation)
        return proceed()

    set_around(around)
    act()
    set_around(None)
    return seen


def on_commit(number: int, fault: Callable[[Proceed], Answer]) -> Callable[[Call, Proceed], Answer]:
    """A fault at the n-th transaction, and none at the others."""
    transactions: Iterator[int] = iter(range(1, 1000))

    def around(call: Call, proceed: Proceed) -> Answer:
        if call.operation == "TransactWriteItems" and next(transactions) == number:
            return fault(proceed)
        return proceed()

    return around


def lost_answer(proceed: Proceed) -> Answer:
    proceed()
    raise ReadTimeoutError(endpoint_url="store")


def lost_request(proceed: Proceed) -> Answer:
    raise ReadTimeoutError(endpoint_url="store")


def killed_before(proceed: Proceed) -> Answer:
    raise Killed


def killed_after(proceed: Proceed) -> Answer:
    proceed()
    raise Killed


def test_the_same_payment_from_eight_threads_is_credited_once(billing: EmbeddedBilling) -> None:
    start, results = threading.Barrier(8), []

    def pay() -> None:
        start.wait()
        results.append(billing.post_payment("500001", SUM, "t-1", ROBOKASSA))

    threads = [threading.Thread(target=pay) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [PostResult.ALREADY] * 7 + [PostResult.CREATED]
    assert (balance(), len(entries())) == (SUM, 1)


def test_different_payments_from_eight_threads_are_all_credited(billing: EmbeddedBilling) -> None:
    threads = [
        threading.Thread(target=billing.post_payment, args=("500001", Kopecks(1 + n), f"t-{n}", ROBOKASSA))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert balance() == 36
    assert verify().differences == ()


def test_a_repeat_after_a_lost_answer_finds_the_payment(billing: EmbeddedBilling) -> None:
    set_around(on_commit(1, lost_answer))
    first = billing.post_payment("500001", SUM, "t-1", ROBOKASSA)
    set_around(None)
    # botocore repeats by itself, and the books know their own change again
    assert first is PostResult.CREATED
    assert billing.post_payment("500001", SUM, "t-1", ROBOKASSA) is PostResult.ALREADY
    assert (balance(), len(entries())) == (SUM, 1)


@pytest.mark.parametrize(("fault", "credited"), [(lost_answer, True), (lost_request, False)])
def test_when_no_answer_ever_comes_the_outcome_is_unknown(
    billing: EmbeddedBilling, fault: Callable[[Proceed], Answer], credited: bool
) -> None:
    set_around(lambda call, proceed: fault(proceed) if call.operation == "TransactWriteItems" else proceed())
    assert billing.post_payment("500001", SUM, "t-1", ROBOKASSA) is PostResult.UNKNOWN
    set_around(None)
    assert (billing.find_payment("t-1") is not None) is credited
    again = billing.post_payment("500001", SUM, "t-1", ROBOKASSA)
    assert again is (PostResult.ALREADY if credited else PostResult.CREATED)
    assert balance() == SUM


@pytest.mark.parametrize(("fault", "then"), [(killed_before, PostResult.CREATED), (killed_after, PostResult.ALREADY)])
def test_a_process_killed_at_the_commit_leaves_all_or_nothing(
    billing: EmbeddedBilling, fault: Callable[[Proceed], Answer], then: PostResult
) -> None:
    set_around(on_commit(1, fault))
    with pytest.raises(Killed):
        billing.post_payment("500001", SUM, "t-1", ROBOKASSA)
    set_around(None)
    assert verify().differences == ()
    assert billing.post_payment("500001", SUM, "t-1", ROBOKASSA) is then
    assert balance() == SUM


def test_a_payment_that_loses_the_race_for_the_head_is_posted_after_the_winner(billing: EmbeddedBilling) -> None:
    def overtaken(proceed: Proceed) -> Answer:
        set_around(None)
        billing.post_payment("500001", Kopecks(7), "t-first", ROBOKASSA)
        return proceed()

    set_around(on_commit(1, overtaken))
    assert billing.post_payment("500001", SUM, "t-1", ROBOKASSA) is PostResult.CREATED
    assert [entry.external_id for entry in entries()] == ["t-first", "t-1"]
    assert (balance(), verify().differences) == (SUM + 7, ())


def test_a_head_that_never_rests_gives_up_and_says_that_nothing_was_posted(billing: EmbeddedBilling) -> None:
    tries = 0

    def overtaken(call: Call, proceed: Proceed) -> Answer:
        nonlocal tries
        if call.operation == "TransactWriteItems":
            tries += 1
            HeadRow("500001", "head").update([HeadRow.revision.set(Path("revision") + 1)])
        return proceed()

    set_around(overtaken)
    with pytest.raises(UpstreamUnavailable):
        billing.post_payment("500001", SUM, "t-1", ROBOKASSA)
    set_around(None)
    assert tries == books.TRIES
    assert billing.find_payment("t-1") is None


def test_a_busy_store_is_tried_again(billing: EmbeddedBilling) -> None:
    reasons = [{"Code": "None"}, {"Code": "None"}, {"Code": "TransactionConflict"}]
    busy = error_answer("TransactionCanceledException", "busy", CancellationReasons=reasons)
    set_around(on_commit(1, lambda proceed: busy))
    assert billing.post_payment("500001", SUM, "t-1", ROBOKASSA) is PostResult.CREATED


def refused(proceed: Proceed) -> Answer:
    return error_answer("InternalServerError", "no", 500)


@pytest.mark.parametrize("fault", [refused, lost_request])
def test_a_read_that_the_store_does_not_answer_is_unavailable(
    billing: EmbeddedBilling, fault: Callable[[Proceed], Answer]
) -> None:
    set_around(lambda call, proceed: fault(proceed))
    for read in (billing.accounts, billing.account, billing.find_payment):
        with pytest.raises(UpstreamUnavailable):
            read("500001")
    with pytest.raises(UpstreamUnavailable):
        billing.post_payment("500001", SUM, "t-1", ROBOKASSA)


def test_the_same_id_with_another_kind_is_a_conflict(billing: EmbeddedBilling, clock: SettableClock) -> None:
    Ledger(billing.books).post(payment("x"))
    refund = NewEntry("500001", "x", (Leg(OperationKind.REFUND, SUM, "t", ROBOKASSA),))
    assert Ledger(billing.books).post(refund) is Posted.CONFLICT


def test_an_id_that_is_no_payment_is_not_found_as_one(billing: EmbeddedBilling, clock: SettableClock) -> None:
    Ledger(billing.books).post(charge("x", 5))
    assert billing.find_payment("x") is None


def test_an_entry_is_never_dated_before_the_last_one(billing: EmbeddedBilling, clock: SettableClock) -> None:
    billing.post_payment("500001", SUM, "t-1", ROBOKASSA)
    clock.advance(minutes=-5)
    billing.post_payment("500001", SUM, "t-2", ROBOKASSA)
    clock.advance(days=1)
    billing.post_payment("500001", SUM, "t-3", ROBOKASSA)
    assert [(entry.seq, entry.at.day) for entry in entries()] == [(1, 23), (2, 23), (3, 24)]
    assert entries()[0].at == entries()[1].at


def test_the_floor_is_held_against_the_balance_of_the_transaction(
    billing: EmbeddedBilling, clock: SettableClock
) -> None:
    Ledger(billing.books).post(payment("t-1", 100))
    assert Ledger(billing.books).post(charge("c-1", 101), Kopecks(0)) is Posted.NOT_ENOUGH_MONEY
    assert Ledger(billing.books).post(charge("c-1", 101), Kopecks(-1)) is Posted.CREATED
    assert Ledger(billing.books).post(charge("c-1", 101), Kopecks(0)) is Posted.ALREADY


def test_money_spent_in_between_is_seen_by_the_floor(billing: EmbeddedBilling, clock: SettableClock) -> None:
    def spent(proceed: Proceed) -> Answer:
        set_around(None)
        Ledger(billing.books).post(charge("c-first", 60))
        return proceed()

    Ledger(billing.books).post(payment("t-1", 100))
    set_around(on_commit(1, spent))
    assert Ledger(billing.books).post(charge("c-1", 60), Kopecks(0)) is Posted.NOT_ENOUGH_MONEY
    assert balance() == 40


def test_an_entry_is_never_written_over_even_if_the_head_was_put_back(
    billing: EmbeddedBilling, clock: SettableClock
) -> None:
    billing.post_payment("500001", SUM, "t-1", ROBOKASSA)
    HeadRow("500001", "head").update([HeadRow.seq.set(0)])
    with pytest.raises(UpstreamUnavailable):
        billing.post_payment("500001", SUM, "t-2", ROBOKASSA)
    assert [entry.external_id for entry in entries()] == ["t-1"]


def test_an_entry_of_forty_legs_is_posted_whole(billing: EmbeddedBilling, clock: SettableClock) -> None:
    legs = tuple(Leg(OperationKind.CHARGE, Kopecks(-1 - n), "t", "revenue:addon", f"s{n}") for n in range(MAX_LEGS))
    assert Ledger(billing.books).post(NewEntry("500001", "x", legs)) is Posted.CREATED
    assert (balance(), verify().differences) == (-820, ())
    with pytest.raises(ValueError):
        NewEntry("500001", "y", legs + legs[:1])


@pytest.mark.parametrize(
    ("kind", "amount", "contra"),
    [
        (OperationKind.PAYMENT, 0, "gateway:x"),
        (OperationKind.PAYMENT, -1, "gateway:x"),
        (OperationKind.CHARGE, 1, "revenue:x"),
        (OperationKind.REFUND, True, "correction"),
        (OperationKind.REFUND, 1.0, "correction"),
        (OperationKind.REFUND, 1, ""),
        (OperationKind.REFUND, 1, "Gateway"),
        (OperationKind.REFUND, 1, "gateway:"),
    ],
)
def test_a_leg_moves_whole_kopecks_in_the_direction_of_its_kind(kind: OperationKind, amount: int, contra: str) -> None:
    with pytest.raises(ValueError):
        Leg(kind, Kopecks(amount), "t", contra)


def test_a_correction_is_signed_or_explained_by_a_rule() -> None:
    leg = Leg(OperationKind.CORRECTION, Kopecks(5), "t", "correction")
    for signature in ((None, None), ("i.petrova", None), (None, "авария")):
        with pytest.raises(ValueError):
            NewEntry("500001", "x", (leg,), *signature)
    assert NewEntry("500001", "x", (leg,), "i.petrova", "авария").amount_kopecks == 5


def test_creating_an_account_twice_changes_nothing(billing: EmbeddedBilling, clock: SettableClock) -> None:
    new = NewAccount("500001", "sub-a", "Другое", "", 1, date(2026, 1, 1))
    billing.post_payment("500001", SUM, "t-1", ROBOKASSA)
    assert accounts.create(new, clock()) is False
    assert billing.account("500001").label == "Дом"
    with pytest.raises(Conflict):
        accounts.create(NewAccount("500001", "sub-b", "", "", 1, date(2026, 1, 1)), clock())
    assert (billing.accounts("sub-b"), balance()) == ((), SUM)


def test_an_account_has_no_more_services_than_an_opening_has_legs(billing: EmbeddedBilling) -> None:
    def add(number: int) -> bool:
        return accounts.add_service(
            billing.books, "500001", NewService(f"s{number}", ServiceKind.ADDON, "t", "t", "t", Kopecks(1), sort=number)
        )

    assert all(add(number) for number in range(MAX_LEGS))
    assert add(0) is False
    with pytest.raises(InvalidRequest):
        add(MAX_LEGS)


def test_a_state_says_its_reason_and_an_absent_account_has_none(billing: EmbeddedBilling) -> None:
    accounts.set_state(billing.books, "500001", AccountState.ADMIN_BLOCK, "по заявлению")
    assert billing.account("500001").state_reason == "по заявлению"
    accounts.set_state(billing.books, "500001", AccountState.ACTIVE)
    assert billing.account("500001").state_reason is None
    with pytest.raises(NotFound):
        accounts.set_state(billing.books, "599999", AccountState.ACTIVE)


def test_store_calls_are_as_few_as_promised(billing: EmbeddedBilling) -> None:
    assert counted(lambda: billing.accounts("sub-a")) == ["Query", "BatchGetItem"]
    assert counted(lambda: billing.account("500001")) == ["Query"]
    assert counted(lambda: billing.owns("sub-a", "500001")) == ["GetItem"]
    assert counted(lambda: billing.owns("sub-a", "no number")) == []
    assert counted(lambda: billing.forecast("500001", date(2027, 1, 1))) == ["Query"]
    pay = ["Query", "TransactWriteItems"]
    assert counted(lambda: billing.post_payment("500001", SUM, "t-1", ROBOKASSA)) == pay
    again = counted(lambda: billing.post_payment("500001", SUM, "t-1", ROBOKASSA))
    assert again == [*pay, "GetItem", "GetItem"]
    assert counted(lambda: billing.find_payment("t-1")) == ["GetItem"]


def test_posting_takes_its_time_from_the_clock_it_was_given(billing: EmbeddedBilling, clock: SettableClock) -> None:
    clock.now = datetime(2027, 2, 28, 20, 59, 59, 999999, tzinfo=UTC)
    billing.post_payment("500001", SUM, "t-1", ROBOKASSA)
    found = billing.find_payment("t-1")
    assert found is not None
    assert found.at == datetime(2027, 2, 28, 20, 59, 59, tzinfo=UTC)
