"""Crash and fault at every outgoing call of every flow, one at a time; the rest of the world goes on.

The last test needs all the others of this file in its own process, and says so where it has not.
"""

import pytest

from tests.storm import exempt, flows as flows
from tests.storm.conftest import FULL, World
from tests.storm.flows.money import ID, credited, notify, paid_unheard, signed_in
from tests.storm.harness import sites
from tests.storm.harness.breaker import Breaker, broken
from tests.storm.harness.flow import FLOWS
from tests.storm.harness.invariants import quiet
from tests.storm.harness.schedules import fire, let_pass
from tests.storm.list_calls import faults_of

SINGLES = [(name, k, kind) for name, flow in FLOWS.items() for k, kind in faults_of(name, flow.sparing and not FULL)]

RAN: set[tuple[str, int, str]] = set()


@pytest.mark.parametrize(("name", "k", "kind"), SINGLES)
def test_a_flow_broken_at_any_call_ends_as_if_nothing_had_happened(fresh: World, name: str, k: int, kind: str) -> None:
    flow, breaker = FLOWS[name], Breaker({k: kind})
    with fresh(**flow.settings) as shop:
        flow.run(shop, breaker)
    assert breaker.broken == [k]
    RAN.add((name, k, kind))


def test_while_every_transaction_meets_another_the_company_gets_no_ok(fresh: World) -> None:
    """Nothing can be recorded, so it must come again; when it does, the money is credited once."""
    with fresh() as shop:
        topup = paid_unheard(shop)
        with broken(shop, Breaker(always="conflict")):
            refused = notify(shop, topup)
        assert (refused.status, refused.json["code"]) == (503, "upstream_unavailable")
        assert (shop.status(topup), shop.balance("100201")) == ("awaiting_payment", 0)
        assert notify(shop, topup).text == f"OK{topup.invoice}"
        let_pass(shop, hours=1)
        credited(shop, topup)
        quiet(shop)


def test_every_outgoing_call_in_the_source_was_passed_by_a_flow(fresh: World) -> None:
    """By one of the flows above, broken or not: many calls are made only after something went wrong."""
    if len(RAN) != len(SINGLES):
        pytest.skip("needs every case of this file in one process")
    with fresh() as shop, broken(shop, Breaker()):
        browser, _ = signed_in(shop), shop.order("sub-bob", "100201", id=ID)
        for route in sorted(exempt.READS):
            browser.get(route.removeprefix("GET ").format(account="100201", service="internet", id=ID))
        for job in exempt.READING_JOBS:
            fire(job)
    missed = {f"{site.name}" for site in sites.all_sites() if not sites.passed(site)}
    unknown = {name for name in missed if name.partition(":")[0] not in exempt.FUNCTIONS}
    assert unknown == set(), "no flow passes these: write one in tests/storm/flows, or a reason in exempt.py"
    needless = set(exempt.FUNCTIONS) - {name.partition(":")[0] for name in missed}
    assert needless == set(), "exempt for nothing"
