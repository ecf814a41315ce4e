"""Moving the clock: step by step through everything that falls due, or at one jump."""

import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Protocol

from local.clock import MovableClock
from local.sandbox.deliveries import Deliveries

#: Enough for years of a small portal; a loop that runs out of it stops where it is.
MOST_STEPS = 50_000
#: Fruitless runs at one instant before the clock is pushed on: work that stays due must not stop time.
FRUITLESS = 2
#: Rounds of late work after a jump; each takes at most a batch of every kind.
MOST_ROUNDS = 200


class Runner(Protocol):
    """The portal's agenda."""

    def next_due(self) -> datetime | None: ...

    def run_due(self) -> dict[str, int]: ...


class Timeline:
    def __init__(self, clock: MovableClock, deliveries: Deliveries, runner: Runner) -> None:
        self._clock, self._deliveries, self._runner = clock, deliveries, runner
        self._one_at_a_time = threading.Lock()

    def run_due(self) -> dict[str, int]:
        """The notifications that are due, then the portal's agenda; counts per kind. Waits while the clock is moved."""
        with self._one_at_a_time:
            return self._run()

    def _run(self) -> dict[str, int]:
        sent = self._deliveries.send_due()
        webhooks = {f"{company}_webhook": count for company, count in sent.items()}
        return webhooks | {str(kind): count for kind, count in self._runner.run_due().items()}

    def move(self, target: datetime, jump: bool = False) -> dict[str, int]:
        """Bring the clock to ``target``; counts per kind of what ran on the way.

        Stepping lets every due instant happen at its own time. A jump runs everything late, at the end.
        Backwards nothing runs. The clock stands still meanwhile and goes on from where it got to.
        """
        with self._one_at_a_time:
            counts: Counter[str] = Counter()
            try:
                if not jump and target > self._clock():
                    self._step(target, counts)
                self._clock.freeze(target)
                self._finish(counts)
            finally:
                self._clock.resume()
            return dict(counts)

    def _step(self, target: datetime, counts: Counter[str]) -> None:
        push, fruitless, due = timedelta(minutes=1), 0, self._next_due()
        for _ in range(MOST_STEPS):
            if due is None or due > target:
                return
            stuck = fruitless >= FRUITLESS
            moment = max(due, self._clock() + (push if stuck else timedelta(0)))
            if moment > target:
                return
            self._clock.freeze(moment)
            counts.update(self._run())
            due = self._next_due()
            ahead = due is None or due > moment
            fruitless = 0 if ahead else fruitless if stuck else fruitless + 1
            push = timedelta(minutes=1) if ahead else min(push * 2, timedelta(hours=1)) if stuck else push
        raise TimeoutError(f"more than {MOST_STEPS} steps")

    def _finish(self, counts: Counter[str]) -> None:
        for _ in range(MOST_ROUNDS):
            done = self._run()
            counts.update(done)
            following = self._next_due()
            if not any(done.values()) or following is None or following > self._clock():
                return

    def _next_due(self) -> datetime | None:
        moments = (self._deliveries.next_due(), self._runner.next_due())
        return min((moment for moment in moments if moment is not None), default=None)
