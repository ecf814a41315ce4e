"""``python -m tests.storm.list_calls``: writes down the outgoing calls of every flow; read the difference.

One file a flow, one line a call, in the order in which they go out. After ``not:`` stand the kinds of fault
that are not tried there; ``NOT_TRIED`` of the breaker says why.
"""

import os
import sys
from pathlib import Path

os.environ["PORTAL_STORE_STRICT"] = "ydb"
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")

FILES = Path(__file__).with_name("coverage")


def lines_of(name: str) -> list[str]:
    """What the file says of a flow; nothing if there is no file."""
    file = FILES / f"{name}.txt"
    return file.read_text().splitlines() if file.exists() else []


def faults_of(name: str, sparing: bool = False) -> list[tuple[int, str]]:
    """Every call of a flow, numbered from one, with every kind of fault that is tried there, or every telling one."""
    from tests.storm.harness.breaker import KINDS, is_telling

    found = []
    for k, line in enumerate(lines_of(name), 1):
        call, _, rest = line.partition("  not: ")
        kinds = [kind for kind in KINDS if kind not in rest.split(", ")]
        found += [(k, kind) for kind in kinds if not sparing or is_telling(call, kind)]
    return found


def main() -> int:
    import pytest

    os.environ["STORM_LIST_CALLS"] = "1"
    for file in FILES.glob("*.txt"):
        file.unlink()
    return int(pytest.main(["-q", str(Path(__file__).with_name("test_coverage.py")), "-k", "is_listed"]))


if __name__ == "__main__":
    sys.exit(main())
