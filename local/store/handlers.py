"""The only module that knows ministack's insides: a private API, hence the exact version and the self-check.

Known gap of ministack 1.5.33: `SET v = v + :n` on a String is silently ignored; DynamoDB answers an error.
Its Query is linear in the size of the partition.
"""

import decimal
import importlib
import importlib.metadata
import io
import pickle
import threading
import time
import uuid
import zlib
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from local.store.errors import StoreIncompatible

VERSION = "1.5.33"
# Every table lives in one account and region, whatever a client was configured with: a client that differs
# only by region must not see an empty store, and a journal must replay the same under any environment.
_ACCOUNT, _REGION = "000000000000", "us-east-1"
_STORES = ("_tables", "_tags", "_ttl_settings", "_pitr_settings", "_backups", "_txn_idempotency")
_NEEDED = (
    *_STORES, "handle_request", "reset", "request_scope", "time", "new_uuid", "_ttl_reaper",
)  # fmt: skip
_REAPER = "dynamodb-ttl-reaper"
# DynamoDB's numbers have 38 digits; Python's default of 28 would round kopecks of a large sum away.
_DECIMALS = decimal.Context(prec=38)


class Answer(NamedTuple):
    """An HTTP answer of DynamoDB."""

    status: int
    headers: dict[str, str]
    body: bytes


class Store(Protocol):
    """Whatever answers DynamoDB's requests: the engine of this process, or the door to another's."""

    def call(self, target: str, body: bytes) -> Answer: ...


class _Moment:
    """Replaces `time` and `new_uuid` inside ministack, so that a replayed request sees what it saw live.

    ministack's TTL reaper looks `time` up at every round: its next call never returns. It would delete
    behind the journal's back, without our lock, and nothing in the product relies on TTL.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._seed = ""
        self._drawn = 0

    def begin(self, now: float, body: bytes) -> None:
        self._now, self._seed, self._drawn = now, f"{now!r}:{zlib.crc32(body)}", 0

    def time(self) -> float:
        _park_reaper()
        return self._now

    def sleep(self, seconds: float) -> None:
        _park_reaper()
        time.sleep(seconds)

    def new_uuid(self) -> str:
        self._drawn += 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._seed}:{self._drawn}"))


def _park_reaper() -> None:
    """For ever, not by an exception: test runners report those. As a daemon it dies with the process."""
    if threading.current_thread().name == _REAPER:
        threading.Event().wait()


class Handlers:
    """ministack's DynamoDB, called in-process. Its state is global to it; the caller holds one lock."""

    def __init__(self) -> None:
        self._ministack = checked_ministack()
        self._moment = _Moment()
        # Never put back: with the real clock a reaper that is still asleep would go on deleting.
        self._ministack.time = self._moment  # type: ignore[attr-defined]
        self._ministack.new_uuid = self._moment.new_uuid  # type: ignore[attr-defined]
        self.reset()

    def call(self, target: str, body: bytes, now: float) -> Answer:
        """One request, at this moment."""
        self._moment.begin(now, body)
        with decimal.localcontext(_DECIMALS), self._ministack.request_scope(_ACCOUNT, _REGION):
            request = self._ministack.handle_request("POST", "/", {"x-amz-target": target}, body, {})
            status, headers, answer = _drive(request)
        return Answer(status, headers, answer if isinstance(answer, bytes) else answer.encode())

    def reset(self) -> None:
        """Drop every table, row and remembered token."""
        self._ministack.reset()

    def dump(self) -> bytes:
        """The whole state, idempotency tokens included. Pickled, because JSON would turn keys and tuples."""
        stores = {name: dict(self._store(name)) for name in _STORES}
        return pickle.dumps(stores, protocol=5)

    def load(self, state: bytes) -> None:
        """Replace the state by a dumped one."""
        self.reset()
        for name, rows in _PlainUnpickler(io.BytesIO(state)).load().items():
            self._store(name).update(rows)

    def _store(self, name: str) -> dict[Any, Any]:
        store: dict[Any, Any] = getattr(self._ministack, name)._data
        return store


def checked_ministack() -> ModuleType:
    """The pinned module, or a refusal that says what to install."""
    try:
        found = importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError:
        found = "none"
    if found != VERSION:
        raise StoreIncompatible(f"the local store needs ministack=={VERSION}, found {found}")
    module = importlib.import_module("ministack.services.dynamodb")
    missing = [name for name in _NEEDED if not hasattr(module, name)]
    missing += [f"{name}._data" for name in _STORES if not hasattr(getattr(module, name, None), "_data")]
    if missing:
        raise StoreIncompatible(f"ministack {VERSION} is not as expected, missing: {', '.join(missing)}")
    return module


def _drive(coroutine: Any) -> Any:
    """The handlers are `async` but never wait, so one step runs them to the end, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        return finished.value
    raise RuntimeError("a ministack handler waited for something")


class _PlainUnpickler(pickle.Unpickler):
    """A data file must not be able to run code: plain containers only."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in {("collections", "defaultdict"), ("builtins", "dict"), ("builtins", "set")}:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} does not belong into a snapshot")
