"""``verify`` recomputes the ledger and finds whatever was altered behind its back."""

from collections.abc import Callable
from datetime import date

import pytest
from pynamodb.expressions.operand import Path

from chalicelib.billing import OperationKind
from chalicelib.billing.embedded import accounts
from chalicelib.billing.embedded.accounts import NewAccount
from chalicelib.billing.embedded.entries import Leg, NewEntry, entry_hash
from chalicelib.billing.embedded.ledger import Ledger
from chalicelib.billing.embedded.tables import EntryRow, ExternalRow, HeadRow, external_key
from chalicelib.billing.embedded.verify import verify
from chalicelib.money import Kopecks
from ops.__main__ import main
from tests.conftest import SettableClock
from tests.embedded import embedded

A, B = "500001", "500002"


@pytest.fixture(autouse=True)
def ledger(store: object, clock: SettableClock) -> None:
    """Two accounts; the first has three entries: a payment, an opening of two legs, a payment."""
    billing = embedded(clock)
    for number in (A, B):
        accounts.create(NewAccount(number, "sub-a", "Дом", "", 1, date(2026, 1, 1)), clock())
    billing.post_payment(A, Kopecks(900), "p-1", "gateway:robokassa")
    legs = tuple(Leg(OperationKind.CHARGE, Kopecks(-n), "t", "revenue:internet") for n in (600, 150))
    Ledger(billing.books).post(NewEntry(A, "opening", legs))
    billing.post_payment(A, Kopecks(1), "p-2", "gateway:robokassa")
    billing.post_payment(B, Kopecks(77), "p-3", "gateway:robokassa")


def entry(seq: int) -> EntryRow:
    return list(EntryRow.query(A))[seq - 1]


def found(account: str | None = None) -> set[tuple[str, str]]:
    return {(each.account, each.what) for each in verify(account).differences}


def change_amount() -> None:
    entry(2).update([Path("legs[0].amount_kopecks").set(-601)])


def change_and_hash_again() -> None:
    row = entry(2)
    row.legs[0].amount_kopecks = -601
    row.hash = entry_hash(row)
    row.save()


def change_title() -> None:
    entry(1).update([Path("legs[0].title").set("x")])


def change_contra() -> None:
    entry(1).update([Path("legs[0].contra").set("gateway:cash desk")])


def change_balance_after() -> None:
    entry(2).update([EntryRow.balance_kopecks.set(151)])


def delete_entry() -> None:
    entry(2).delete()


def delete_last() -> None:
    entry(3).delete()


def change_head() -> None:
    HeadRow(A, "head").update([HeadRow.balance_kopecks.set(152)])


def change_head_hash() -> None:
    HeadRow(A, "head").update([HeadRow.hash.set("0" * 64)])


def change_head_totals() -> None:
    HeadRow(A, "head").update([HeadRow.payments_kopecks.set(902), HeadRow.other_kopecks.set(-1)])


def rewind_head() -> None:
    HeadRow(A, "head").update([HeadRow.seq.set(2)])


def delete_head() -> None:
    HeadRow(A, "head").delete()


def delete_external() -> None:
    ExternalRow(external_key("p-1"), "external").delete()


def move_external() -> None:
    ExternalRow(external_key("p-1"), "external").update([ExternalRow.owner.set(B)])


def change_external() -> None:
    ExternalRow(external_key("p-1"), "external").update([ExternalRow.amount_kopecks.set(901)])


def plant_external() -> None:
    item = "2026-11-23T09:00:00Z#0000000009"
    ExternalRow(external_key("p-9"), owner=A, kind="payment", amount_kopecks=1, entry=item).save()


@pytest.mark.parametrize(
    ("tamper", "what"),
    [
        (change_amount, {"hash", "totals", "balance", "external", "contra"}),
        (change_and_hash_again, {"totals", "balance", "previous_hash", "external", "contra"}),
        (change_title, {"hash"}),
        (change_contra, {"hash"}),
        (change_balance_after, {"hash", "balance"}),
        (delete_entry, {"seq", "previous_hash", "totals", "balance", "external", "contra"}),
        (delete_last, {"head.seq", "head.balance", "head.totals", "head.hash", "external", "contra"}),
        (change_head, {"head.balance", "contra"}),
        (change_head_hash, {"head.hash"}),
        (change_head_totals, {"head.totals"}),
        (rewind_head, {"head.seq"}),
        (delete_head, {"head", "contra"}),
        (delete_external, {"external"}),
        (move_external, {"external"}),
        (change_external, {"external"}),
        (plant_external, {"external"}),
    ],
)
def test_every_tampering_is_named(tamper: Callable[[], None], what: set[str]) -> None:
    assert found() == set()
    tamper()
    assert {name for _, name in found()} == what
    assert {name for _, name in found(A)} == what
    assert found(B) == set()


def test_an_untouched_ledger_is_counted_and_the_command_succeeds(capsys: pytest.CaptureFixture[str]) -> None:
    assert (verify().accounts, verify().entries, verify(A).entries) == (2, 4, 3)
    assert main(["verify"]) == 0
    assert capsys.readouterr().out == "ok: 2 accounts, 4 entries\n"


def test_the_command_prints_a_line_per_difference_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    change_title()
    assert main(["verify", "--account", A]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"account {A} entry {entry(1).item}: hash: expected ")
    assert main(["verify", "--account", B]) == 0


def test_an_account_that_does_not_exist_is_a_difference() -> None:
    assert found("599999") == {("599999", "head")}
