"""Metrics are lines of the embedded metric format, as CloudWatch documents it."""

import logging
import socket
from contextlib import suppress
from typing import Any

import jsonschema
import pytest

from chalicelib import metrics
from chalicelib.errors import OutcomeUnknown, Rejected, UpstreamBroken, UpstreamUnavailable
from chalicelib.metrics import METRICS, observed
from chalicelib.upstream import Outgoing
from tests.log_lines import logged

UNITS = ["Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Percent", "Count", "Count/Second", "None"]
NAME = {"type": "string", "minLength": 1, "maxLength": 1024}
#: The specification's schema, and the sets of names it forbids by number.
EMBEDDED = {
    "type": "object",
    "required": ["Timestamp", "CloudWatchMetrics"],
    "properties": {
        "Timestamp": {"type": "integer", "minimum": 1_000_000_000_000},
        "CloudWatchMetrics": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["Namespace", "Dimensions", "Metrics"],
                "properties": {
                    "Namespace": NAME,
                    "Dimensions": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "array", "maxItems": 30, "items": {**NAME, "maxLength": 250}},
                    },
                    "Metrics": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 100,
                        "items": {
                            "type": "object",
                            "required": ["Name"],
                            "additionalProperties": False,
                            "properties": {"Name": NAME, "Unit": {"enum": UNITS}},
                        },
                    },
                },
            },
        },
    },
}


def validated(line: dict[str, Any]) -> dict[str, Any]:
    """The line's numbers by name; every dimension and metric it declares is a member of the line."""
    jsonschema.validate(line["_aws"], EMBEDDED)
    [directive] = line["_aws"]["CloudWatchMetrics"]
    for dimension in {name for names in directive["Dimensions"] for name in names}:
        assert isinstance(line[dimension], str)
        assert 0 < len(line[dimension]) <= 1024
    return {metric["Name"]: line[metric["Name"]] + 0 for metric in directive["Metrics"]}


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_a_valid_line_with_the_stage_and_its_own_dimension(name: str) -> None:
    with logged({"PORTAL_STAGE": "prod"}) as lines:
        metrics.put("robokassa", {name: 3}, call="ask")
    [line] = lines()
    assert validated(line) == {name: 3}
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Portal"
    assert directive["Dimensions"] == [["stage"], ["stage", METRICS[name].dimension]]
    assert (line["stage"], line[METRICS[name].dimension], line["call"]) == ("prod", "robokassa", "ask")


def test_metrics_pass_at_every_level_of_the_log() -> None:
    with logged({"PORTAL_LOG_LEVEL": "ERROR"}) as lines:
        metrics.put("robokassa", {"signature_failures": 1})
    assert validated(lines()[0]) == {"signature_failures": 1}


def test_where_nobody_listens_a_metric_is_not_even_made(caplog: pytest.LogCaptureFixture) -> None:
    assert not logging.getLogger("chalicelib.metrics").isEnabledFor(logging.INFO)
    metrics.put("robokassa", {"no_such_metric": 1})
    assert not caplog.records


def test_a_metric_that_is_not_in_the_table_is_a_mistake() -> None:
    with logged(), pytest.raises(KeyError):
        metrics.put("robokassa", {"no_such_metric": 1})


@pytest.mark.parametrize(
    ("error", "outcome", "failures"),
    [
        (None, "ok", 0),
        (Rejected("refused"), "ok", 0),
        (UpstreamUnavailable("x"), "unavailable", 1),
        (UpstreamBroken("x"), "broken", 1),
        (OutcomeUnknown("x"), "unknown", 1),
        (KeyboardInterrupt(), "unknown", 1),
    ],
)
def test_an_outgoing_call_is_counted_with_its_outcome(error: BaseException | None, outcome: str, failures: int) -> None:
    with logged() as lines, suppress(BaseException), observed("company", "ask"):
        if error:
            raise error
    said, counted = lines()
    assert (said["target"], said["call"], said["outcome"]) == ("company", "ask", outcome)
    assert validated(counted) == {"upstream_calls": 1, "upstream_failures": failures}
    assert (counted["target"], counted["outcome"]) == ("company", outcome)


def test_a_line_that_is_down_is_counted_by_the_http_client_itself() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with logged() as lines, pytest.raises(UpstreamUnavailable):
        Outgoing("company").write("pay", "POST", f"http://127.0.0.1:{port}/secret-path")
    said, counted = lines()
    assert (said["status"], said["outcome"]) == ("ConnectionError", "unavailable")
    assert validated(counted)["upstream_failures"] == 1
    assert "secret-path" not in str(lines())
