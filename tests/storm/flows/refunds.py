"""Money back to the payer: off the account, one call, and what is known of it."""

from chalicelib import bootstrap
from chalicelib.money import Kopecks
from chalicelib.store.topups import TopUpRow
from tests.product import Product
from tests.storm.flows.money import ID
from tests.storm.harness.flow import Flow
from tests.storm.harness.schedules import fire

REFUND = "refund-1"


def credited(shop: Product, gateway: str) -> TopUpRow:
    topup: TopUpRow = shop.order("sub-bob", "100201", 500_00, id=ID, gateway=gateway).topup
    shop.pay(topup)
    shop.clock.advance(10)
    fire("deliver_messages")
    return topup


def begin(shop: Product, topup: TopUpRow, kopecks: int | None = None) -> None:
    sum_ = None if kopecks is None else Kopecks(kopecks)
    bootstrap.refunds().begin(topup.topup_id, sum_, "i.petrova", "Ошибочный платёж", REFUND)


def whole(shop: Product, topup: TopUpRow) -> None:
    begin(shop, topup)


def part(shop: Product, topup: TopUpRow) -> None:
    begin(shop, topup, 120_00)


def gone_back(shop: Product, topup: TopUpRow) -> None:
    """Done, or a person looks for what became of it; off the account either way, and asked of the company once."""
    refund = bootstrap.refunds().store.get(topup.topup_id, REFUND)
    assert refund is not None
    assert shop.balance("100201") == 500_00 - refund.amount_kopecks
    cases = [case.kind for case in shop.cases()]
    assert (refund.status, cases) in [("done", []), ("unknown", ["refund_unknown"])]
    calls = [line for line in shop.sandboxed("GET", "/sandbox/calls-log") if line["call"] == "refund"]
    if topup.gateway == "robokassa" or refund.amount_kopecks < topup.amount_kopecks:
        assert len(calls) <= 1


def done(shop: Product, topup: TopUpRow) -> None:
    gone_back(shop, topup)
    assert not shop.cases()


Flow("refund_at_robokassa", lambda shop: credited(shop, "robokassa"), whole, whole, gone_back, cases=None)
Flow("refund_at_uniteller", lambda shop: credited(shop, "uniteller"), whole, whole, done)
Flow("refund_of_a_part_at_uniteller", lambda shop: credited(shop, "uniteller"), part, part, gone_back, cases=None)


def accepted(shop: Product) -> TopUpRow:
    """Taken by the company, and finished by now."""
    topup = credited(shop, "robokassa")
    begin(shop, topup)
    shop.clock.advance(31 * 60)
    return topup


def look(shop: Product, topup: TopUpRow) -> None:
    fire("make_refunds")


Flow("accepted_refund", accepted, look, look, done)


def refused(shop: Product) -> TopUpRow:
    """The company says no; the money goes back on the account."""
    topup = credited(shop, "robokassa")
    shop.fault("robokassa", "refund", "refused")
    return topup


def back_on_the_account(shop: Product, topup: TopUpRow) -> None:
    refund = bootstrap.refunds().store.get(topup.topup_id, REFUND)
    assert refund is not None
    if refund.status == "unknown":
        assert [case.kind for case in shop.cases()] == ["refund_unknown"]
        return
    # a lost request used up no refusal, so the next try was taken
    assert (refund.status, shop.balance("100201")) in [("refused", 500_00), ("done", 0)]


Flow("refused_refund", refused, whole, whole, back_on_the_account, cases=None)
