"""``verify``: recompute the embedded billing's balances from its ledger and name any difference."""

import argparse
from typing import TYPE_CHECKING

from chalicelib.billing.embedded.verify import verify

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def register(subparsers: "Subparsers") -> None:
    parser = subparsers.add_parser("verify", help="recompute every balance from the ledger")
    parser.add_argument("--account", help="only this account")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit code 1 and one line per difference; 0 and the counts when everything agrees."""
    report = verify(arguments.account)
    for difference in report.differences:
        print(difference)
    if report.differences:
        return 1
    print(f"ok: {report.accounts} accounts, {report.entries} entries")
    return 0
