"""Which store the staff's commands speak to: the cloud's, or this machine's.

With ``PORTAL_STAGE`` of a deployment it is the cloud's, unless ``DATA_DIR`` names the directory of a service
on this machine (docs/serve.md); the same ``SETTINGS_FILE`` as the service's says both. Otherwise it is the
data directory of ``make run``. A running server answers by its side door, because its store has one owner at
a time; when none runs, the command opens the directory by itself.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def data_directory() -> Path | None:
    """The directory with this machine's store; None where the store is the cloud's."""
    if os.environ.get("PORTAL_STAGE", "local") != "local" and not os.environ.get("DATA_DIR"):
        return None
    return Path(os.environ.get("DATA_DIR", ".local"))


@contextmanager
def connected() -> Iterator[None]:
    """Everything inside sees the store; nothing of the portal may be imported before.

    :raises SystemExit: there is no such store, or it does not answer; the message says why.
    """
    _read_settings()
    data = data_directory()
    if data is None:
        yield
        return
    from local import key_file
    from local.store.errors import StoreError

    key_file.name_in(os.environ, data)
    try:
        with _opened(data):
            yield
    except StoreError as error:
        raise SystemExit(str(error)) from None


def _read_settings() -> None:
    if not os.environ.get("SETTINGS_FILE"):
        return
    from local import settings_file

    try:
        settings_file.add_to(os.environ)
    except settings_file.BadSettings as error:
        raise SystemExit(str(error)) from None


@contextmanager
def _opened(data: Path) -> Iterator[None]:
    from local.store import door
    from local.store.engine import Engine
    from local.store.errors import StoreLocked
    from local.store.transport import attach, detach

    _check(data)
    try:
        engine = Engine(data / "store")
    except StoreLocked:
        attach(door.Caller(data / door.NAME))
        yield
        return
    attach(engine)
    try:
        yield
    finally:
        detach()
        engine.close()


def _check(data: Path) -> None:
    """Files that another user made here would lock the service out of its own store."""
    from local.purpose import Purpose, WrongPurpose, purpose_of

    try:
        if not (data / "store").is_dir():
            raise SystemExit(f"no data in {data.resolve()}: start `make run` first, or set DATA_DIR or PORTAL_STAGE")
        purpose = purpose_of(data)
    except PermissionError:
        raise SystemExit(f"{data} opens to its owner only") from None
    except WrongPurpose as error:
        raise SystemExit(str(error)) from None
    if os.environ.get("PORTAL_STAGE", "local") != "local" and purpose is not Purpose.SERVICE:
        raise SystemExit(f"DATA_DIR: {data} is no service's; unset it, or PORTAL_STAGE")
    if data.stat().st_uid != os.geteuid():
        raise SystemExit(f"{data} belongs to another user: run the command as its owner (sudo -u)")
