"""The cold start once more, in processor instructions, which a busy machine cannot blur. Needs valgrind; minutes."""

import re
import shutil
import subprocess
from collections.abc import Sequence

from tests.bench.imports import cold
from tests.bench.report import Table
from tests.bench.trees import command, unpacked

#: A fixed seed of hashes: otherwise sets and dicts differ from run to run.
VALGRIND = ("--tool=callgrind", "--callgrind-out-file=/dev/null")


def collected(arguments: Sequence[str], environment: dict[str, str]) -> int:
    """:raises RuntimeError: valgrind is missing, or the process failed."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise RuntimeError("valgrind is missing: apt-get install valgrind")
    seeded = {**environment, "PYTHONHASHSEED": "0"}
    done = subprocess.run([valgrind, *VALGRIND, *arguments], env=seeded, capture_output=True, text=True)
    counted = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or counted is None:
        raise RuntimeError(done.stderr[-2000:])
    return int(counted[1])


def tables() -> list[Table]:
    rows: list[tuple[object, ...]] = []
    with unpacked() as trees, cold() as start:
        bare = collected(command(), start.environment)
        for what, events in start.scenarios.items():
            plain, packaged = (
                collected(command(str(tree), *events), start.environment) for tree in (trees.plain, trees.packaged)
            )
            rows.append((what, f"{plain / bare:.1f}", f"{packaged / bare:.1f}", f"{packaged / plain:.2f}"))
    head = ("fresh process", "default, in bare interpreters", "packaged, in bare interpreters", "ratio")
    return [Table("instructions", head, rows)]
