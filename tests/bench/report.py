"""Tables for a person: printed, and written between the marks of docs/performance.md."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "performance.md"


@dataclass(frozen=True)
class Table:
    """``name`` is its mark in the document: ``<!-- name -->`` and ``<!-- /name -->``."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[object]]

    def markdown(self) -> str:
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return "\n".join("| " + " | ".join(map(_shown, line)) + " |" for line in lines)


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def show(tables: Iterable[Table]) -> None:
    for table in tables:
        print(f"\n{table.name}\n{table.markdown()}", flush=True)


def write(tables: Iterable[Table], document: Path = DOCUMENT) -> None:
    """:raises LookupError: the document has no such mark."""
    text = document.read_text("utf-8")
    for table in tables:
        marked = re.compile(rf"(<!-- {re.escape(table.name)} -->\n).*?(<!-- /{re.escape(table.name)} -->)", re.DOTALL)
        text, found = marked.subn(partial(_between, table.markdown()), text)
        if found != 1:
            raise LookupError(f"{document}: {found} places for the table {table.name}")
    document.write_text(text, "utf-8")


def _between(text: str, marks: re.Match[str]) -> str:
    return f"{marks[1]}{text}\n{marks[2]}"
