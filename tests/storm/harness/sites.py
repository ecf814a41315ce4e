"""Where the product's source makes outgoing calls, and which of these places some flow has passed.

A place is found in the source, not in a run: so a new one that no flow passes is seen at once.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("store", "billing", "providers", "cloud")
#: The bottom of every call: what stands above them says which call it is.
BOTTOM = {"chalicelib/store/tables.py", "chalicelib/store/transaction.py"}
_LAZY = {"query", "scan", "batch_get"}
_EAGER = {"commit", "save", "refresh"}


@dataclass(frozen=True)
class Site:
    """``name`` is what a person reads: the file, the function and the call."""

    file: str
    function: str
    text: str
    first: int
    last: int

    @property
    def name(self) -> str:
        return f"{self.file.removeprefix('chalicelib/')} {self.function}: {self.text}"


_passed: set[tuple[str, str, int]] = set()


def note() -> None:
    """Remember which places are on the way of the call that goes out now."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if "/chalicelib/" in code.co_filename:
            _passed.add((code.co_filename, code.co_qualname, frame.f_lineno))
        frame = frame.f_back


def passed(site: Site) -> bool:
    """A query goes out when its rows are wanted, which may be on a later line than the one that makes it."""
    path = str(ROOT / site.file)
    return any(
        (file, function.split(".<locals>")[0]) == (path, site.function) and site.first <= line <= site.last
        for file, function, line in _passed
    )


@cache
def all_sites() -> tuple[Site, ...]:
    files = [path for room in ROOMS for path in sorted((ROOT / "chalicelib" / room).rglob("*.py"))]
    named = ((str(path.relative_to(ROOT)), path) for path in files)
    return tuple(site for name, path in named if name not in BOTTOM for site in sites_of(name, path.read_text()))


def sites_of(file: str, source: str) -> Iterator[Site]:
    yield from _walk(file, ast.parse(source), ())


def _walk(file: str, node: ast.AST, inside: tuple[ast.AST, ...]) -> Iterator[Site]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            yield from _walk(file, child, (*inside, child))
            continue
        text = _outgoing(child)
        if text:
            functions = [each for each in inside if isinstance(each, ast.FunctionDef)]
            assert isinstance(child, ast.Call)
            lazy = isinstance(child.func, ast.Attribute) and child.func.attr in _LAZY and bool(functions)
            end = (functions[0] if lazy else child).end_lineno or child.lineno
            yield Site(file, ".".join(getattr(each, "name", "") for each in inside), text, child.lineno, end)
        yield from _walk(file, child, inside)


def _outgoing(node: ast.AST) -> str | None:
    """How this call is written if it leaves the process: a verb of the store, of a company's line, of an AWS client."""
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Name):
        return ast.unparse(node) if node.func.id == "fetch" else None
    if not isinstance(node.func, ast.Attribute):
        return None
    verb, on, first = node.func.attr, ast.unparse(node.func.value), node.args[0] if node.args else None
    named = isinstance(first, ast.Constant) and isinstance(first.value, str)
    leaves = (
        verb in _LAZY | _EAGER
        or (
            verb == "update" and (isinstance(first, ast.List) or any(each.arg == "condition" for each in node.keywords))
        )
        or (verb == "delete" and first is None)
        or (verb in {"read", "write"} and named)
        or (on.endswith("client") and not on.endswith("meta.client"))
    )
    return f"{on}.{verb}({ast.unparse(first) if named and first else ''})" if leaves else None
