"""``make run``: the whole product on one machine, with demo subscribers and sandboxes of the outside companies."""

import logging
import os
import signal
import sys
import threading
from pathlib import Path

from local import key_file


def main() -> int:
    port = int(os.environ.get("PORT", "8000"))
    data = Path(os.environ.get("DATA_DIR", ".local"))
    _environment(port)
    key_file.name_in(os.environ, data)
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "WARNING"), format="%(levelname)s %(name)s %(message)s")
    # imported only now: settings and table names are read from the environment when the portal is loaded
    from local.demonstration import Demonstration
    from local.purpose import WrongPurpose
    from local.store.errors import StoreError

    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    try:
        demonstration = Demonstration(data, port)
    except (WrongPurpose, StoreError, OSError) as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 1
    print(
        f"\n  Subscriber portal   http://127.0.0.1:{port}/\n"
        f"  Sandbox panel       http://127.0.0.1:{port}/sandbox/\n\n"
        "  Demo logins: alice, bob, charlie; the password of each is demo-password-1\n"
        f"  Data: {data.resolve()} (make reset starts afresh). Ctrl+C stops.\n",
        flush=True,
    )
    stop.wait()
    demonstration.close()
    return 0


def _environment(port: int) -> None:
    """Settings of the demonstration; a variable that is already set wins."""
    from local.sandbox import demo_environment

    origin = f"http://127.0.0.1:{port}"
    defaults = {
        "PORTAL_STAGE": "local",
        "PORTAL_SITE_URL": origin,
        "PORTAL_PUBLIC_ORIGINS": f"{origin},http://localhost:{port}",
        "PORTAL_GATEWAYS": "robokassa,uniteller",
        "PORTAL_SMS": "smsc",
        "PORTAL_EMAIL": "ses",
        **demo_environment(origin),
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
