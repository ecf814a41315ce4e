"""Crash and fault at every outgoing call of the money path, one at a time; the rest of the world goes on."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from chalicelib import bootstrap
from chalicelib.errors import PortalError
from chalicelib.store.topups import TopUpRow
from tests.product import Product
from tests.storm.harness import KINDS, Breaker, broken, no_waiting, quiet

__all__ = ["no_waiting"]

#: Flow -> its outgoing calls in order. A new call that is not listed here fails the build.
COVERAGE = json.loads(Path(__file__).with_name("coverage.json").read_text())

#: Chooses the shards, and so the calls, the same way every time.
ID = "3f1c9a52-7d0e-4b6a-8f21-5c9d0e7ab314"

Flow = Callable[[Product, Breaker], TopUpRow]


def webhook(shop: Product, breaker: Breaker) -> TopUpRow:
    """The company's notification; without our OK it comes again."""
    topup = shop.order("sub-bob", "100201", id=ID).topup
    fields = shop.result_fields(topup)
    with broken(shop, breaker):
        shop.notify(fields)
    assert shop.notify(fields).text == f"OK{topup.invoice}"
    return topup


def unblocking(shop: Product, breaker: Breaker) -> TopUpRow:
    """The payment of a blocked account: credited, its days opened, its services on, each once."""
    shop.block("100201", 88_33)
    topup = shop.order("sub-bob", "100201", 1000_00, id=ID).topup
    fields = shop.result_fields(topup)
    with broken(shop, breaker):
        shop.notify(fields)
    assert shop.notify(fields).text == f"OK{topup.invoice}"
    return topup


def ordering(shop: Product, breaker: Breaker) -> TopUpRow:
    """The browser asks again with the same id after a lost answer, then the subscriber pays."""
    with broken(shop, breaker), suppress(PortalError):
        shop.order("sub-bob", "100201", id=ID)
    topup = shop.order("sub-bob", "100201", id=ID).topup
    shop.pay(topup)
    return topup


def reconciliation(shop: Product, breaker: Breaker) -> TopUpRow:
    """Nobody told us: the agenda asks the gateway, credits and sends the message."""
    topup = shop.order("sub-bob", "100201", id=ID).topup
    shop.pay(topup, webhook="lost")
    shop.clock.advance(61)
    with broken(shop, breaker):
        shop.sandboxed("POST", "/sandbox/run-due")
        shop.sandboxed("POST", "/sandbox/run-due")
    return topup


FLOWS: dict[str, Flow] = {flow.__name__: flow for flow in (webhook, unblocking, ordering, reconciliation)}


@pytest.mark.parametrize("name", FLOWS)
def test_every_outgoing_call_of_a_flow_is_listed(shop: Product, name: str) -> None:
    seen = Breaker()
    FLOWS[name](shop, seen)
    assert seen.calls == COVERAGE[name]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "k"), [(name, k + 1) for name in FLOWS for k in range(len(COVERAGE[name]))])
def test_a_flow_broken_at_any_call_ends_with_the_money_credited_once(
    shop: Product, name: str, k: int, kind: str
) -> None:
    breaker = Breaker(at=k, kind=kind)
    topup = FLOWS[name](shop, breaker)
    assert len(breaker.calls) >= k
    shop.advance(hours=6)
    assert shop.status(topup) == "credited"
    quiet(shop, "100201", 500_00)
    assert bootstrap.billing().account("100201").state == "active"
    assert [each["event"] for each in shop.messages()].count("payment_credited") == 1


def test_while_every_transaction_meets_another_the_company_gets_no_ok(shop: Product) -> None:
    """Nothing can be recorded, so it must come again; when it does, the money is credited once."""
    topup = shop.order("sub-bob", "100201").topup
    fields = shop.result_fields(topup)
    with broken(shop, Breaker(kind="conflict", always=True)):
        refused = shop.notify(fields)
    assert (refused.status, refused.json["code"]) == (503, "upstream_unavailable")
    assert (shop.status(topup), shop.balance("100201")) == ("awaiting_payment", 0)
    assert shop.notify(fields).text == f"OK{topup.invoice}"
    shop.advance(hours=1)
    quiet(shop, "100201", 500_00)
