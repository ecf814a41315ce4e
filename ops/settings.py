"""``python -m ops settings``: every setting with its default, as the README's table shows them."""

import argparse

from chalicelib.config import PREFIX, Settings


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("settings", help="every setting with its default, as a table")
    parser.set_defaults(run=_print)


def table() -> str:
    rows = ["| setting | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = ", ".join(field.default) if isinstance(field.default, tuple) else field.default
        shown = f"`{default}`" if default is not None else "–"
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)


def _print(arguments: argparse.Namespace) -> int:
    print(table())
    return 0
