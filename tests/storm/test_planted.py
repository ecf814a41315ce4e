"""Bugs on purpose: each is planted in a process of its own, and the test that it names must notice it.

A test that stays green over a planted bug guards nothing. Nothing of the bugs is in the product.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.storm.planted import _planting

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.stem for path in (Path(__file__).parent / "planted").glob("[!_]*.py"))
BUGS = {name: import_module(f"tests.storm.planted.{name}") for name in NAMES}
BROWSER = "tests/browser/"
#: What the suite's plugins cost at each start is more than most of the named tests; only a browser needs one.
_BARE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}


def catchers(bug: Any) -> list[str]:
    return [bug.CAUGHT_BY] if isinstance(bug.CAUGHT_BY, str) else list(bug.CAUGHT_BY)


class Runner:
    """A warm process that forks for each run; every worker of the suite has one of its own."""

    def __init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PORTAL_"))}
        command = [sys.executable, "-m", "tests.storm.planted._runner"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, env=kept | _BARE, stdin=pipe, stdout=pipe, text=True)

    def run(self, told: Path, tests: Sequence[str], bug: str = "") -> dict[str, Any]:
        """What the plugin wrote down about these tests."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        browser = ["-p", "pytest_playwright.pytest_playwright"] if tests[0].startswith(BROWSER) else []
        wanted = {"bug": bug, "arguments": [*browser, *tests], "report": str(told)}
        print(json.dumps(wanted), file=self.process.stdin, flush=True)
        assert self.process.stdout.readline() == "done\n"
        printed = Path(f"{told}.log").read_text()
        assert told.exists(), printed
        found: dict[str, Any] = json.loads(told.read_text())
        assert found["runs"], printed
        return found


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    made = Runner()
    yield made
    assert made.process.stdin is not None
    made.process.stdin.close()
    made.process.wait(30)


def outcomes(found: dict[str, Any], when: str) -> dict[str, str]:
    return {run["test"]: run["outcome"] for run in found["runs"] if run["when"] == when}


@pytest.mark.parametrize("name", NAMES)
def test_a_planted_bug_is_caught_by_the_test_it_names(runner: Runner, name: str, tmp_path: Path) -> None:
    bug = BUGS[name]
    found = runner.run(tmp_path / "told.json", catchers(bug), name)
    # the call phase, and an assertion: neither an import nor a fixture that breaks
    assert outcomes(found, "setup") == dict.fromkeys(catchers(bug), "passed")
    assert outcomes(found, "call") == dict.fromkeys(catchers(bug), "asserted")
    assert found["planted"] == found["reached"]
    for said in [run["said"] for run in found["runs"] if run["when"] == "call"]:
        assert bug.SHOWS in said


def test_without_a_bug_every_named_test_passes(runner: Runner, tmp_path: Path) -> None:
    """In the same bare process: so it is the bug, not the way of running it, that turns a test red."""
    named = sorted({test for bug in BUGS.values() for test in catchers(bug) if not test.startswith(BROWSER)})
    found = runner.run(tmp_path / "told.json", named)
    assert outcomes(found, "call") == dict.fromkeys(named, "passed")
    assert found["planted"] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_bug_says_what_is_wrong(name: str) -> None:
    bug = BUGS[name]
    assert len((bug.__doc__ or "").strip()) > 20
    assert catchers(bug)
    assert bug.SHOWS


def test_a_planting_that_does_not_apply_is_an_error() -> None:
    with pytest.raises(_planting.CannotPlant):
        _planting.rewrite(catchers, {"no such text": ""})
    with pytest.raises(_planting.CannotPlant):
        _planting.rewrite(len, {"": ""})
