"""Each invariant notices what it is there for: a check that cannot fail is none."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.billing import OperationKind, ServicePeriod
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.ledger import Ledger
from chalicelib.billing.embedded.tables import HeadRow
from chalicelib.money import Kopecks
from chalicelib.providers.gateways import ReceiptKind
from chalicelib.services import wording
from chalicelib.store import refunds
from chalicelib.store.agenda import Kind, row
from chalicelib.store.autopays import AutopayRow, ConsentRow, consent_row, period_row
from chalicelib.store.messages import MessageRow
from chalicelib.store.promises import OpenRow, PromiseRow
from chalicelib.store.receipts import ReceiptRow
from chalicelib.store.topups import EventRow, TopUpRow
from local.store.engine import Engine
from tests.portal import client
from tests.product import Product, books
from tests.storm.conftest import World
from tests.storm.flows.money import ID, notify, paid_unheard
from tests.storm.harness import autopay_invariants, invariants
from tests.storm.harness.invariants import i10_unchanged, quiet
from tests.storm.harness.schedules import let_pass
from tests.storm.harness.seen import look


def post(name: str, account: str, kopecks: int) -> None:
    leg = Leg(OperationKind.PAYMENT, Kopecks(kopecks), "Платёж", contra="gateway:robokassa")
    Ledger(books()).post(NewEntry(account, name, (leg,)))


def saved(account: str = "100201", subscriber_id: str = "sub-bob", agreed: bool = True, pending: bool = False) -> None:
    """The credited order of bob's 100201 stands for the card of this account, or is what it waits for."""
    TopUpRow(ID, "topup").update([TopUpRow.saves_card.set(agreed)])
    invoice = TopUpRow.get(ID, "topup").invoice
    on = {"pending_topup": ID} if pending else {"gateway": "robokassa", "parent_invoice": invoice}
    AutopayRow(account, subscriber_id=subscriber_id, **on).save()


def card_of_another_account(shop: Product) -> None:
    saved("100202")


def card_of_another_subscriber(shop: Product) -> None:
    saved(subscriber_id="sub-charlie")


def card_of_a_payer_who_did_not_agree(shop: Product) -> None:
    saved(agreed=False)


def waits_for_the_payment_of_another(shop: Product) -> None:
    saved("100202", pending=True)


def charge_let_go(shop: Product) -> None:
    """Credited, and its period still says that it was sent; nobody is going to look."""
    saved()
    account = noticed_charge()
    charge = period_row(account, date(2026, 12, 12), "charging", message_id="notice")
    charge.attempts = [{"topup": ID, "state": "sent"}]
    charge.save()


def head_altered(shop: Product) -> None:
    HeadRow("100201", "head").update([HeadRow.balance_kopecks.set(1)])


def credited_twice(shop: Product) -> None:
    post("another id", "100201", 500_00)


def credited_to_another(shop: Product) -> None:
    other = shop.order("sub-bob", "100202", 100_00).topup
    shop.pay(other, webhook="lost")
    post(other.topup_id, "100201", 100_00)


def never_credited(shop: Product) -> None:
    shop.pay(shop.order("sub-bob", "100202").topup, webhook="lost")


def marked_without_a_credit(shop: Product) -> None:
    other = shop.order("sub-bob", "100202").topup
    TopUpRow(other.topup_id, "topup").update([TopUpRow.status.set("credited")])


def noticed_charge(sum: int = 10**9, notice: timedelta = timedelta(hours=73)) -> str:
    """A credited order looks like a charge that was announced, on a consent of a week ago."""
    order, start = TopUpRow.get(ID, "topup"), date(2026, 12, 12)
    agreed = order.created_at - timedelta(days=7)
    facts = {"subscriber_id": "sub-bob", "terms_version": "1", "text_hash": "-", "language": "ru", "address": "-"}
    consent_row(order.account, agreed, "one", **facts).save()
    said = MessageRow("notice", subscriber_id="sub-bob", event="autopay_announced", facts={}, created_at=agreed)
    said.sent_at = order.created_at - notice
    said.save()
    period_row(order.account, start, "charged", amount_kopecks=sum, message_id="notice").save()
    order.update([TopUpRow.autopay_period.set(start.isoformat())])
    return str(order.account)


