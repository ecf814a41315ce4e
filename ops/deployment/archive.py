"""What Lambda unpacks: Chalice's zip made smaller, compiled, and the same bytes whenever it is made again."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

#: Services that the portal's code makes clients for, and those it is going to (keys, files, roles).
#: botocore describes some four hundred others, which weigh more than everything else together.
SERVICES = frozenset({"dynamodb", "kms", "s3", "sesv2", "sqs", "sts"})

#: Where Lambda unpacks; tracebacks name files by it.
HOME = "/var/task"
#: Zip knows no earlier day.
_MIDNIGHT = (1980, 1, 1, 0, 0, 0)


def repack(made_by_chalice: Path, tree: Path, target: Path) -> None:
    """Unpack into ``tree``, take away what is never read, add what is always compiled, pack again."""
    with zipfile.ZipFile(made_by_chalice) as archive:
        archive.extractall(tree)
    strip(tree)
    compile_all(tree)
    pack(tree, target)


def strip(tree: Path) -> None:
    for stale in tree.rglob("*.pyc"):
        stale.unlink()
    for service in (tree / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in SERVICES:
            _remove(service)
    for examples in (tree / "botocore" / "data").rglob("examples-1.json*"):
        examples.unlink()


def compile_all(tree: Path) -> None:
    """Sources stay, for tracebacks; the bytecode is trusted unchecked, because Lambda's disk is read-only.

    A cold start would otherwise compile everything each time. The fixed hash seed keeps sets in the
    bytecode in one order, so that two builds are equal.
    """
    subprocess.run(  # noqa: S603 - nothing in it comes from outside
        [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash",
         "-s", str(tree), "-p", HOME, str(tree)],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )  # fmt: skip


def pack(tree: Path, target: Path) -> None:
    """Sorted, without times, modes or owners of this machine."""
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(path for path in tree.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(tree).as_posix(), _MIDNIGHT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, file.read_bytes(), compresslevel=9)


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()
