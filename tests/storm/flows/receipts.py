"""Receipts: asked about until they are registered, and the closing one sent by us."""

from datetime import UTC, date, datetime

from chalicelib import bootstrap
from chalicelib.money import Kopecks
from chalicelib.store.receipts import CLOSING, PAYMENT, ReceiptRow
from chalicelib.store.topups import TopUpRow
from tests.product import Product
from tests.scene import ACCOUNT, owe
from tests.storm.flows.money import ID
from tests.storm.flows.refunds import credited
from tests.storm.harness.flow import Flow
from tests.storm.harness.ground import ground
from tests.storm.harness.schedules import fire, let_pass

#: The first morning of the month in Moscow.
CLOSED_AT = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


def row(topup: TopUpRow, item: str) -> ReceiptRow:
    found = bootstrap.receipt_store().named(f"{topup.topup_id}#{item}")
    assert found is not None
    return found


def printed(shop: Product, gateway: str) -> TopUpRow:
    topup = credited(shop, gateway)
    shop.clock.advance(61)
    return topup


def look(shop: Product, _: TopUpRow) -> None:
    shop.clock.advance(61)
    fire("send_receipts")


def registered(shop: Product, topup: TopUpRow) -> None:
    assert row(topup, PAYMENT).status == "done"
    assert row(topup, PAYMENT).agenda_key is None


Flow("receipt_at_robokassa", lambda shop: printed(shop, "robokassa"), look, look, registered,
     {"ROBOKASSA_RECEIPTS": "true"})  # fmt: skip
Flow("receipt_at_uniteller", lambda shop: printed(shop, "uniteller"), look, look, registered,
     {"UNITELLER_FISCAL": "true"})  # fmt: skip


def used_up(shop: Product) -> TopUpRow:
    """Paid and spent in November; it is the first morning of December."""
    ground(100, date(2026, 12, 28))
    topup: TopUpRow = shop.order("sub-bob", ACCOUNT, 500_00, id=ID).topup
    shop.pay(topup)
    owe(501_00, "abroad")
    let_pass(shop, hours=1)
    shop.clock.advance((CLOSED_AT - shop.clock()).total_seconds() + 1)
    return topup


def closed_once(shop: Product, topup: TopUpRow) -> None:
    """Whatever was lost, one number and one receipt."""
    sent = shop.sandbox._state.rows("select * from receipt")
    assert [(int(one["id"]), one["kopecks"]) for one in sent] == [(row(topup, CLOSING).number, 500_00)]
    assert row(topup, CLOSING).status == "done"


Flow("closing_receipt", used_up, look, look, closed_once,
     {"ROBOKASSA_RECEIPTS": "true", "ROBOKASSA_CLOSING_RECEIPT": "true"})  # fmt: skip


def given_back(shop: Product) -> TopUpRow:
    """A part went back, and its receipt is asked about now."""
    topup = credited(shop, "uniteller")
    bootstrap.refunds().begin(topup.topup_id, Kopecks(100_00), "i.petrova", "Ошибка", "r1")
    let_pass(shop, minutes=1)
    return topup


def both_registered(shop: Product, topup: TopUpRow) -> None:
    documents = [row(topup, item).fd for item in (PAYMENT, "receipt#refund#r1")]
    assert None not in documents
    assert len(set(documents)) == 2


Flow("receipt_of_a_refund", given_back, look, look, both_registered, {"UNITELLER_FISCAL": "true"})
