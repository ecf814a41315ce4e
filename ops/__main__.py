"""``python -m ops <command>``: what the provider's staff run by hand. Never packaged for Lambda.

A command is a module of this package with ``register(subparsers)``; it sets ``run`` to a function that
takes the parsed arguments and returns the exit code. A module without ``register`` is no command.
"""

import argparse
import pkgutil
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from importlib import import_module

import ops
from ops.connection import connected

#: Commands that speak to no store.
WITHOUT_STORE = {"settings", "package", "deploy"}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ops")
    commands = parser.add_subparsers(dest="command", required=True)
    # Imported only now, when the store they will speak to is chosen.
    names = [module.name for module in pkgutil.iter_modules(ops.__path__, "ops.") if module.name != "ops.__main__"]
    for module in map(import_module, names):
        if hasattr(module, "register"):
            module.register(commands)
    chosen = parser.parse_args(arguments)
    code: int = chosen.run(chosen)
    return code


if __name__ == "__main__":
    with nullcontext() if WITHOUT_STORE & set(sys.argv[1:2]) else connected():
        sys.exit(main())
