"""Each invariant notices what it is there for: a check that cannot fail is none."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.billing import OperationKind
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.ledger import Ledger
from chalicelib.billing.embedded.tables import HeadRow
from chalicelib.money import Kopecks
from chalicelib.services import wording
from chalicelib.store.agenda import Kind, row
from chalicelib.store.messages import MessageRow
from chalicelib.store.topups import EventRow, TopUpRow
from local.store.engine import Engine
from tests.portal import client
from tests.product import Product, books
from tests.storm.conftest import World
from tests.storm.flows.money import ID, notify, paid_unheard
from tests.storm.harness import invariants
from tests.storm.harness.invariants import i10_unchanged, look, quiet
from tests.storm.harness.schedules import let_pass


def post(name: str, account: str, kopecks: int) -> None:
    leg = Leg(OperationKind.PAYMENT, Kopecks(kopecks), "Платёж", contra="gateway:robokassa")
    Ledger(books()).post(NewEntry(account, name, (leg,)))


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


def left_over(shop: Product) -> None:
    row(Kind.ASK_GATEWAY, "nothing", shop.clock() + timedelta(days=1), 1).save()


BROKEN: dict[str, tuple[Callable[[Product], None], ...]] = {
    "i1_the_ledger_is_whole": (head_altered,),
    "i2_captured_money_is_credited_once": (credited_twice, credited_to_another, never_credited),
    "i6_portal_and_ledger_agree": (marked_without_a_credit, stuck_in_paid),
    "i7_nothing_is_forgotten": (forgotten,),
    "i8_a_status_never_goes_back": (gone_back,),
    "i13_each_message_is_sent_once": (sent_again,),
    "nothing_is_left_to_do": (left_over,),
}


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
