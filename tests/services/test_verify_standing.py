"""``verify`` holds how an account stands against what its ledger says, and names each difference."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pynamodb.expressions.operand import Path

from chalicelib.billing import OperationKind, ServiceKind, ServicePeriod
from chalicelib.billing.embedded import EmbeddedBilling, accounts
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.ledger import Ledger
from chalicelib.billing.embedded.standing import Limit, Pause, Standing
from chalicelib.billing.embedded.steps import Step
from chalicelib.billing.embedded.tables import AccountRow, EntryRow, HeadRow
from chalicelib.billing.embedded.verify import verify
from chalicelib.clock import local_date
from chalicelib.money import Kopecks
from chalicelib.store.agenda import AgendaRow
from tests.conftest import SettableClock
from tests.embedded import embedded

A = "500001"
NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def billing(store: object, clock: SettableClock) -> EmbeddedBilling:
    """November paid, internet suspended from the 24th to the 30th, December paid; then a promise, partly repaid."""
    made = embedded(clock)
    accounts.create(NewAccount(A, "sub-a", "Дом", "", 1, NOVEMBER), clock())
    for id, kind, fee in (("internet", ServiceKind.INTERNET, 600_00), ("phone", ServiceKind.TELEPHONY, 150_00)):
        service = NewService(id, kind, id, "t", "t", Kopecks(fee), sort=len(id), charged_from=NOVEMBER)
        accounts.add_service(made.books, A, service)
    made.post_payment(A, Kopecks(5000_00), "p-1", "gateway:robokassa")
    made.run_calendar(A)
    made.books.change(A, suspend)
    for day in (24, 31):
        clock.now = datetime(2026, 11, day, 9, tzinfo=UTC) if day < 31 else datetime(2026, 12, 1, 9, tzinfo=UTC)
        made.run_calendar(A)
    made.books.change(A, promise)
    made.post_payment(A, Kopecks(100_00), "p-2", "gateway:robokassa")
    return made


def suspend(standing: Standing) -> Step:
    line = standing.lines[1]
    pause = Pause(id="s1", start=date(2026, 11, 24), end=date(2026, 11, 30), reminded=True)
    return Step(NOVEMBER, "plan", standing.with_line(line.model_copy(update={"pause": pause})))


def promise(standing: Standing) -> Step:
    limit = Limit(
        id="x",
        amount_kopecks=Kopecks(300_00),
        left_kopecks=Kopecks(300_00),
        taken_on=date(2026, 12, 1),
        last_day=date(2026, 12, 4),
        payments_before=standing.payments_kopecks,
    )
    return Step(NOVEMBER, "promise", standing.model_copy(update={"promise": limit}))


def kept(change: Callable[[dict[str, Any]], object]) -> None:
    """Alters what the head keeps, behind the books' back."""
    head = HeadRow.get(A, "head")
    standing = dict(head.standing)
    change(standing)
    head.update([HeadRow.standing.set(standing)])


def internet(standing: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(line for line in standing["lines"] if line["service"] == "internet")
    return found


def december(leg: Leg, id: str) -> None:
    Ledger(embedded(lambda: datetime(2026, 12, 1, 10, tzinfo=UTC)).books).post(NewEntry(A, id, (leg,)))


def forget_a_pause() -> None:
    """The days of December are charged again, as if the suspension had never ended the paid run."""
    kept(lambda standing: standing["pauses"][0].update(end="2026-12-05"))


def pay_ahead() -> None:
    kept(lambda standing: internet(standing).update(unpaid_from="2027-02-01"))


def take_back_a_day() -> None:
    kept(lambda standing: internet(standing).update(unpaid_from="2026-12-31"))


def raise_the_promise() -> None:
    kept(lambda standing: standing["promise"].update(left_kopecks=200_01))


def repay_more_than_all() -> None:
    kept(lambda standing: standing["promise"].update(left_kopecks=-1, amount_kopecks=99_99))


def break_the_standing() -> None:
    kept(lambda standing: internet(standing).update(unpaid_from="soon"))


def delete_the_account_row() -> None:
    AccountRow(A, "account").delete()


def delete_the_agenda_row() -> None:
    for row in AgendaRow.scan():
        row.delete()


def forget_the_agenda() -> None:
    HeadRow(A, "head").update([HeadRow.agenda_key.remove()])


def postpone_the_agenda() -> None:
    key = HeadRow.get(A, "head").agenda_key.replace("2026-12-31", "2027-01-31")
    HeadRow(A, "head").update([HeadRow.agenda_key.set(key)])


def alter_a_formula() -> None:
    opening = next(row for row in EntryRow.query(A) if row.external_id.startswith("opening"))
    opening.update([Path("legs[0].formula").set("15001 * 30 / 30")])


def charge_december_twice() -> None:
    span = ServicePeriod(start=date(2026, 12, 1), end=date(2026, 12, 31))
    formula = "60000 * 31 / 31"
    leg = Leg(OperationKind.CHARGE, Kopecks(-600_00), "t", "revenue:x", "internet", span, "opening", formula)
    december(leg, "twice")


def give_back_what_was_not_paid() -> None:
    span = ServicePeriod(start=date(2027, 1, 1), end=date(2027, 1, 30))
    formula = "60000 * 30 / 31"
    amount = Kopecks(580_65)
    leg = Leg(OperationKind.CORRECTION, amount, "t", "revenue:x", "internet", span, "suspension_return", formula)
    december(leg, "given back")


def charge_days_by_another_count() -> None:
    span = ServicePeriod(start=date(2027, 1, 1), end=date(2027, 1, 30))
    leg = Leg(OperationKind.CHARGE, Kopecks(-600_00), "t", "revenue:x", "tv", span, "opening", "60000 * 31 / 31")
    december(leg, "miscounted")


@pytest.mark.parametrize(
    ("tamper", "what"),
    [
        (forget_a_pause, {"suspended"}),
        (pay_ahead, {"unpaid_from"}),
        (take_back_a_day, {"unpaid_from", "agenda_key"}),
        (raise_the_promise, {"promise"}),
        (repay_more_than_all, {"promise"}),
        (break_the_standing, {"standing"}),
        (delete_the_account_row, {"account"}),
        (delete_the_agenda_row, {"agenda"}),
        (forget_the_agenda, {"agenda_key"}),
        (postpone_the_agenda, {"agenda_key", "agenda"}),
        (alter_a_formula, {"formula", "hash"}),
        (charge_december_twice, {"days"}),
        (give_back_what_was_not_paid, {"days"}),
        (charge_days_by_another_count, {"days"}),
    ],
)
def test_every_disagreement_is_named(billing: EmbeddedBilling, tamper: Callable[[], None], what: set[str]) -> None:
    assert verify().differences == ()
    tamper()
    assert {each.what for each in verify().differences} == what
    assert {each.what for each in verify(A).differences} == what


def test_the_scene_has_what_is_tampered_with(billing: EmbeddedBilling, clock: SettableClock) -> None:
    view = billing.account(A)
    # 5000 + 100 - 750 in November + 140 for 7 of 30 days - 750 in December
    assert view.balance_kopecks == 3740_00
    assert view.promised is not None
    assert view.promised.amount_kopecks == 200_00
    assert [local_date(row.due_at, billing.settings.zone) for row in AgendaRow.scan(AgendaRow.ref == A)] == [
        date(2027, 1, 1)
    ]
