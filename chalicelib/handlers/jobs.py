"""What the schedules call: work off one kind of the agenda, log one line of counts."""

import logging
import time
from collections.abc import Callable

from chalicelib import bootstrap
from chalicelib.store.agenda import Kind

log = logging.getLogger(__name__)

#: What a run keeps back for itself before Lambda ends it.
RESERVE_MS = 15_000


def run(kind: Kind, remaining_ms: Callable[[], int]) -> dict[str, int]:
    """Everything of this kind that is due. Late, twice or killed half-way: the next run does the rest."""
    started = time.monotonic()
    counts = bootstrap.agenda_runner().run(kind, lambda: remaining_ms() < RESERVE_MS)
    took = round((time.monotonic() - started) * 1000)
    log.info("job", extra={"job": kind, "counts": dict(counts), "duration_ms": took})
    return dict(counts)
