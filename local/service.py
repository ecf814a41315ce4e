"""``make serve``: the product on one server, behind the provider's own TLS (docs/serve.md).

No sandbox, no demo data, the real clock. It starts only with settings that a deployment needs.
"""

import logging
import os
import signal
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

from local import key_file, settings_file

log = logging.getLogger(__name__)

#: EX_CONFIG of sysexits.h: to start again would not help, and systemd can be told so.
REFUSED = 78
#: How often the agenda is looked at between the schedules' own minutes.
LOOK_SECONDS = 5
STOP_SECONDS = 20


def main() -> int:
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    try:
        settings_file.add_to(os.environ)
    except settings_file.BadSettings as error:
        return _refuse([str(error)])
    os.environ.setdefault("PORTAL_PUBLIC_ORIGINS", os.environ.get("PORTAL_SITE_URL", ""))
    # imported only now: settings and table names are read from the environment when the portal is loaded
    from local.refusals import refusals

    found = refusals(os.environ)
    if not found:
        key_file.name_in(os.environ, Path(os.environ["DATA_DIR"]))
    return _refuse(found) if found else _serve(Path(os.environ["DATA_DIR"]), stop)


def _serve(data: Path, stop: threading.Event) -> int:
    from chalicelib import bootstrap, clock, logs
    from local.machine import Machine
    from local.purpose import Purpose, WrongPurpose
    from local.schedules import Schedules
    from local.store.errors import StoreError

    logs.configure(os.environ)
    logging.getLogger(__name__).setLevel(logging.INFO)
    # lines that only CloudWatch can read; what they count stands in the jobs' own lines too
    logging.getLogger("chalicelib.metrics").setLevel(logging.WARNING)
    port = int(os.environ.get("PORT", "8000"))
    try:
        machine = Machine(data, Purpose.SERVICE, clock.utc_now)
        if _holds_demo_data():
            machine.close()
            raise WrongPurpose(f"DATA_DIR: {data} holds the demonstration's subscribers; a service begins without them")
        machine.listen(port, hosts=_hosts(bootstrap.settings().site_url))
    except WrongPurpose as error:
        return _refuse([str(error)])
    except (StoreError, OSError) as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 1
    schedules = Schedules(machine.app, clock.utc_now)
    schedules.start()
    machine.start(lambda: schedules.hurry(bootstrap.agenda_runner().next_due()), LOOK_SECONDS)
    log.info("serving", extra={"port": port, "site": bootstrap.settings().site_url})
    stop.wait()
    log.info("stopping")
    machine.hang_up()
    if not schedules.stop(STOP_SECONDS):
        log.warning("a schedule is still at work; what it does is in the agenda and is taken up again")
    machine.close()
    log.info("stopped")
    return 0


def _hosts(site_url: str) -> frozenset[str]:
    """The site's public name, with the port and without: proxies differ in what they pass on."""
    parts = urlsplit(site_url)
    return frozenset({parts.netloc.lower(), str(parts.hostname)})


def _holds_demo_data() -> bool:
    """A copied journal brings no file that says what it is for."""
    from chalicelib.store.subscribers import SubscriberStore
    from local.demo_logins import PEOPLE

    return any(SubscriberStore().get(f"sub-{login}") is not None for login, *_ in PEOPLE)


def _refuse(reasons: list[str]) -> int:
    print("Refused to start:", *(f"  {reason}" for reason in reasons), sep="\n", file=sys.stderr)
    return REFUSED
