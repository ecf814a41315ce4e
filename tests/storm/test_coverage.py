"""Nothing of the product goes out, comes in or runs by itself without a flow that breaks it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from chalicelib.handlers.meta import all_routes
from local.gateway import Portal
from local.store.engine import Engine
from tests.storm import exempt, flows as flows
from tests.storm.conftest import World
from tests.storm.flows.money import ID, hour_later, signed_in
from tests.storm.harness import schedules, sites
from tests.storm.harness.breaker import KINDS, Breaker, Passed, kinds_at
from tests.storm.harness.flow import FLOWS, Flow
from tests.storm.harness.invariants import i10_unchanged
from tests.storm.list_calls import FILES, lines_of


def listed(passed: list[Passed]) -> list[str]:
    lines = []
    for k, call in enumerate(passed, 1):
        untried = [kind for kind in KINDS if kind not in kinds_at(passed, k)]
        lines.append(f"{call.name}  not: {', '.join(untried)}")
    return lines


@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS)
def test_every_outgoing_call_of_a_flow_is_listed(fresh: World, flow: Flow) -> None:
    seen = Breaker()
    with fresh(**flow.settings) as shop:
        flow.run(shop, seen)
    assert len(seen.passed) > 1, "nothing was due: this flow breaks nothing"
    if os.environ.get("STORM_LIST_CALLS"):
        (FILES / f"{flow.name}.txt").write_text("\n".join(listed(seen.passed)) + "\n")
    assert listed(seen.passed) == lines_of(flow.name), (
        "the flow makes other outgoing calls than its file says: "
        "run `python -m tests.storm.list_calls` and read the difference"
    )


def acted(flow: Flow, fresh: World, inside: Any) -> None:
    """The flow's act alone, as a fault would meet it."""
    with fresh(**flow.settings) as shop:
        state = flow.begun(shop)
        schedules.fired.clear()
        with inside:
            flow.act(shop, state)


def test_every_route_has_a_flow_or_a_reason(fresh: World) -> None:
    met: set[str] = set()
    for flow in FLOWS.values():
        acted(flow, fresh, routes_met(met))
    routes = {f"{route.method} {route.path}" for route in all_routes()}
    assert routes - met - exempt.READS - set(exempt.ROUTES) == set(), (
        "no flow passes these routes: write one in tests/storm/flows, or say in tests/storm/exempt.py why there is none"
    )
    listed = exempt.READS | set(exempt.ROUTES)
    assert listed <= routes - met, f"exempt for nothing: {sorted(listed - (routes - met))}"


def test_every_schedule_and_queue_has_a_flow_or_a_reason(fresh: World) -> None:
    met: set[str] = set()
    for flow in FLOWS.values():
        acted(flow, fresh, nullcontext())
        met |= schedules.fired
    assert set(schedules.jobs()) - met == exempt.READING_JOBS, (
        "no flow fires these functions of app.py, or a listed one is fired: see tests/storm/flows and exempt.py"
    )


@pytest.mark.parametrize("route", sorted(exempt.READS))
def test_a_route_said_to_read_only_changes_nothing(fresh: World, engine: Engine, route: str) -> None:
    with fresh() as shop:
        browser, _ = signed_in(shop), shop.order("sub-bob", "100201", id=ID)
        path = route.removeprefix("GET ").format(account="100201", service="internet", id=ID)
        with i10_unchanged(engine):
            assert browser.get(path).status == 200


@pytest.mark.parametrize("job", sorted(exempt.READING_JOBS))
def test_a_job_said_to_read_only_changes_nothing(fresh: World, engine: Engine, job: str) -> None:
    with fresh() as shop:
        hour_later(shop)
        with i10_unchanged(engine):
            schedules.fire(job)


@contextmanager
def routes_met(met: set[str]) -> Iterator[None]:
    """Notes which routes the portal was asked for."""
    real = Portal.call

    def call(self: Portal, method: str, path: str, *rest: Any) -> Any:
        for pattern, resource in self._routes:
            if pattern.fullmatch(path):
                met.add(f"{method} {resource}")
                break
        return real(self, method, path, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Portal, "call", call)
        yield


NEW = """
class Orders:
    def pay(self):
        self._http.write("charge", "POST", url)
        tx.commit()
        row.update([Row.a.set(1)])
        facts.update(more)
        return fetch(Row, 1)
"""


def test_a_new_outgoing_call_is_found_in_the_source() -> None:
    found = [site.text for site in sites.sites_of("store/new.py", NEW)]
    assert found == ["self._http.write('charge')", "tx.commit()", "row.update()", "fetch(Row, 1)"]


def test_every_listed_flow_exists() -> None:
    assert {file.stem for file in FILES.glob("*.txt")} == set(FLOWS), "run `python -m tests.storm.list_calls`"
