"""The package, unpacked twice: as it is, and as Chalice alone would have made it, without any ``.pyc``."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.report import ROOT

PACKAGE = ROOT / "build" / "package" / "deployment.zip"
COLD_START = Path(__file__).with_name("cold_start.py")
#: The interpreter without this checkout's virtual environment: only the tree's own packages are found.
PYTHON = getattr(sys, "_base_executable", sys.executable)


@dataclass(frozen=True)
class Trees:
    plain: Path
    packaged: Path


@contextmanager
def unpacked() -> Iterator[Trees]:
    """:raises FileNotFoundError: nothing was packaged. :raises LookupError: the package holds no ``.pyc``."""
    if not PACKAGE.is_file():
        raise FileNotFoundError(f"{PACKAGE}: run `make package` first")
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(PACKAGE) as package:
        trees = Trees(Path(folder, "plain"), Path(folder, "packaged"))
        compiled = {name for name in package.namelist() if name.endswith(".pyc")}
        if not compiled:
            raise LookupError(f"{PACKAGE} holds no .pyc")
        package.extractall(trees.packaged)
        package.extractall(trees.plain, set(package.namelist()) - compiled)
        _read_only(trees.plain)
        _read_only(trees.packaged)
        yield trees
        for tree in (trees.plain, trees.packaged):
            written = {path.relative_to(tree).as_posix() for path in tree.rglob("*.pyc")}
            assert written == (compiled if tree == trees.packaged else set()), "somebody wrote byte code"
        shutil.rmtree(folder, ignore_errors=True)


def _read_only(tree: Path) -> None:
    """As /var/task is; for root the interpreter's -B says the same."""
    for path in (tree, *tree.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def command(*arguments: str) -> list[str]:
    return [PYTHON, "-s", "-P", "-B", str(COLD_START), *arguments]


def cpu_seconds(arguments: Sequence[str], environment: dict[str, str]) -> float:
    """User and system time of one process, from the kernel. :raises RuntimeError: it failed."""
    child = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stderr.close()
    if child.returncode:
        raise RuntimeError(said.decode()[-2000:])
    return used.ru_utime + used.ru_stime
