"""The engine: one lock, ministack's handlers, and the journal before every answer."""

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from local.store.errors import Fuse, StoreDamaged, StoreError, StoreLocked
from local.store.handlers import VERSION, Answer, Handlers
from local.store.journal import Journal
from local.store.records import SNAPSHOT, Record

_WRITES = frozenset({
    "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems",
    "CreateTable", "UpdateTable", "DeleteTable", "UpdateTimeToLive", "TagResource", "UntagResource",
    "UpdateContinuousBackups", "CreateBackup", "DeleteBackup", "RestoreTableFromBackup",
})  # fmt: skip
_READS = frozenset({
    "GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan",
    "DescribeTable", "ListTables", "DescribeTimeToLive", "ListTagsOfResource",
    "DescribeContinuousBackups", "DescribeBackup", "ListBackups", "DescribeEndpoints", "DescribeLimits",
})  # fmt: skip

_active: "Engine | None" = None
_active_lock = threading.Lock()


class Engine:
    """DynamoDB in this process: with a directory durable, without one for the length of the process.

    `clock` is what ministack takes for the time (creation dates, the ten minutes of a ClientRequestToken).
    The moment of each write is recorded and given back at replay; otherwise a token used twice within an hour
    would be replayed as one write. One engine per process: ministack's state is global to the process.
    """

    def __init__(
        self,
        directory: Path | None = None,
        clock: Callable[[], float] = time.time,
        rotate_at_bytes: int = 64 * 2**20,
    ) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._fuse = Fuse()
        self._process = os.getpid()
        self._closed = False
        self._journal: Journal | None = None
        self._claim_process()
        try:
            self._handlers = Handlers()
            if directory is not None:
                self._journal = Journal(directory, VERSION, self._fuse, rotate_at_bytes)
                self._recover(self._journal)
        except BaseException:
            self.close()
            raise

    def call(self, target: str, body: bytes) -> Answer:
        """Answer one request; `target` is the X-Amz-Target header, 'DynamoDB_20120810.PutItem'.

        Reads and refusals wait for the disk too: they may have seen a write of another thread that is not
        safe yet, and whoever acts on an answer must not find it gone after a crash.
        """
        action = target.rpartition(".")[2]
        if action not in _WRITES and action not in _READS:
            return _unknown(action)
        with self._lock:
            self._check_usable()
            answer = self._write(target, body) if action in _WRITES else self._read(target, body)
            position = self._journal.position if self._journal else 0
        if self._journal:
            self._journal.sync(position)
        return answer

    def _read(self, target: str, body: bytes) -> Answer:
        return self._handlers.call(target, body, self._clock())

    def _write(self, target: str, body: bytes) -> Answer:
        now = self._clock()
        if self._journal is None:
            return self._handlers.call(target, body, now)
        return self._write_journalled(self._journal, target, body, now)

    def _write_journalled(self, journal: Journal, target: str, body: bytes, now: float) -> Answer:
        """Only what was accepted is journalled: a refused request has changed nothing.

        A handler that crashes may have changed half of something, which the disk will never hear of: this too
        stops the store, and a restart brings back what is on the disk.
        """
        with self._fuse.guard(f"the write {target}"):
            if journal.is_full:
                journal.rotate(now, self._handlers.dump())
            answer = self._handlers.call(target, body, now)
            if answer.status == 200:
                journal.append(now, target, body)
        return answer

    def reset(self) -> None:
        """Drop all tables and rows, on the disk too."""
        with self._lock:
            self._check_usable()
            self._handlers.reset()
            if self._journal:
                self._journal.rotate(self._clock(), self._handlers.dump())

    def _recover(self, journal: Journal) -> None:
        empty = True
        for record in journal.recover():
            self._replay(record)
            empty = False
        if empty:
            journal.rotate(self._clock(), self._handlers.dump())

    def _replay(self, record: Record) -> None:
        if record.target == SNAPSHOT:
            self._handlers.load(record.body)
            return
        answer = self._handlers.call(record.target, record.body, record.recorded_at)
        if answer.status != 200:
            raise StoreDamaged(
                f"the journal's {record.target} that ends at byte {record.end} was accepted when it was "
                f"written and is refused now: {answer.body[:300]!r}"
            )

    def _check_usable(self) -> None:
        if self._closed:
            raise StoreError("this engine is closed")
        if os.getpid() != self._process:
            raise StoreError("this engine belongs to the parent process; the local store is single-process")

    def _claim_process(self) -> None:
        global _active
        with _active_lock:
            if _active is not None:
                raise StoreLocked("this process already has an engine; close it before making another")
            _active = self

    def close(self) -> None:
        """Forget the state in memory and let another engine be made. Writes nothing; may be called twice."""
        global _active
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._journal:
                self._journal.close()
            if hasattr(self, "_handlers"):
                self._handlers.reset()
        with _active_lock:
            _active = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _unknown(action: str) -> Answer:
    """PartiQL, imports, Kinesis and the like: not in the portability law, and not in the journal."""
    message = f"the local store does not serve {action}"
    body = json.dumps({"__type": "UnknownOperationException", "message": message}).encode()
    return Answer(400, {"Content-Type": "application/x-amz-json-1.0"}, body)
