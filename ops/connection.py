"""Which store the staff's commands speak to: the cloud's, or this machine's.

With ``PORTAL_STAGE`` of a deployment it is the cloud's. Otherwise the data directory of ``make run``:
through the running server if there is one, because its store has one owner at a time, else by itself.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ADDRESS_FILE = "server.json"


@contextmanager
def connected() -> Iterator[None]:
    """Everything inside sees the store; nothing of the portal may be imported before.

    :raises SystemExit: there is no data on this machine.
    """
    if os.environ.get("PORTAL_STAGE", "local") != "local":
        yield
        return
    data = Path(os.environ.get("DATA_DIR", ".local"))
    if not (data / "store").is_dir():
        raise SystemExit(f"no data in {data.resolve()}: start `make run` first, or set DATA_DIR or PORTAL_STAGE")
    from local.store.engine import Engine
    from local.store.errors import StoreLocked
    from local.store.transport import attach, detach

    try:
        engine = Engine(data / "store")
    except StoreLocked:
        port = json.loads((data / ADDRESS_FILE).read_text())["port"]
        os.environ["PORTAL_STORE_ENDPOINT"] = f"http://127.0.0.1:{port}/sandbox/dynamodb"
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            os.environ.setdefault(name, "local")
        yield
        return
    attach(engine)
    try:
        yield
    finally:
        detach()
        engine.close()
