"""The app's schedules on one machine: each is kept, a failure comes again, a stop is heard."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chalice.app import Chalice, Cron, Rate, ScheduledEventConfig

from local.schedules import Schedules, seconds_of

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Runs:
    """Counts runs, and lets a test wait for the next one."""

    def __init__(self, fails: bool = False) -> None:
        self._fails, self._came = fails, threading.Semaphore(0)
        self.remaining: list[int] = []

    def run(self, event: Any) -> None:
        self.remaining.append(event.context.get_remaining_time_in_millis())
        self._came.release()
        if self._fails:
            raise RuntimeError("the store is away")

    def one_more(self) -> bool:
        return self._came.acquire(timeout=10)


def schedules(runs: Runs, rate: Rate | Cron) -> Schedules:
    app = Chalice("one")
    app.schedule(rate, name="job")(runs.run)
    return Schedules(app, lambda: NOW)


def test_every_schedule_of_the_map_can_be_kept() -> None:
    import app

    kept = [seconds_of(source) for source in app.app.event_sources if isinstance(source, ScheduledEventConfig)]
    assert kept
    assert min(kept) >= 60


def test_a_schedule_that_is_no_rate_stops_the_start() -> None:
    with pytest.raises(ValueError, match="job"):
        schedules(Runs(), Cron(0, 3, "*", "*", "?", "*"))


def test_a_job_runs_at_the_start_and_has_time() -> None:
    runs = Runs()
    kept = schedules(runs, Rate(5, Rate.MINUTES))
    kept.start()
    assert runs.one_more()
    assert kept.stop(10)
    assert runs.remaining[0] > 15_000


def test_what_is_due_does_not_wait_for_the_minute() -> None:
    runs = Runs()
    kept = schedules(runs, Rate(1, Rate.MINUTES))
    kept.start()
    assert runs.one_more()
    kept.hurry(NOW)
    assert runs.one_more()
    assert kept.stop(10)


def test_nothing_due_wakes_nobody() -> None:
    runs = Runs()
    kept = schedules(runs, Rate(1, Rate.MINUTES))
    kept.start()
    assert runs.one_more()
    kept.hurry(None)
    kept.hurry(NOW + timedelta(seconds=1))
    assert kept.stop(10)
    assert len(runs.remaining) == 1


def test_a_job_that_fails_comes_again() -> None:
    runs = Runs(fails=True)
    kept = schedules(runs, Rate(1, Rate.MINUTES))
    kept.start()
    assert runs.one_more()
    kept.hurry(NOW)
    assert runs.one_more()
    assert kept.stop(10)


def test_a_running_job_hears_that_its_time_is_over() -> None:
    began, told, left = threading.Event(), threading.Event(), []
    app = Chalice("one")

    @app.schedule(Rate(1, unit=Rate.MINUTES), name="job")
    def job(event: Any) -> None:
        began.set()
        told.wait(10)
        left.append(event.context.get_remaining_time_in_millis())

    kept = Schedules(app, lambda: NOW)
    kept.start()
    assert began.wait(10)
    assert not kept.stop(0)
    told.set()
    assert kept.stop(10)
    assert left == [0]
