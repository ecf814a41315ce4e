"""``python -m ops refunds``: give a payment back to its payer, see how far it is, say what became of an unknown one."""

import argparse
import uuid
from collections.abc import Callable

from chalicelib import bootstrap
from chalicelib.errors import NotFound, UpstreamError
from chalicelib.money import Kopecks, to_rubles
from chalicelib.services.refunds import Refused
from chalicelib.store.refunds import RefundRow
from ops.accounts import refused, roubles, words

NEXT = {
    "created": "not off the account yet; it goes on by itself",
    "posted": "off the account, the company is to be asked; it goes on by itself",
    "sending": "the company was asked and has not answered; it goes on by itself",
    "accepted": "the company has taken it and is asked until it is done",
    "done": "the payer has the money back, or will have it when his bank books it",
    "refusing": "the company said no; the money goes back on the account by itself",
    "refused": "the company said no; the money is on the account again",
    "unknown": "nobody knows: look into the company's cabinet, then `refunds settle`",
}


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("refunds", help="money back to the payer")
    actions = parser.add_subparsers(metavar="make | show | settle", required=True)
    make = actions.add_parser("make", help="give back a top-up or a part of it, once for one id")
    make.add_argument("topup", help="the top-up's id, as in the subscriber's history and in the company's cabinet")
    make.add_argument("amount", nargs="?", type=_sum, help="roubles; without it all that is left")
    make.add_argument("--operator", required=True, type=words, help="who decides")
    make.add_argument("--reason", required=True, type=words, help="why; the ledger keeps it")
    make.add_argument("--id", type=_id, help="the same id never gives back twice; without one it is made and shown")
    make.set_defaults(run=_make)
    show = actions.add_parser("show", help="the refunds of a top-up")
    show.add_argument("topup")
    show.set_defaults(run=_show)
    settle = actions.add_parser("settle", help="say what became of an unknown one, as the company's cabinet shows it")
    settle.add_argument("topup")
    settle.add_argument("id")
    settle.add_argument("outcome", choices=("done", "refused"))
    settle.add_argument("--operator", required=True, type=words, help="who has looked")
    settle.set_defaults(run=_settle)


def _sum(text: str) -> Kopecks:
    if (kopecks := roubles(text)) < 0:
        raise argparse.ArgumentTypeError("more than zero")
    return kopecks


def _id(text: str) -> str:
    if not (0 < len(text) <= 64 and text.isascii() and text.replace("-", "").isalnum()):
        raise argparse.ArgumentTypeError("at most 64 letters, digits and hyphens")
    return text


def _make(arguments: argparse.Namespace) -> int:
    """Exit code 0: it is done or on its way; 1: it is not, or nobody knows."""
    id = arguments.id or str(uuid.uuid4())
    # shown before anything is sent: whoever loses the answer repeats with the same id
    print(f"id {id}", flush=True)
    asked = (arguments.topup, arguments.amount, arguments.operator, arguments.reason, id)
    return _told(lambda: bootstrap.refunds().begin(*asked), f"repeat with --id {id}")


def _settle(arguments: argparse.Namespace) -> int:
    done = arguments.outcome == "done"
    asked = (arguments.topup, arguments.id, done, arguments.operator)
    return _told(lambda: bootstrap.refunds().settle(*asked), "look before you try again")


def _told(act: Callable[[], RefundRow], lost: str) -> int:
    try:
        refund = act()
    except NotFound:
        return refused("no such top-up or refund")
    except Refused as no:
        return refused(f"refused: {no}")
    except UpstreamError as error:
        return refused(f"not known to be done ({error}): {lost}")
    _print(refund)
    return 0 if refund.status not in {"refused", "refusing", "unknown"} else 1


def _show(arguments: argparse.Namespace) -> int:
    try:
        found = bootstrap.refunds().store.all_of(arguments.topup)
    except UpstreamError as error:
        return refused(f"the store did not answer ({error})")
    for refund in found:
        _print(refund)
    print(f"{len(found)} refunds")
    return 0


def _print(refund: RefundRow) -> None:
    code = f" ({refund.code})" if refund.code else ""
    print(f"{refund.id}  {to_rubles(Kopecks(refund.amount_kopecks))} RUB  {refund.status}{code}: {NEXT[refund.status]}")
    print(f"  by {refund.operator}: {refund.reason}")
    for event in refund.events:
        print(f"  {event}")
