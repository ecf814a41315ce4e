"""Metrics as log lines in CloudWatch's embedded metric format: no call, no agent, no wait.

A metric is a line with ``_aws`` that says which of its members are numbers to count. Each has one
dimension of its own besides the stage, of few values that our own code names: never an account, a
top-up or a caller. Where nobody listens, a metric costs one comparison.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from chalicelib.errors import OutcomeUnknown, PortalError, UpstreamBroken, UpstreamError, UpstreamUnavailable

log = logging.getLogger(__name__)
calls = logging.getLogger("chalicelib.upstream")

NAMESPACE = "Portal"


@dataclass(frozen=True)
class Metric:
    dimension: str
    unit: str = "Count"


#: Every metric there is: alarms and docs/operate.md name these and no others.
METRICS: Mapping[str, Metric] = {
    "signature_failures": Metric("gateway"),
    "cases_opened": Metric("kind"),
    "stuck_items": Metric("kind"),
    "upstream_calls": Metric("target"),
    "upstream_failures": Metric("target"),
    "job_failures": Metric("job"),
    "agenda_lag_seconds": Metric("job", "Seconds"),
}
_OUTCOMES: Mapping[type[UpstreamError], str] = {
    UpstreamUnavailable: "unavailable",
    UpstreamBroken: "broken",
    OutcomeUnknown: "unknown",
}


def put(of: str, values: Mapping[str, int], **properties: object) -> None:
    """Report these metrics for one value of their common dimension; properties are searched, not counted."""
    if not log.isEnabledFor(logging.INFO):
        return
    [dimension] = {METRICS[name].dimension for name in values}
    directive = {
        "Namespace": NAMESPACE,
        # the formatter puts the stage on every line
        "Dimensions": [["stage"], ["stage", dimension]],
        "Metrics": [{"Name": name, "Unit": METRICS[name].unit} for name in values],
    }
    told = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    log.info("metric", extra={**properties, dimension: of, **values, "_aws": told})


@contextmanager
def observed(target: str, call: str) -> Iterator[dict[str, object]]:
    """One outgoing call: a line with its duration and outcome, and its metrics. The block may add facts.

    A company that refuses has answered: for the line that is ``ok``.
    """
    facts: dict[str, object] = {"target": target, "call": call}
    started, outcome = time.monotonic(), "unknown"
    try:
        yield facts
        outcome = "ok"
    except UpstreamError as error:
        outcome = _OUTCOMES[type(error)]
        raise
    except PortalError:
        outcome = "ok"
        raise
    finally:
        took = round((time.monotonic() - started) * 1000)
        calls.info("outgoing call", extra={**facts, "outcome": outcome, "duration_ms": took})
        put(target, {"upstream_calls": 1, "upstream_failures": int(outcome != "ok")}, outcome=outcome, call=call)