def charged_above_the_notice(shop: Product) -> None:
    noticed_charge(sum=1)


def charged_too_soon(shop: Product) -> None:
    noticed_charge(notice=timedelta(hours=71))


def charged_unasked(shop: Product) -> None:
    account = noticed_charge()
    for consent in ConsentRow.query(account, ConsentRow.item.startswith("consent#")):
        consent.update([ConsentRow.withdrawn_at.set(consent.at)])


def charged_twice(shop: Product) -> None:
    noticed_charge()
    other = shop.order("sub-bob", TopUpRow.get(ID, "topup").account, 100_00).topup
    shop.pay(other)
    TopUpRow(other.topup_id, "topup").update([TopUpRow.autopay_period.set("2026-12-12")])


def stuck_in_paid(shop: Product) -> None:
    TopUpRow(ID, "topup").update([TopUpRow.status.set("paid")])


def forgotten(shop: Product) -> None:
    shop.order("sub-bob", "100202")
    shop.clock.advance(25 * 3600)


def gone_back(shop: Product) -> None:
    EventRow(ID, "event#999999", name="awaiting_payment", at=shop.clock(), by="test").save()


def sent_again(shop: Product) -> None:
    [message] = MessageRow.scan()
    address = bootstrap.messages().contacts.confirmed("sub-bob")["sms"]
    text = wording.compose(message.event, message.facts, message.language)
    bootstrap.senders()["sms"].send(address, message.event, text, f"{message.message_id}:sms")


def promise_row(shop: Product, id: str, *steps: str) -> PromiseRow:
    at = shop.clock()
    events = [f"2026-11-23T09:00:00Z {step}" for step in steps]
    row = PromiseRow("100201", f"promise#{id}", amount_kopecks=100_00, status=steps[-1], created_at=at, events=events)
    row.subscriber_id = "sub-bob"
    row.save()
    return row


def two_promises_open(shop: Product) -> None:
    for id in ("a", "b"):
        promise_row(shop, id, "granting")
    OpenRow("100201", promise_id="a").save()


def promise_without_its_open_row(shop: Product) -> None:
    promise_row(shop, "a", "granting")


def promise_ended_twice(shop: Product) -> None:
    promise_row(shop, "a", "granting", "active", "ending", "ended", "ended")


def promise_granted_and_not_told(shop: Product) -> None:
    promise_row(shop, "a", "granting", "active")
    OpenRow("100201", promise_id="a").save()


def stand(**changes: object) -> None:
    """Alter how 100201 stands behind the product's back."""
    head = HeadRow.get("100201", "head")
    head.update([HeadRow.standing.set({**head.standing, **changes})])


def line(**changes: object) -> None:
    [internet] = HeadRow.get("100201", "head").standing["lines"]
    stand(lines=[internet | changes])


def limit_without_a_record(shop: Product) -> None:
    limit = {"id": "a", "amount_kopecks": 1, "left_kopecks": 1, "payments_before": 0}
    stand(promise=limit | {"taken_on": "2026-11-23", "last_day": "2026-11-26"})


def promise_counted_as_money(shop: Product) -> None:
    leg = Leg(OperationKind.PAYMENT, Kopecks(100_00), "Обещанный платёж", contra="promise")
    Ledger(books()).post(NewEntry("100201", "promise:a", (leg,)))


def charge(id: str, start: date, end: date) -> None:
    period = ServicePeriod(start=start, end=end)
    leg = Leg(OperationKind.CHARGE, Kopecks(-1), "Интернет", "revenue:internet", "internet", period, "opening")
    Ledger(books()).post(NewEntry("100201", id, (leg,)))


def opened_twice(shop: Product) -> None:
    charge("once", date(2026, 11, 12), date(2026, 12, 11))
    charge("twice", date(2026, 11, 12), date(2026, 12, 11))


