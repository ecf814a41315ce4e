"""A charge stopped in the middle: its withdrawal, a skip, a lower cap, between any two of its outgoing calls."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.errors import Rejected
from chalicelib.money import Kopecks
from tests.autopaying import GATEWAYS, bob, calls, charges, screen, state
from tests.product import Product
from tests.scene import ACCOUNT, NEXT_PERIOD, view
from tests.storm.conftest import World
from tests.storm.flows.autopay import charge, due
from tests.storm.harness.invariants import quiet
from tests.storm.harness.scheduler import Scheduler, interrupted
from tests.storm.harness.schedules import let_pass
from tests.storm.harness.world import staged
from tests.storm.list_calls import lines_of

PLACES = [(gateway, k) for gateway in GATEWAYS for k in range(1, len(lines_of(f"autopay_at_{gateway}")) + 1)]


def stopped(shop: Product, gateway: str, k: int, act: Callable[[], Any]) -> Any:
    """What the act gave back that came behind the k-th call of the charge; two hours later."""
    staged(shop, ("stopped", gateway), lambda: due(shop, gateway))
    run = Scheduler({"charge": lambda: charge(shop, None), "act": act}, interrupted("charge", k))
    results = run.run(shop)
    assert run.order[: k + 1] == ["charge"] * k + ["act"]
    assert results["charge"] is None
    let_pass(shop, hours=3)
    quiet(shop)
    return results["act"]


@pytest.mark.parametrize(("gateway", "k"), PLACES)
def test_withdrawn_at_any_call_no_charge_leaves_or_it_is_given_back(fresh: World, gateway: str, k: int) -> None:
    with fresh() as shop:
        flying = stopped(shop, gateway, k, lambda: bootstrap.autopay().disconnect(bob(), ACCOUNT))
        if not charges(None):
            assert (flying, calls(shop), view().balance_kopecks, state()) == (None, 0, 300_00, "announced")
        elif flying is None:
            # it was paid before, and is not taken back
            assert (len(charges()), view().balance_kopecks, state()) == (1, 800_00, "charged")
        else:
            assert [int(one.refunded_kopecks) for one in charges()] == [flying.amount_kopecks]
            assert view().balance_kopecks == 300_00
        assert (screen().status, calls(shop)) == ("off", len(charges()))


@pytest.mark.parametrize(("gateway", "k"), PLACES)
def test_skipped_at_any_call_no_charge_leaves_or_it_is_said(fresh: World, gateway: str, k: int) -> None:
    with fresh() as shop:
        said = stopped(shop, gateway, k, lambda: bootstrap.autopay().skip(bob(), ACCOUNT, NEXT_PERIOD))
        if said is None:
            assert (charges(None), calls(shop), state()) == ([], 0, "skipped")
        else:
            assert isinstance(said, Rejected)
            assert said.code in {"already_charging", "nothing_to_skip"}
            assert (len(charges()), calls(shop), state()) == (1, 1, "charged")


@pytest.mark.parametrize(("gateway", "k"), PLACES)
def test_a_cap_lowered_at_any_call_holds_from_the_intent_on(fresh: World, gateway: str, k: int) -> None:
    with fresh() as shop:
        stopped(shop, gateway, k, lambda: bootstrap.autopay().change_cap(bob(), ACCOUNT, Kopecks(100_00)))
        outcome = (len(charges(None)), calls(shop), state())
        assert outcome in [(0, 0, "above_cap"), (1, 1, "charged")]
        assert screen().cap_kopecks == 100_00


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_there_are_places_before_the_intent_and_behind_it(gateway: str) -> None:
    """Else the tests above would have shown half of it."""
    lines = lines_of(f"autopay_at_{gateway}")
    [intent] = [k for k, line in enumerate(lines) if "portal-agenda+portal-autopays+portal-topups" in line]
    assert 3 < intent < len(lines) - 3
