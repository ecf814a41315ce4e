"""``python -m ops cases``: what waits for a person, oldest first; show one, close one with a reason."""

import argparse
import json
import sys

from chalicelib import bootstrap
from chalicelib.clock import to_text
from chalicelib.errors import NotFound
from chalicelib.store.cases import CLOSED, OPEN, CaseRow, CaseStore


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("cases", help="what waits for a person")
    parser.set_defaults(run=_list)
    parser.add_argument("--closed", action="store_true", help="the closed ones instead")
    actions = parser.add_subparsers(metavar="show | close")
    show = actions.add_parser("show", help="one case with its facts and history")
    show.add_argument("case")
    show.set_defaults(run=_show)
    close = actions.add_parser("close", help="close one; the reason stays with it")
    close.add_argument("case")
    close.add_argument("--operator", required=True)
    close.add_argument("--reason", required=True)
    close.set_defaults(run=_close)


def _list(arguments: argparse.Namespace) -> int:
    found = sorted(CaseStore().list(CLOSED if arguments.closed else OPEN), key=lambda row: row.opened_at)
    for row in found:
        print(f"{to_text(row.opened_at)}  {row.case_id}  {json.dumps(row.facts, ensure_ascii=False)}")
    print(f"{len(found)} {'closed' if arguments.closed else 'open'}")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    return _told(arguments.case, lambda row: None)


def _close(arguments: argparse.Namespace) -> int:
    def close(row: CaseRow) -> None:
        CaseStore().close(row.case_id, arguments.operator, arguments.reason, bootstrap.now())

    return _told(arguments.case, close)


def _told(case_id: str, act: "object") -> int:
    store = CaseStore()
    try:
        row = store.get(case_id)
        if callable(act):
            act(row)
        row = store.get(case_id)
    except NotFound:
        print(f"no such case: {case_id}", file=sys.stderr)
        return 1
    print(f"{row.case_id}  {row.status}  opened {to_text(row.opened_at)}")
    print(json.dumps(row.facts, ensure_ascii=False, indent=2))
    for line in row.history:
        print(line)
    return 0
