"""A pytest plugin: plants the bug that ``PLANTED_BUG`` names and writes down what became of the tests.

Loaded by ``-p``. The bug is planted when the test suite's own settings are in place and before any test
module is imported, so that a test that imports a function of the product by name gets the changed one.
"""

import json
import os
from collections.abc import Generator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.storm.planted import _planting

_runs: list[dict[str, str]] = []
#: How a test says that what it saw is not what it expects; anything else is a broken test or planting.
_ASSERTIONS = (AssertionError, pytest.fail.Exception)


def pytest_sessionstart() -> None:
    name = os.environ.get("PLANTED_BUG")
    if name:
        import_module(f"tests.storm.planted.{name}").plant()
        assert _planting.planted, f"{name} has planted nothing"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    found = call.excinfo
    outcome = "asserted" if found and isinstance(found.value, _ASSERTIONS) else report.outcome
    said = f"{found.typename}: {found.value}" if found else ""
    _runs.append({"test": item.nodeid, "when": str(report.when), "outcome": outcome, "said": said})
    return report


def pytest_sessionfinish() -> None:
    told = {"runs": _runs, "planted": sorted(_planting.planted), "reached": sorted(_planting.reached)}
    Path(os.environ["PLANTED_REPORT"]).write_text(json.dumps(told))
