"""Runs acts in threads and lets exactly one outgoing call proceed at a time, in the order that it is told.

Between two calls a thread touches nothing that the others can see, so these orders are all the races there are.
A thread that waits for anything but its turn would wait for ever: that is told loudly, with its stack.
"""

import hashlib
import itertools
import math
import random
import secrets
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from chalicelib import seams
from tests.product import Product
from tests.storm.harness.line import Outgoing, hooked

#: Real seconds after which a thread that neither calls nor ends is stuck; nothing is measured by it.
STUCK_AFTER = 20.0

#: Whose turn it is, of those who wait for one.
Choose = Callable[[Sequence[str]], str]


class Stuck(AssertionError):
    """An act waits for something that only another act's call could give it."""


class _Cancelled(BaseException):
    """The run is over; threads that still wait end."""


@dataclass
class Scheduler:
    """One run. ``order`` is whose call went out at each step: the schedule, to be printed and run again."""

    acts: Mapping[str, Callable[[], Any]]
    choose: Choose
    order: list[str] = field(default_factory=list)
    results: dict[str, Any] = field(default_factory=dict)
    _waiting: set[str] = field(default_factory=set)
    _done: set[str] = field(default_factory=set)
    _turn: str | None = None
    _over: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def run(self, shop: Product) -> dict[str, Any]:
        """What each act gave back, or the exception that ended it. :raises Stuck: a thread hangs."""
        threads = [threading.Thread(target=self._act, args=(name,), name=name, daemon=True) for name in self.acts]
        with hooked(shop, self._gate):
            try:
                for thread in threads:
                    self._begin(thread)
                while self._step():
                    pass
            finally:
                with self._changed:
                    self._over = True
                    self._changed.notify_all()
                for thread in threads:
                    if thread.ident is not None:
                        thread.join(STUCK_AFTER)
        return self.results

    def _begin(self, thread: threading.Thread) -> None:
        """Let it come to its first call before the next one begins, so that nothing of a run is left to chance."""
        with self._changed:
            thread.start()
            if not self._changed.wait_for(lambda: thread.name in self._waiting | self._done, STUCK_AFTER):
                raise Stuck(self._stacks())

    def _step(self) -> bool:
        with self._changed:
            if not self._changed.wait_for(lambda: self._turn is None and self._parked(), STUCK_AFTER):
                raise Stuck(self._stacks())
            live = [name for name in self.acts if name not in self._done]
            if not live:
                return False
            self._turn = self.choose(live)
            self.order.append(self._turn)
            self._changed.notify_all()
            return True

    def _parked(self) -> bool:
        return self._waiting | self._done == set(self.acts)

    def _act(self, name: str) -> None:
        try:
            result = self.acts[name]()
        except _Cancelled:
            return
        except BaseException as error:
            result = error
        with self._changed:
            self.results[name] = result
            self._done.add(name)
            self._changed.notify_all()

    def _gate(self, call: Outgoing) -> Any:
        """Wait for the turn, make the call, and go on to the next one: everybody else stands still meanwhile."""
        name = threading.current_thread().name
        assert name in self.acts, f"an act made {call.name} from a thread of its own"
        with self._changed:
            self._waiting.add(name)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._over or self._turn == name)
            if self._over:
                raise _Cancelled
            self._waiting.discard(name)
            self._turn = None
        return call.proceed()

    def _stacks(self) -> str:
        frames = sys._current_frames()
        stuck = [one for one in threading.enumerate() if one.name in set(self.acts) - self._waiting - self._done]
        told = ["".join(traceback.format_stack(frames[one.ident])[-8:]) for one in stuck if one.ident in frames]
        return f"{[one.name for one in stuck]} stopped after {self.order}\n" + "\n".join(told)


@contextmanager
def own_chance() -> Iterator[None]:
    """Each act draws its own words, so that nothing but the order of the calls tells two runs apart."""
    asked = Counter[str]()

    def words(size: int) -> bytes:
        name = threading.current_thread().name
        asked[name] += 1
        return hashlib.shake_256(f"{name} {asked[name]}".encode()).digest(size)

    # the companies of the sandbox draw theirs without our seam
    with (
        patch.object(seams, "random_bytes", words),
        patch.object(secrets, "token_hex", lambda size: words(size).hex()),
        patch.object(secrets, "randbelow", lambda end: int.from_bytes(words(16)) % end),
    ):
        yield


def one_after_another(names: Sequence[str]) -> Choose:
    """The acts whole, in this order."""
    return lambda live: next(name for name in names if name in live)


def interrupted(first: str, after: int) -> Choose:
    """One act stops after so many calls, the others run whole, then it goes on: most races need no more."""
    left = [after]

    def choose(live: Sequence[str]) -> str:
        others = [name for name in live if name != first]
        if first in live and (left[0] > 0 or not others):
            left[0] -= 1
            return first
        return others[0]

    return choose


def orders(names: Sequence[str], calls: Mapping[str, int], limit: int, seed: str) -> Iterator[Choose]:
    """At most ``limit`` orders of acts that make so many calls each: all if they are that few, else the
    single interruptions first, and then drawn ones. Each is to be run before the next one is asked for."""
    every = math.factorial(sum(calls.values())) // math.prod(math.factorial(count) for count in calls.values())
    if every <= limit:
        # an interrupted act may make more calls than a lonely one: then there are more orders than counted
        yield from itertools.islice(Exhausted().orders(), limit)
        return
    simple = [interrupted(name, after) for name in names for after in range(1, calls[name])][:limit]
    yield from simple
    yield from (drawn(f"{seed} {number}") for number in range(limit - len(simple)))


def drawn(seed: str) -> Choose:
    """Any order; the seed gives it again."""
    chance = random.Random(seed)
    return lambda live: chance.choice(list(live))


class Exhausted:
    """Every order there is, depth first. What a run finds leads to the next: asked for the next one before that run,
    it would end with nothing tried."""

    def __init__(self) -> None:
        self._path: list[tuple[int, int]] = []
        self._step = 0

    def orders(self) -> Iterator[Choose]:
        while True:
            self._step = 0
            yield self._choose
            assert self._step, "the next order was asked for before this one was run"
            while self._path and self._path[-1][0] + 1 == self._path[-1][1]:
                self._path.pop()
            if not self._path:
                return
            taken, of = self._path.pop()
            self._path.append((taken + 1, of))

    def _choose(self, live: Sequence[str]) -> str:
        if self._step == len(self._path):
            self._path.append((0, len(live)))
        taken = self._path[self._step][0]
        self._step += 1
        return live[taken]