def two_next_days(shop: Product) -> None:
    row(Kind.ACCOUNT_DAY, "100201", shop.clock() + timedelta(days=1), 1).save()


def blocked_with_money(shop: Product) -> None:
    stand(state="financial_block")


def on_and_not_paid(shop: Product) -> None:
    line(unpaid_from="2026-11-23")


def pause(start: str, end: str, started: bool) -> dict[str, object]:
    return {"id": "a", "start": start, "end": end, "started": started}


def suspended_too_early(shop: Product) -> None:
    line(pause=pause("2026-11-24", "2026-11-30", True))


def not_suspended_in_time(shop: Product) -> None:
    line(pause=pause("2026-11-23", "2026-11-30", False))


def suspended_too_long(shop: Product) -> None:
    line(pause=pause("2026-11-10", "2026-11-22", True))


def fee_of_suspended_days(shop: Product) -> None:
    charge("once", date(2026, 11, 12), date(2026, 12, 11))
    stand(pauses=[{"service": "internet", "start": "2026-12-11", "end": "2026-12-20"}])


def left_over(shop: Product) -> None:
    row(Kind.ASK_GATEWAY, "nothing", shop.clock() + timedelta(days=1), 1).save()


def taken_off_and_not_given(shop: Product) -> None:
    """The account paid for a refund that no company has made."""
    bootstrap.billing().post_refund("100201", Kopecks(10_00), f"refund:{ID}:x", "gateway:robokassa", "a", "b")


def given_and_not_taken_off(shop: Product) -> None:
    invoice = str(bootstrap.topup_store().existing(ID).invoice)
    shop.sandbox._state.change("insert into refund values ('x', 'robokassa', ?, 1000, 'finished', '')", invoice)


def paid_without_a_receipt(shop: Product) -> None:
    vars(bootstrap.gateways()["robokassa"])["receipts"] = frozenset({ReceiptKind.PAYMENT})


def receipt(item: str, kind: str, shop: Product) -> None:
    ReceiptRow(ID, item, kind=kind, amount_kopecks=1, status="done", since=shop.clock(), fd="1").save()


def receipt_of_nothing(shop: Product) -> None:
    receipt("receipt#refund#x", ReceiptKind.REFUND, shop)


def closing_of_nothing(shop: Product) -> None:
    receipt("receipt#closing", ReceiptKind.CLOSING, shop)


def receipt_of_another(shop: Product) -> None:
    """Two refunds of one payment, each with its row, and one fiscal document between them."""
    vars(bootstrap.gateways()["robokassa"])["receipts"] = frozenset({ReceiptKind.REFUND})
    for id in ("x", "y"):
        refund = refunds.new(ID, id, 1, "a", "b", shop.clock())
        refund.status = "done"
        refund.save()
        receipt(f"receipt#refund#{id}", ReceiptKind.REFUND, shop)


def receipt_that_stays_away(shop: Product) -> None:
    receipt("receipt#payment", ReceiptKind.PAYMENT, shop)
    ReceiptRow(ID, "receipt#payment").update([ReceiptRow.status.set("waiting")])
    shop.clock.advance(25 * 3600)


