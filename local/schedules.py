"""The schedules of ``app.py``, kept by threads of this process instead of by the cloud.

Each has a thread, as in the cloud each has a function: a gateway that answers slowly does not hold up
the codes that subscribers wait for. A job that fails is logged and comes again.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalice.app import Chalice, Rate, ScheduledEventConfig

from chalicelib.clock import Clock, to_text

log = logging.getLogger(__name__)

#: What a run is told to have, as Lambda's context would; it keeps 15 s of it back.
RUN_SECONDS = 60
_UNIT_SECONDS = {Rate.MINUTES: 60, Rate.HOURS: 3600, Rate.DAYS: 86400}


@dataclass(frozen=True)
class _Job:
    name: str
    handler: Callable[[dict[str, Any], Any], Any]
    seconds: float
    awake: threading.Event = field(default_factory=threading.Event)


class Schedules:
    def __init__(self, app: Chalice, now: Clock) -> None:
        """:raises ValueError: a schedule that is no rate; nothing here reads cron."""
        self._now = now
        self._stopping = threading.Event()
        self._jobs = [
            _Job(source.name, app.handler_map[source.name], seconds_of(source))
            for source in app.event_sources
            if isinstance(source, ScheduledEventConfig)
        ]
        self._threads = [
            threading.Thread(target=self._keep, args=(job,), name=job.name, daemon=True) for job in self._jobs
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def hurry(self, due: datetime | None) -> None:
        """When something is due already, the schedules of every minute need not wait for their minute."""
        if due is not None and due <= self._now():
            for job in self._jobs:
                if job.seconds <= 60:
                    job.awake.set()

    def stop(self, seconds: float) -> bool:
        """No new run, and running ones stop after the row they are at. False if one is still at it."""
        self._stopping.set()
        for job in self._jobs:
            job.awake.set()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _keep(self, job: _Job) -> None:
        while not self._stopping.is_set():
            try:
                job.handler(self._event(job.name), _Context(self._stopping))
            except Exception:
                log.exception("a schedule failed", extra={"schedule": job.name})
            job.awake.wait(job.seconds)
            # before the question at the top: whoever stops us says so first and wakes us then
            job.awake.clear()

    def _event(self, name: str) -> dict[str, Any]:
        """As EventBridge sends it."""
        return {
            "version": "0", "id": name, "detail-type": "Scheduled Event", "source": "aws.events", "account": "",
            "time": to_text(self._now()), "region": "", "resources": [name], "detail": {},
        }  # fmt: skip


class _Context:
    """What the schedules ask of Lambda's context; once the process stops, there is no time left."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._until = time.monotonic() + RUN_SECONDS

    def get_remaining_time_in_millis(self) -> int:
        return 0 if self._stopping.is_set() else max(0, round((self._until - time.monotonic()) * 1000))


def seconds_of(source: ScheduledEventConfig) -> float:
    rate = source.schedule_expression
    if not isinstance(rate, Rate):
        raise ValueError(f"{source.name}: only a Rate can be kept here, not {rate}")
    return float(rate.value * _UNIT_SECONDS[rate.unit])
