"""``python -m ops backup FILE``: a copy of this machine's store, taken while the server goes on."""

import argparse
import sys
from pathlib import Path

from ops.connection import data_directory


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("backup", help="copy this machine's store; the server may run")
    parser.add_argument("file", type=Path, help="where to; it must not exist yet")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    data = data_directory()
    if data is None:
        print("the store is the cloud's: its tables keep their own backups", file=sys.stderr)
        return 1
    from local.store.copying import copy
    from local.store.errors import StoreDamaged

    try:
        copied = copy(data / "store" / "journal", arguments.file)
    except (OSError, StoreDamaged) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{arguments.file}: {copied.length} bytes, a snapshot and {copied.requests} requests, every record checked")
    return 0
