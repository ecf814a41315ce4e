"""What a flow is, and what is done with every one of them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from chalicelib.errors import PortalError
from tests.portal import Got
from tests.product import Product
from tests.storm.harness import invariants
from tests.storm.harness.breaker import Breaker, broken
from tests.storm.harness.schedules import let_pass
from tests.storm.harness.world import staged

#: The flow's name -> the flow; the files of ``tests/storm/flows`` fill it.
FLOWS: dict[str, "Flow"] = {}


@dataclass(frozen=True)
class Flow:
    """What is prepared, what is broken, who comes again, what must hold when all is quiet.

    ``again`` is whoever re-drives: the company, the browser, the schedule. Unbroken, it must succeed.
    """

    name: str
    prepare: Callable[[Product], Any]
    act: Callable[[Product, Any], Got | None]
    again: Callable[[Product, Any], Got | None]
    holds: Callable[[Product, Any], None]
    settings: dict[str, object] = field(default_factory=dict)
    #: how many cases a person finds in the end; None: it depends on what was broken, ``holds`` looks
    cases: int | None = 0
    #: outside of the storm only the faults that leave something different behind are tried
    sparing: bool = False
    #: what is prepared is not all rows and time, so it is done anew for each case
    anew: bool = False

    def __post_init__(self) -> None:
        assert FLOWS.setdefault(self.name, self) is self, f"two flows are called {self.name}"

    def begun(self, shop: Product) -> Any:
        """What the act begins from."""
        if self.anew:
            return self.prepare(shop)
        return staged(shop, ("flow", self.name), lambda: self.prepare(shop))

    def run(self, shop: Product, breaker: Breaker, twice: bool = False) -> None:
        """Act under the breaker, come again, let two hours pass, look. ``twice``: coming again is broken too."""
        state = self.begun(shop)
        for step in (self.act, self.again) if twice else (self.act,):
            with broken(shop, breaker), suppress(PortalError):
                answer = step(shop, state)
                assert answer is None or answer.status != 500, answer.text
        answer = self.again(shop, state)
        assert answer is None or answer.status < 400, answer.text
        let_pass(shop, hours=2)
        self.holds(shop, state)
        invariants.quiet(shop, self.cases)
