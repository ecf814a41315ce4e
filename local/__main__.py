"""``python -m local``: the demonstration (``make run``); ``python -m local serve``: the service (``make serve``)."""

import argparse
import sys


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local")
    parser.add_argument("what", nargs="?", choices=("run", "serve"), default="run")
    if parser.parse_args().what == "serve":
        from local import service

        return service.main()
    from local import run

    return run.main()


if __name__ == "__main__":
    sys.exit(main())
