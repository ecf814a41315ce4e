"""Breaks chosen outgoing calls of a flow, each once, each in one way, and writes down what passed."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib import upstream
from tests.product import Product
from tests.storm.harness import sites
from tests.storm.harness.line import Outgoing, hooked

KINDS = (
    "crash_before", "crash_after", "lost_request", "lost_answer", "server_error", "throttle", "conflict",
    "deadline", "nonsense",
)  # fmt: skip

#: Why a kind of fault is not tried at a call; the coverage files list which at which.
NOT_TRIED = {
    "conflict": "only a write of the store can meet a transaction on the same row",
    "deadline": "only a company's call looks at the request's time; a schedule has no such limit",
    "nonsense": "AWS is spoken to through one protocol, and botocore itself reads the answers",
}

#: The kinds that leave something different behind: a write may have happened or not, a read is as good as not made.
TELLING = {"crash_before", "crash_after", "lost_answer", "server_error"}
_OF_A_READ = {"crash_before", "server_error"}
_READS = ("store Get", "store BatchGet", "store Query")


class Crash(BaseException):
    """The process is gone; nothing may catch this."""


@dataclass(frozen=True)
class Passed:
    """One outgoing call as it was seen."""

    name: str
    line: str
    in_request: bool
    can: frozenset[str]


@dataclass
class Breaker:
    """``faults``: the number of a call, from one, to the kind of its fault. ``always`` breaks every call."""

    faults: Mapping[int, str] = field(default_factory=dict)
    always: str = ""
    passed: list[Passed] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)

    @property
    def calls(self) -> list[str]:
        return [call.name for call in self.passed]

    def __call__(self, call: Outgoing) -> Any:
        sites.note()
        self.passed.append(Passed(call.name, call.line, call.in_request, frozenset(call.faulty)))
        kind = self.faults.get(len(self.passed)) or self.always
        if not kind or (kind in NOT_TRIED and kind != "deadline" and kind not in call.faulty):
            return call.proceed()
        self.broken.append(len(self.passed))
        return _break(call, kind)


def _break(call: Outgoing, kind: str) -> Any:
    if kind in call.faulty:
        return call.faulty[kind]()
    if kind == "deadline":
        return _too_late(call)
    if kind in {"crash_after", "lost_answer"}:
        call.proceed()
    if kind.startswith("crash"):
        raise Crash
    assert kind in {"lost_request", "lost_answer"}, f"{kind} is no kind of fault at {call.name}"
    return call.lost()


def _too_late(call: Outgoing) -> Any:
    """The request's time ends during this call: a company's answer is not waited for, the store's is."""
    upstream.deadline.set(time.monotonic() - 1)
    answer = call.proceed()
    return answer if call.line == "store" else call.lost()


def kinds_at(passed: list[Passed], k: int) -> list[str]:
    """The kinds of fault that can be told apart at the k-th call, from one; the rest is in ``NOT_TRIED``."""
    call = passed[k - 1]
    company = any(later.line != "store" and later.in_request for later in passed[k - 1 :])
    tried = {"conflict": "conflict" in call.can, "nonsense": "nonsense" in call.can}
    tried["deadline"] = call.in_request and company
    return [kind for kind in KINDS if tried.get(kind, True)]


def is_telling(name: str, kind: str) -> bool:
    """Whether this kind of fault at a call of this name differs from the others in what comes after it."""
    return kind in (_OF_A_READ if name.startswith(_READS) else TELLING)


@contextmanager
def broken(shop: Product, breaker: Breaker) -> Iterator[None]:
    """Inside, outgoing calls pass the breaker; a crash ends the block and nothing else."""
    with hooked(shop, breaker):
        try:
            yield
        except Crash:
            upstream.deadline.set(None)