BROKEN: dict[str, tuple[Callable[[Product], None], ...]] = {
    "i1_the_ledger_is_whole": (head_altered,),
    "i2_captured_money_is_credited_once": (credited_twice, credited_to_another, never_credited),
    "i5_a_promise_is_a_limit_and_never_money": (
        two_promises_open, promise_without_its_open_row, promise_ended_twice, promise_granted_and_not_told,
        limit_without_a_record, promise_counted_as_money,
    ),
    "i12_what_goes_back_is_taken_off": (taken_off_and_not_given, given_and_not_taken_off),
    "i12_each_payment_and_refund_has_its_receipt": (
        paid_without_a_receipt, receipt_of_nothing, receipt_of_another, closing_of_nothing,
    ),
    "i3_a_card_is_saved_by_a_payment_of_its_own_account": (
        card_of_another_account, card_of_another_subscriber, card_of_a_payer_who_did_not_agree,
        waits_for_the_payment_of_another,
    ),
    "i6_what_became_of_a_charge_is_written_down": (charge_let_go,),
    "i3_every_charge_has_a_consent_and_a_notice": (charged_above_the_notice, charged_too_soon, charged_unasked),
    "i4_a_period_is_charged_once": (charged_twice,),
    "i6_portal_and_ledger_agree": (marked_without_a_credit, stuck_in_paid),
    "i7_nothing_is_forgotten": (forgotten, receipt_that_stays_away),
    "i8_a_status_never_goes_back": (gone_back,),
    "i13_each_message_is_sent_once": (sent_again,),
    "i13_each_day_is_paid_once": (opened_twice, two_next_days),
    "i14_a_service_is_on_by_the_rules_alone": (
        blocked_with_money, on_and_not_paid, suspended_too_early, not_suspended_in_time, suspended_too_long,
        fee_of_suspended_days,
    ),
    "nothing_is_left_to_do": (left_over,),
}  # fmt: skip


@pytest.mark.parametrize(("name", "harm"), [(name, harm) for name, harms in BROKEN.items() for harm in harms])
def test_an_invariant_notices_what_it_is_there_for(fresh: World, name: str, harm: Callable[[Product], None]) -> None:
    holds = getattr(invariants, name)
    with fresh() as shop:
        notify(shop, paid_unheard(shop))
        let_pass(shop, hours=1)
        holds(quiet(shop))
        harm(shop)
        with pytest.raises(AssertionError):
            holds(look(shop))


def test_a_charge_with_everything_that_it_needs_breaks_nothing(fresh: World) -> None:
    with fresh() as shop:
        notify(shop, paid_unheard(shop))
        let_pass(shop, hours=1)
        saved()
        account = noticed_charge()
        charge = period_row(account, date(2026, 12, 12), "charged", amount_kopecks=10**9, message_id="notice")
        charge.attempts = [{"topup": ID, "state": "charged"}]
        charge.save()
        autopay_invariants.i3_a_card_is_saved_by_a_payment_of_its_own_account(look(shop))
        autopay_invariants.i6_what_became_of_a_charge_is_written_down(look(shop))
        autopay_invariants.i3_every_charge_has_a_consent_and_a_notice(look(shop))
        autopay_invariants.i4_a_period_is_charged_once(look(shop))


def test_every_invariant_has_been_seen_to_fail() -> None:
    assert {holds.__name__ for holds in invariants.INVARIANTS} | {"nothing_is_left_to_do"} == set(BROKEN)


def test_a_refused_notification_changes_nothing(fresh: World, engine: Engine) -> None:
    with fresh() as shop:
        good = shop.result_fields(paid_unheard(shop))
        for bad in (
            {"SignatureValue": "0" * 32},
            {"OutSum": "1.00"},
            {"InvId": "0"},
            {"InvId": "\x00"},
            {"OutSum": ""},
        ):
            with i10_unchanged(engine):
                assert shop.notify({**good, **bad}).status == 400, bad


def test_a_refused_order_changes_nothing(fresh: World, engine: Engine) -> None:
    with fresh():
        bob, charlie = client(), client()
        bob.log_in("bob")
        charlie.log_in("charlie")
        wish = {"id": ID, "amount_kopecks": 500_00, "gateway": "robokassa"}
        for browser, body, status in (
            (charlie, wish, 404), (bob, wish | {"amount_kopecks": 10.5}, 422), (bob, wish | {"gateway": "none"}, 422),
            (bob, wish | {"balance": 1}, 422), (bob, wish | {"id": "1"}, 422), (client(), wish, 401),
        ):  # fmt: skip
            with i10_unchanged(engine):
                assert browser.post("/api/accounts/100201/topups", body).status == status


def test_unchanged_notices_a_change(fresh: World, engine: Engine) -> None:
    with fresh() as shop, pytest.raises(AssertionError), i10_unchanged(engine):
        shop.order("sub-bob", "100201")
