"""What every storm test may ask for, and how the full storm is cut to the minutes that it has.

``STORM=1`` takes the full lists. ``STORM_MINUTES`` takes the cases in an order drawn by ``STORM_SEED`` and
stops when the time is over; ``make storm`` sets them.
"""

import os
import random
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest

from chalicelib.store import transaction
from local.store.engine import Engine
from tests.product import Product
from tests.storm.harness.world import world

FULL = bool(os.environ.get("STORM"))
TIME_IS_UP = "the storm's time is up"

World = Callable[..., AbstractContextManager[Product]]


@pytest.fixture
def fresh(engine: Engine, no_waiting: None) -> World:
    """``with fresh() as shop``: the whole product with bob and charlie, as often as a test likes."""
    return partial(world, engine)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore and our own retries wait between their tries; the clock of a test does not."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    monkeypatch.setattr(transaction, "pause", lambda seconds: None)


def pytest_configure(config: pytest.Config) -> None:
    """In the first process, before its workers begin: they inherit the seed and the hour."""
    if FULL:
        os.environ.setdefault("STORM_SEED", secrets.token_hex(4))
    if os.environ.get("STORM_MINUTES"):
        os.environ.setdefault("STORM_UNTIL", str(time.time() + 60 * float(os.environ["STORM_MINUTES"])))


def pytest_report_header() -> str | None:
    return f"storm: STORM_SEED={os.environ['STORM_SEED']}" if FULL else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("STORM_UNTIL"):
        random.Random(os.environ["STORM_SEED"]).shuffle(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What is left when the time is up is skipped, which costs next to nothing and is counted."""
    until = os.environ.get("STORM_UNTIL")
    if until and time.time() > float(until):
        pytest.skip(TIME_IS_UP)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not FULL:
        return
    ended = [
        report
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and (report.when == "call" or report.skipped or report.failed)
    ]
    left = sum(1 for report in ended if report.skipped and TIME_IS_UP in str(report.longrepr))
    cases = len({report.nodeid for report in ended})
    terminalreporter.write_line(f"storm: {cases - left} of {cases} cases ran, STORM_SEED={os.environ['STORM_SEED']}")
