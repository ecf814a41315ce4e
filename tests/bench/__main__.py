"""``make bench``: what things cost, in counted units and ratios. Seconds are nobody's promise.

``python -m tests.bench [part ...] [--write]``; without a part every one that needs nothing but this
checkout. ``--write`` puts the tables into docs/performance.md.
"""

import argparse
import os
import sys
from collections.abc import Callable
from importlib import import_module

os.environ["PORTAL_STORE_STRICT"] = "ydb"
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")

from tests.bench.report import Table, show, write

#: Part -> its module, whose ``tables()`` measures. Each runs alone, too.
PARTS = {
    "store": "store",
    "agenda": "agenda",
    "calendar": "periods",
    "autopay": "autopay",
    "request": "request",
    "package": "package",
    "import": "imports",
    "instructions": "instructions",
    "site": "site",
    "browser": "browser",
}
#: These need more than Python: valgrind, Chromium, npm, or minutes.
ON_REQUEST = {"instructions", "site", "browser"}


def _part(name: str) -> str:
    if name not in PARTS:
        raise argparse.ArgumentTypeError(f"one of {', '.join(PARTS)}")
    return name


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("part", nargs="*", type=_part, default=[name for name in PARTS if name not in ON_REQUEST])
    parser.add_argument("--write", action="store_true", help="rewrite the tables of docs/performance.md")
    asked = parser.parse_args()
    for part in asked.part:
        measure: Callable[[], list[Table]] = import_module(f"tests.bench.{PARTS[part]}").tables
        found = measure()
        show(found)
        if asked.write:
            write(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
