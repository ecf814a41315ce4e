"""Runs tests with a bug planted, each time in a fork of one warm process: ``python -m tests.storm.planted._runner``.

What costs a process two seconds, importing the product and making the store's clients, is done once; a bug
is planted in the fork and dies with it. Reads one JSON object a line: ``bug``, ``arguments`` for pytest and
``report``, the file that the plugin writes; answers each with a line when it is done.
"""

import json
import os
import sys

import pytest

# First of all, for it sets what the store's modules read when they are imported.
import tests.conftest  # isort: skip
import app
from local.store import transport
from local.store.engine import Engine
from local.store.schema import create_tables
from tests import product

_WARM = (tests.conftest, app, product)


def warm_up() -> None:
    """Makes the clients of all tables, which the forks inherit; nothing is left open."""
    with Engine() as engine:
        transport.attach(engine)
        create_tables()
        transport.detach()


def run(bug: str, arguments: list[str], report: str) -> None:
    """In the fork: pytest as from its command line, what it prints next to the report."""
    log = os.open(report + ".log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ |= {"PLANTED_BUG": bug, "PLANTED_REPORT": report}
    pytest.main(["-q", "-p", "no:cacheprovider", "-p", "tests.storm.planted._plugin", *arguments])


def main() -> None:
    warm_up()
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            try:
                run(**json.loads(line))
            finally:
                os._exit(0)
        os.waitpid(process, 0)
        print("done", flush=True)


if __name__ == "__main__":
    main()
