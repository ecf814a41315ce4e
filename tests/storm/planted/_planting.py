"""How a bug is put in: a function of the product gets other code, everywhere it is already known.

What is to be changed must be there exactly once, or the planting fails: a bug that no longer applies is
not silently a product without bugs. The changed function notes that it was run.
"""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from types import FunctionType
from typing import Any

#: Changed functions, and those of them that the test has really run.
planted: set[str] = set()
reached: set[str] = set()

_NOTE = "__planted_bug_reached__"


class CannotPlant(Exception):
    """The product is not as the bug's file believes."""


def rewrite(function: Any, changes: Mapping[str, str]) -> None:
    """Replace pieces of a function's source. Its code object changes, so every reference to it changes too."""
    plain = _plain(function)
    source = textwrap.dedent(inspect.getsource(plain))
    for old, new in changes.items():
        if source.count(old) != 1:
            raise CannotPlant(f"{plain.__qualname__} holds {source.count(old)} times: {old}")
        source = source.replace(old, new)
    plain.__code__ = _compiled(plain, source).__code__
    planted.add(plain.__qualname__)


def _plain(function: Any) -> FunctionType:
    """The function behind a property, a class method or a decorator that names what it wraps."""
    found = inspect.unwrap(getattr(getattr(function, "fget", function), "__func__", function))
    found = getattr(found, "fget", found)
    if not isinstance(found, FunctionType) or found.__code__.co_freevars:
        raise CannotPlant(f"{function} is no plain function")
    return found


def _compiled(plain: FunctionType, source: str) -> FunctionType:
    """The changed function, which first of all notes that it runs."""
    module = ast.parse(source)
    [made] = module.body
    assert isinstance(made, ast.FunctionDef)
    made.decorator_list = []
    note: Any = ast.parse(f"{_NOTE}({plain.__qualname__!r})").body[0]
    made.body.insert(1 if ast.get_docstring(made) else 0, note)
    plain.__globals__[_NOTE] = reached.add
    space: dict[str, Any] = {}
    code = compile(ast.fix_missing_locations(module), f"<planted in {plain.__qualname__}>", "exec")
    exec(code, plain.__globals__, space)
    changed = space[made.name]
    assert isinstance(changed, FunctionType)
    return changed
