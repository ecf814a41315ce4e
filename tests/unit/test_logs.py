"""One JSON object a line, with what is known of the request, and without what no log may hold."""

import logging
import subprocess
import sys
import warnings
from datetime import datetime
from pathlib import Path

import pytest

from chalicelib import logs
from tests.log_lines import logged

ROOT = Path(__file__).resolve().parents[2]
log = logging.getLogger("chalicelib.test")


def test_a_line_says_when_how_grave_what_and_who_says_it() -> None:
    with logged({"PORTAL_STAGE": "prod"}) as lines:
        log.warning("credit postponed", extra={"topup": "t-1"})
    [line] = lines()
    moment = line.pop("time")
    assert datetime.fromisoformat(moment).tzinfo is not None
    assert moment.endswith("Z")
    assert len(moment) == len("2026-11-23T09:00:00.000Z")
    told = {"level": "WARNING", "message": "credit postponed", "logger": "chalicelib.test", "stage": "prod"}
    assert line == {**told, "topup": "t-1"}


def test_what_is_bound_stands_on_every_line_inside_and_on_none_after() -> None:
    with logged() as lines:
        with logs.bind(request_id="r-1"):
            logs.add(topup="t-1")
            log.info("inside")
            with logs.bind(job="settle"):
                log.info("deeper")
        log.info("after")
    facts = [{name: line.get(name) for name in ("request_id", "topup", "job")} for line in lines()]
    assert facts == [
        {"request_id": "r-1", "topup": "t-1", "job": None},
        {"request_id": "r-1", "topup": "t-1", "job": "settle"},
        {"request_id": None, "topup": None, "job": None},
    ]


def test_a_fact_of_the_line_wins_over_a_bound_one_and_none_over_the_lines_own() -> None:
    with logged() as lines, logs.bind(gateway="bound", level="bound", stage="bound"):
        log.info("said", extra={"gateway": "own"})
    [line] = lines()
    assert (line["gateway"], line["level"], line["stage"]) == ("own", "INFO", "local")


def test_two_threads_of_work_do_not_see_each_others_facts() -> None:
    from concurrent.futures import ThreadPoolExecutor

    def work(name: str) -> None:
        with logs.bind(request_id=name):
            for _ in range(50):
                log.info(name)

    with logged() as lines, ThreadPoolExecutor(4) as threads:
        list(threads.map(work, "abcd"))
    assert {(line["message"], line["request_id"]) for line in lines()} == {(name, name) for name in "abcd"}


def test_an_exception_is_one_field_on_the_same_line() -> None:
    with logged() as lines:
        try:
            raise KeyError("absent")
        except KeyError:
            log.exception("failed")
    [line] = lines()
    assert (line["exception"]["type"], line["exception"]["message"]) == ("KeyError", "'absent'")
    assert 'raise KeyError("absent")' in line["exception"]["stack"]


@pytest.mark.parametrize("value", ["a\nb", "\u2028", "\ud800", "\x1b[31m", 'quote"', b"bytes", {"nested": object()}])
def test_no_value_breaks_a_line(value: object) -> None:
    with logged() as lines:
        log.info("said", extra={"value": value})
    assert len(lines()) == 1


def test_libraries_speak_from_warnings_on_even_at_our_debug_level() -> None:
    with logged({"PORTAL_LOG_LEVEL": "DEBUG"}) as lines:
        log.debug("ours")
        for name in ("botocore.endpoint", "urllib3.connectionpool"):
            logging.getLogger(name).info("theirs")
        warnings.warn("old", stacklevel=1)
    assert [line["logger"] for line in lines()] == ["chalicelib.test", "py.warnings"]


def test_a_higher_level_keeps_the_lower_lines_out() -> None:
    with logged({"PORTAL_LOG_LEVEL": "ERROR"}) as lines:
        log.warning("lower")
        log.error("higher")
    assert [line["message"] for line in lines()] == ["higher"]


def test_in_lambda_importing_the_app_is_enough_and_lines_are_not_doubled() -> None:
    """Lambda comes with a handler on the root logger, and Chalice would add one of its own."""
    script = (
        "import logging; logging.getLogger().addHandler(logging.StreamHandler()); import app;"
        "logging.getLogger('chalicelib.x').info('ours'); app.app.log.error('chalice')"
    )
    environ = {"AWS_LAMBDA_FUNCTION_NAME": "api", "PATH": "/usr/bin"}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environ, capture_output=True, text=True)
    assert [line[:9] for line in done.stdout.splitlines()] == ['{"time": '] * 2
    assert done.stderr == ""
