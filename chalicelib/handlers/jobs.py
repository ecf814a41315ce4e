"""What the schedules and the queue call: work something off, log one line of counts, report the metrics."""

import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from chalicelib import bootstrap, logs, metrics
from chalicelib.store.agenda import Kind

log = logging.getLogger(__name__)

#: What a run keeps back for itself before Lambda ends it.
RESERVE_MS = 15_000
#: The queue's own name among the jobs: messages that nobody can read.
QUEUE = "queue"


def run(kind: Kind, context: Any) -> Mapping[str, int]:
    """Everything of this kind that is due. Late, twice or killed half-way: the next run does the rest."""
    with _job(kind, context) as counts:
        counts.update(bootstrap.agenda_runner().run(kind, _time_is_up(context)))
    return dict(counts)


def work(body: str, context: Any) -> Mapping[str, int]:
    """One message of the queue: one part of one kind. Whatever it holds, it is done with afterwards.

    A message that cannot be read is dropped, not sent round again: messages are only hints, the work stands
    in the agenda, and nobody could do anything about such a message. The dead-letter queue is left to
    those whose worker was killed again and again.
    """
    asked = _asked(body)
    if asked is None:
        with logs.bind(request_id=_request_id(context)):
            # not what it holds: somebody else's message may hold anything
            log.error("unreadable queue message dropped", extra={"length": len(body)})
        metrics.put(QUEUE, {"job_failures": 1})
        return {"dropped": 1}
    kind, shard = asked
    with _job(kind, context, shard=shard) as counts:
        seconds = context.get_remaining_time_in_millis() / 1000
        counts.update(bootstrap.agenda_runner().work(kind, shard, seconds, _time_is_up(context)))
    return dict(counts)


def watch_cases(context: Any) -> Mapping[str, int]:
    """Report how many cases stand open, by kind; nought too, so that an alarm ends."""
    with logs.bind(request_id=_request_id(context), job="watch_cases"):
        counts = bootstrap.cases().watch(_time_is_up(context))
        log.info("job", extra={"counts": dict(counts)})
    for kind, count in counts.items():
        metrics.put(kind, {"stuck_items": count})
    return dict(counts)


@contextmanager
def _job(kind: Kind, context: Any, **facts: object) -> Iterator[Counter[str]]:
    """One line with counts, lateness and duration, and the metrics of the run; the block fills the counts."""
    started = time.monotonic()
    counts: Counter[str] = Counter()
    with logs.bind(request_id=_request_id(context), job=kind, **facts):
        yield counts
        lag = counts.pop("lag_seconds", 0)
        took = round((time.monotonic() - started) * 1000)
        log.info("job", extra={"counts": dict(counts), "lag_seconds": lag, "duration_ms": took})
    values = {"agenda_lag_seconds": lag, "job_failures": counts["failed"] + counts["shards_failed"]}
    metrics.put(kind, values, **facts)


def _asked(body: str) -> tuple[Kind, int] | None:
    """What a message asks for; None for anything but exactly a kind of ours and a part that it has."""
    try:
        given = json.loads(body)
        kind, shard = Kind(given["kind"]), given["shard"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    known = type(shard) is int and 0 <= shard < bootstrap.settings().agenda_shards
    return (kind, shard) if known and len(given) == 2 else None


def _time_is_up(context: Any) -> Callable[[], bool]:
    return lambda: context.get_remaining_time_in_millis() < RESERVE_MS


def _request_id(context: Any) -> str:
    return str(getattr(context, "aws_request_id", "-"))
