"""Two faults in one go on the way of money: the second meets the work that the first has left."""

import pytest

from tests.storm import flows as flows
from tests.storm.conftest import FULL, World
from tests.storm.harness.breaker import KINDS, TELLING, Breaker, kinds_at
from tests.storm.harness.flow import FLOWS
from tests.storm.list_calls import faults_of, lines_of

FIRST = [
    (name, k, kind, second)
    for name in ("webhook", "unblocking", "settling")
    for k, kind in faults_of(name)
    for second in KINDS
]
#: Charges make three times as many calls: of both faults the kinds that leave something different behind.
CHARGES = ("autopay_at_robokassa", "autopay_at_uniteller")
FIRST += [
    (name, k, kind, second)
    for name in CHARGES
    for k, kind in faults_of(name, sparing=True)
    for second in sorted(TELLING)
]


@pytest.mark.parametrize(("name", "k", "kind", "second"), FIRST if FULL else [])
def test_a_second_fault_behind_the_first(fresh: World, name: str, k: int, kind: str, second: str) -> None:
    flow, alone = FLOWS[name], Breaker({k: kind})
    with fresh(**flow.settings) as shop:
        flow.run(shop, alone, twice=True)
    assert alone.broken == [k]
    for later in range(k + 1, len(alone.passed) + 1):
        if second in kinds_at(alone.passed, later):
            both = Breaker({k: kind, later: second})
            with fresh(**flow.settings) as shop:
                flow.run(shop, both, twice=True)
            assert both.broken == [k, later]


@pytest.mark.parametrize("kind", ["crash_before", "crash_after", "lost_answer"])
@pytest.mark.parametrize("name", ["webhook", "unblocking", "settling", *CHARGES])
def test_who_comes_again_may_die_as_well(fresh: World, name: str, kind: str) -> None:
    """The pairs that every run of the tests can afford: dead at the middle, and at each call of coming again."""
    flow, k = FLOWS[name], len(lines_of(name)) // 2
    alone = Breaker({k: kind})
    with fresh(**flow.settings) as shop:
        flow.run(shop, alone, twice=True)
    for later in range(k + 1, len(alone.passed) + 1):
        with fresh(**flow.settings) as shop:
            flow.run(shop, Breaker({k: kind, later: "crash_before"}), twice=True)
