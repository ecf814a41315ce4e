"""``python -m ops cases``: what waits for a person, oldest first; show one, have it tried again, or close it."""

import argparse
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

from chalicelib import bootstrap
from chalicelib.clock import to_text
from chalicelib.errors import NotFound, UpstreamError
from chalicelib.money import Kopecks, to_rubles
from chalicelib.services.cases import CaseFile, Refused
from chalicelib.store.cases import CaseKind, CaseRow

Act = Callable[[str, str, str], None]


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("cases", help="what waits for a person")
    parser.set_defaults(run=_list)
    parser.add_argument("--kind", type=CaseKind, choices=list(CaseKind), metavar="KIND", help=", ".join(CaseKind))
    parser.add_argument("--closed", action="store_true", help="the closed ones instead")
    actions = parser.add_subparsers(metavar="show | retry | close")
    show = actions.add_parser("show", help="one case: its facts, its history, what it is about")
    show.add_argument("case")
    show.set_defaults(run=_show)
    for name, help_ in (
        ("retry", "close it and try again at once what it is about; it comes back if that fails"),
        ("close", "close it as dealt with; what still waits a day later comes back"),
    ):
        action = actions.add_parser(name, help=help_)
        action.add_argument("case")
        action.add_argument("--operator", required=True, type=_words, help="who decides")
        action.add_argument("--reason", required=True, type=_words, help="why; it stays with the case")
        action.set_defaults(run=_decide, action=name)


def _words(text: str) -> str:
    """One line of at least one word, since it becomes a line of the case's history."""
    words = " ".join(text.split())
    if not words:
        raise argparse.ArgumentTypeError("must not be empty")
    return words


def _list(arguments: argparse.Namespace) -> int:
    found = bootstrap.cases().listed(arguments.kind, arguments.closed)
    for row in found:
        print(_line(row, bootstrap.now()))
    print(f"{len(found)} {'closed' if arguments.closed else 'open'}")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    try:
        file = bootstrap.cases().file(arguments.case)
    except NotFound:
        return _refused(f"no such case: {arguments.case}")
    _print(file)
    return 0


def _decide(arguments: argparse.Namespace) -> int:
    service = bootstrap.cases()
    act: Act = service.retry if arguments.action == "retry" else service.close
    try:
        act(arguments.case, arguments.operator, arguments.reason)
        file = service.file(arguments.case)
    except NotFound:
        return _refused(f"no such case: {arguments.case}")
    except Refused as refused:
        return _refused(f"refused: {refused}")
    except UpstreamError as error:
        return _refused(f"the store did not answer ({error}): look at the case before you try again")
    _print(file)
    return 0


def _refused(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


def _line(row: CaseRow, now: datetime) -> str:
    """When, how old, and whose; the id comes last because it is as long as it is."""
    account, gateway = (str(row.facts.get(name) or "-") for name in ("account", "gateway"))
    since = f"{to_text(row.opened_at)}  {_age(now - row.opened_at):>4}"
    return f"{since}  {row.kind:<13}  {account:<12} {gateway:<10} {row.case_id}"


def _age(passed: timedelta) -> str:
    minutes = max(0, int(passed.total_seconds()) // 60)
    if minutes < 60:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 48 * 60 else f"{minutes // (24 * 60)}d"


def _print(file: CaseFile) -> None:
    row, topup, message, refund = file.row, file.topup, file.message, file.refund
    print(f"{row.case_id}  {row.status}  opened {to_text(row.opened_at)}")
    for name, value in row.facts.items():
        print(f"  {name}: {value}")
    if topup is not None:
        sum_ = to_rubles(Kopecks(topup.amount_kopecks))
        print(f"top-up {topup.topup_id}: {sum_} RUB, account {topup.account}, {topup.gateway} {int(topup.invoice)}")
        print(f"  now {topup.status}, next on the agenda: {_due(topup.agenda_key)}")
        for event in file.events:
            print(f"  {to_text(event.at)} {event.name} by {event.by}")
    if refund is not None:
        print(f"refund {refund.id}: {to_rubles(Kopecks(refund.amount_kopecks))} RUB, {refund.status}")
    if message is not None:
        told = ", ".join(f"{channel} {outcome.partition(':')[0]}" for channel, outcome in message.outcomes.items())
        print(f"message {message.message_id}: {told or 'never tried'}, next on the agenda: {_due(message.agenda_key)}")
    if row.history:
        print("history")
        for line in row.history:
            print(f"  {line}")


def _due(agenda_key: str | None) -> str:
    """The moment in an agenda row's key, ``<partition>|<due at>#<ref>``."""
    return agenda_key.partition("|")[2].partition("#")[0] if agenda_key else "nothing"
