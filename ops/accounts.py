"""``python -m ops accounts``: enter subscribers and accounts by hand or from a file, show them, issue passwords."""

import argparse
import os
import sys
from datetime import date
from pathlib import Path

from chalicelib.billing.embedded import catalogue
from chalicelib.billing.embedded.books import read
from chalicelib.billing.embedded.tables import AccountRow
from chalicelib.errors import Conflict, NotFound, UpstreamError
from chalicelib.money import Kopecks, from_rubles, to_rubles
from chalicelib.store.subscribers import SubscriberStore
from chalicelib.store.tables import fetch, reading
from chalicelib.store.transaction import ConditionFailed
from ops.account_file import COLUMNS, Refusal, Unreadable, parse
from ops.enrolment import Enrolment, books, enrol, issue_password

Parser = argparse.ArgumentParser


def register(subparsers: "argparse._SubParsersAction[Parser]") -> None:
    parser = subparsers.add_parser("accounts", help="subscribers and accounts of the embedded billing")
    actions = parser.add_subparsers(metavar="add | import | list | show | password", required=True)
    add = actions.add_parser("add", help="one account; the same again is harmless")
    for name, optional in COLUMNS.items():
        add.add_argument("--" + name.replace("_", "-"), default="", required=not optional)
    add.set_defaults(run=_add)
    file = actions.add_parser("import", help="a CSV file with the columns " + ", ".join(COLUMNS))
    file.add_argument("file", type=Path)
    file.add_argument("--all-or-nothing", action="store_true", help="one refused line, and nothing is written")
    file.add_argument("--check", action="store_true", help="only say what is wrong with it")
    file.set_defaults(run=_import)
    for one in (add, file):
        one.add_argument("--operator", required=True, type=words, help="who enters it")
        one.add_argument("--reason", type=words, default="Перенос из прежней системы", help="why an opening balance")
        one.add_argument("--charged-from", type=date.fromisoformat, help="default: each account's next period")
        one.add_argument("--passwords", type=Path, help="new file for the one-time passwords, instead of the screen")
    listing = actions.add_parser("list", help="every account: reads them all")
    listing.set_defaults(run=_list)
    show = actions.add_parser("show", help="one account and its services")
    show.add_argument("account")
    show.set_defaults(run=_show)
    password = actions.add_parser("password", help="issue a one-time password; every session of the subscriber ends")
    password.add_argument("login")
    password.add_argument("--operator", required=True, type=words)
    password.set_defaults(run=_password)


def words(text: str) -> str:
    """One line of at least one word."""
    found = " ".join(text.split())
    if not found:
        raise argparse.ArgumentTypeError("must not be empty")
    return found


def roubles(text: str) -> Kopecks:
    """A sum as staff type it: 120.50 or 120,50; not nothing, and not more than anybody means."""
    try:
        kopecks = from_rubles(text.replace(",", "."))
    except ValueError:
        raise argparse.ArgumentTypeError("an amount in roubles such as 120.50") from None
    if not kopecks or abs(kopecks) > 10**11:
        raise argparse.ArgumentTypeError("not zero and not that much")
    return kopecks


def _add(arguments: argparse.Namespace) -> int:
    cells = [str(getattr(arguments, name)).replace('"', '""') for name in COLUMNS]
    line = ";".join(COLUMNS) + "\r\n" + ";".join(f'"{cell}"' for cell in cells)
    return _enter(arguments, line.encode(), all_or_nothing=True)


def _import(arguments: argparse.Namespace) -> int:
    try:
        content = arguments.file.read_bytes()
    except OSError as error:
        return refused(f"{arguments.file}: {error.strerror}")
    return _enter(arguments, content, arguments.all_or_nothing, arguments.check)


def _enter(arguments: argparse.Namespace, content: bytes, all_or_nothing: bool, check: bool = False) -> int:
    """Exit code 0: everything is entered; 1: lines were refused, or the store did not answer."""
    try:
        good, bad = parse(content, catalogue.load(), books().today())
    except Unreadable as error:
        return refused(str(error))
    for line, new in good[:]:
        if (reason := _taken(new)) is not None:
            bad.append(Refusal(line, reason))
            good.remove((line, new))
    for refusal in sorted(bad, key=lambda one: one.line):
        print(refusal, file=sys.stderr)
    if check or (bad and all_or_nothing):
        print(f"{len(good)} good, {len(bad)} refused, nothing written")
        return 1 if bad else 0
    try:
        failed = _write(arguments, good)
    except OSError as error:
        return refused(f"{arguments.passwords}: {error.strerror}")
    print(f"{len(good) - failed} entered, {len(bad) + failed} refused")
    return 1 if bad or failed else 0


def _taken(new: Enrolment) -> str | None:
    """Why the account cannot be this subscriber's; None if it is free, or his already."""
    row = fetch(AccountRow, new.account, "account")
    if row is not None and row.subscriber_id != SubscriberStore().owner_of(new.login):
        return "account: another subscriber's"
    return None


def _write(arguments: argparse.Namespace, good: list[tuple[int, Enrolment]]) -> int:
    """How many lines failed. Each password is shown as soon as its subscriber exists: a kill loses none of the rest."""
    out = sys.stdout
    if arguments.passwords is not None:
        out = os.fdopen(os.open(arguments.passwords, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")
    failed = 0
    try:
        for line, new in good:
            dated = Enrolment(**{**vars(new), "charged_from": arguments.charged_from})
            try:
                issued = enrol(dated, arguments.operator, arguments.reason)
            except Conflict:
                failed += 1
                print(Refusal(line, "account or opening balance: entered otherwise before"), file=sys.stderr)
                continue
            except UpstreamError as error:
                print(f"line {line}: the store did not answer ({error}): run it again", file=sys.stderr)
                return failed + sum(1 for other, _ in good if other >= line)
            if issued is not None:
                print(f"{new.login}\t{issued}", file=out, flush=True)
    finally:
        if out is not sys.stdout:
            out.close()
    return failed


def _list(arguments: argparse.Namespace) -> int:
    count = 0
    with reading():
        for row in AccountRow.scan(AccountRow.item == "account", consistent_read=True):
            count += 1
            print(f"{row.account}\t{row.subscriber_id}\t{row.label}\t{row.address}")
    print(f"{count} accounts")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    try:
        own, _, standing = read(arguments.account)
    except NotFound:
        return refused(f"no such account: {arguments.account}")
    profile = SubscriberStore().get(own.subscriber_id)
    who = f"{profile.login}, {profile.name}" if profile else own.subscriber_id
    print(f"{own.account}  {who}  {own.label}, {own.address}")
    print(f"  {standing.shown_state}, {to_rubles(standing.balance_kopecks)} RUB, anchor day {own.anchor_day}")
    for line in standing.lines:
        fee = to_rubles(line.tariff.fee_kopecks)
        print(f"  {line.service}  {line.kind}  {line.tariff.id}  {fee} RUB  paid to the day before {line.unpaid_from}")
    return 0


def _password(arguments: argparse.Namespace) -> int:
    try:
        issued = issue_password(arguments.login, arguments.operator)
    except (ConditionFailed, UpstreamError):
        return refused("not changed, or nobody knows: run it again")
    if issued is None:
        return refused(f"no such login: {arguments.login}")
    print(f"{arguments.login}\t{issued}")
    return 0


def refused(why: str) -> int:
    print(why, file=sys.stderr)
    return 1
