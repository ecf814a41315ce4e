"""``python -m ops corrections post``: money moved by hand, with who did it and why, once for one id."""

import argparse
import uuid

from chalicelib.billing import OperationKind
from chalicelib.billing.embedded.books import read
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.ledger import Ledger, Posted
from chalicelib.errors import NotFound, UpstreamError
from chalicelib.money import to_rubles
from ops.accounts import refused, roubles, words
from ops.enrolment import books


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("corrections", help="move an account's money by hand")
    post = parser.add_subparsers(metavar="post", required=True).add_parser("post", help="once for one id")
    post.add_argument("account")
    post.add_argument("amount", type=roubles, help="roubles; plus is the subscriber's favour: 120.50 or -- -120.50")
    post.add_argument("--operator", required=True, type=words, help="who decides")
    post.add_argument("--reason", required=True, type=words, help="why; the subscriber's history keeps it")
    post.add_argument("--title", type=words, default="Корректировка", help="what the subscriber sees")
    post.add_argument("--service", help="the service it is about")
    post.add_argument("--id", type=words, help="the same id never moves money twice; without one it is made and shown")
    post.set_defaults(run=_post)


def _post(arguments: argparse.Namespace) -> int:
    """Exit code 0: it is in the ledger, by this call or by an earlier one; 1: it is not, or nobody knows."""
    id = arguments.id or str(uuid.uuid4())
    # shown before anything is sent: whoever loses the answer repeats with the same id
    print(f"id {id}", flush=True)
    try:
        before = read(arguments.account)[2]
        if arguments.service and before.line(arguments.service) is None:
            return refused(f"no such service: {arguments.service}")
        leg = Leg(OperationKind.CORRECTION, arguments.amount, arguments.title, "correction", arguments.service)
        entry = NewEntry(arguments.account, f"correction:{id}", (leg,), arguments.operator, arguments.reason)
        posted = Ledger(books()).post(entry)
        after = read(arguments.account)[2]
    except NotFound:
        return refused(f"no such account: {arguments.account}")
    except ValueError as error:
        return refused(f"refused: {error}")
    except UpstreamError as error:
        return refused(f"the store did not answer ({error}): repeat with --id {id}")
    if posted is Posted.CONFLICT:
        return refused("this id belongs to another account or sum; nothing was posted")
    if posted is Posted.ALREADY:
        print("was posted before; nothing moved now")
    print(f"before {to_rubles(before.balance_kopecks)} RUB, {before.state}")
    print(f"after  {to_rubles(after.balance_kopecks)} RUB, {after.state}")
    return 0
