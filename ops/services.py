"""``python -m ops services``: connect and disconnect what an account has."""

import argparse
import re
from datetime import date

from chalicelib.billing.embedded import accounts, catalogue
from chalicelib.billing.embedded.books import read
from chalicelib.errors import InvalidRequest, NotFound, Rejected, UpstreamError
from chalicelib.money import to_rubles
from ops.accounts import refused
from ops.enrolment import books, service_of

#: What can stand in the path of a request.
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}", re.ASCII)


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("services", help="what an account has")
    actions = parser.add_subparsers(metavar="add | remove | list", required=True)
    add = actions.add_parser("add", help="connect one at a tariff of the catalogue; the same id again is harmless")
    add.add_argument("account")
    add.add_argument("service", help="its id in the account, such as internet or internet-2")
    add.add_argument("tariff")
    add.add_argument("--charged-from", type=date.fromisoformat, help="default: the account's next opening")
    add.set_defaults(run=_add)
    remove = actions.add_parser("remove", help="disconnect one; paid days are given back by a correction, if at all")
    remove.add_argument("account")
    remove.add_argument("service")
    remove.set_defaults(run=_remove)
    listing = actions.add_parser("list", help="of one account")
    listing.add_argument("account")
    listing.set_defaults(run=_list)


def _add(arguments: argparse.Namespace) -> int:
    if _ID.fullmatch(arguments.service) is None:
        return refused("service: at most 64 letters, digits and _ . : -")
    tariff = catalogue.load().tariff(arguments.tariff)
    if tariff is None:
        return refused(f"no such tariff: {arguments.tariff}")
    try:
        sort = len(read(arguments.account)[2].lines)
        new = service_of(arguments.service, tariff, arguments.charged_from, sort)
        made = accounts.add_service(books(), arguments.account, new)
    except NotFound:
        return refused(f"no such account: {arguments.account}")
    except InvalidRequest as error:
        return refused(f"refused: {error.fields}")
    except UpstreamError as error:
        return refused(f"the store did not answer ({error}): run it again")
    print(f"{arguments.service}: {'connected' if made else 'is there already, as it was'}")
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    try:
        gone = accounts.remove_service(books(), arguments.account, arguments.service)
    except NotFound:
        return refused(f"no such account: {arguments.account}")
    except Rejected:
        return refused("a suspension is planned or runs: it must be ended first")
    except UpstreamError as error:
        return refused(f"the store did not answer ({error}): run it again")
    print(f"{arguments.service}: {'disconnected' if gone else 'is not there'}")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    try:
        lines = read(arguments.account)[2].lines
    except NotFound:
        return refused(f"no such account: {arguments.account}")
    for line in lines:
        print(
            f"{line.service}\t{line.kind}\t{line.tariff.id}\t{to_rubles(line.tariff.fee_kopecks)}\t{line.unpaid_from}"
        )
    return 0
