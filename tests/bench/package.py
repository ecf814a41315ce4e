"""What travels to Lambda: the package's size and what fills it."""

import zipfile
from collections import Counter

from tests.bench.report import Table
from tests.bench.trees import PACKAGE

LARGEST = 8
MIB = 2**20


def tables() -> list[Table]:
    with zipfile.ZipFile(PACKAGE) as package:
        files = [each for each in package.infolist() if not each.is_dir()]
    packed: Counter[str] = Counter()
    unpacked: Counter[str] = Counter()
    for each in files:
        part = each.filename.split("/")[0]
        packed[part] += each.compress_size
        unpacked[part] += each.file_size
    compiled = sum(each.filename.endswith(".pyc") for each in files)
    rows: list[tuple[object, ...]] = [
        ("**the whole package**", _mib(PACKAGE.stat().st_size), _mib(sum(unpacked.values())), len(files), compiled)
    ]
    for part, size in packed.most_common(LARGEST):
        inside = [each.filename for each in files if each.filename.split("/")[0] == part]
        rows.append(
            (f"`{part}`", _mib(size), _mib(unpacked[part]), len(inside), sum(n.endswith(".pyc") for n in inside))
        )
    return [Table("package", ("part", "MiB in the zip", "MiB unpacked", "files", "of them .pyc"), rows)]


def _mib(size: int) -> str:
    return f"{size / MIB:.2f}"
