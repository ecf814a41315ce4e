"""A disk that fails, and a process that dies at each step of a rotation."""

import errno
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.store.engine import Engine
from local.store.errors import StoreBroken
from tests.unit.local_store_rows import TABLE, call, filled, put, rows


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


class DyingOs:
    """`os`, until the given number of calls has been made; afterwards no call does anything."""

    def __init__(self, calls_left: int) -> None:
        self.calls_left = calls_left

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        return real if name.isupper() else lambda *arguments: self._call(real, *arguments)

    def _call(self, real: Callable[..., Any], *arguments: Any) -> Any:
        self.calls_left -= 1
        if self.calls_left < 0:
            if real is os.write and self.calls_left == -1:
                os.write(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
            raise Killed
        return real(*arguments)


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """The kernel's own write error, after a short write, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def failing(*_: Any) -> None:
    raise OSError(errno.EIO, "Input/output error")


def test_dying_anywhere_in_a_rotation_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deaths = 0
    while True:
        engine = filled(tmp_path / str(deaths), "a", "b", rotate_at_bytes=1)
        with monkeypatch.context() as patch:
            patch.setattr("local.store.journal.os", DyingOs(calls_left=deaths))
            try:
                put(engine, "c")
            except Killed:
                pass
            else:
                break
        engine.close()
        with Engine(tmp_path / str(deaths)) as engine:
            assert {"a", "b"} <= set(rows(engine)) <= {"a", "b", "c"}
            assert sorted(os.listdir(tmp_path / str(deaths))) == ["journal", "lock"]
        deaths += 1
    engine.close()
    assert deaths == 10  # open, write, fsync, rename; directory open, fsync, close; close; the row's two


def test_full_disk_is_not_acknowledged_and_stops_the_store(tmp_path: Path) -> None:
    with filled(tmp_path, "a") as engine:
        with (
            file_size_limit((tmp_path / "journal").stat().st_size + 20),
            pytest.raises(StoreBroken, match="EFBIG|27"),
        ):
            put(engine, "b")
        for action in (lambda: put(engine, "c"), lambda: rows(engine)):
            with pytest.raises(StoreBroken, match="needs a restart"):
                action()
    with Engine(tmp_path) as engine:
        assert set(rows(engine)) == {"a"}


def test_failed_fdatasync_is_never_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled(tmp_path, "a") as engine:
        with monkeypatch.context() as patch:
            patch.setattr("local.store.journal.os.fdatasync", failing)
            with pytest.raises(StoreBroken, match="Input/output error"):
                put(engine, "b")
        with pytest.raises(StoreBroken, match="needs a restart"):
            rows(engine)  # would show b, which nobody was promised


def test_failed_rotation_stops_the_store_and_keeps_the_old_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filled(tmp_path, "a", "b", rotate_at_bytes=1) as engine:
        monkeypatch.setattr("local.store.journal.os.rename", failing)
        with pytest.raises(StoreBroken):
            put(engine, "c")
        with pytest.raises(StoreBroken, match="needs a restart"):
            put(engine, "d")
    with Engine(tmp_path) as engine:
        assert set(rows(engine)) == {"a", "b"}


def test_failed_reset_stops_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled(tmp_path, "a") as engine:
        with monkeypatch.context() as patch:
            patch.setattr("local.store.journal.os.rename", failing)
            with pytest.raises(StoreBroken):
                engine.reset()
        with pytest.raises(StoreBroken, match="needs a restart"):
            call(engine, "ListTables")
    with Engine(tmp_path) as engine:
        assert set(rows(engine)) == {"a"}


def test_crashed_handler_stops_the_store(tmp_path: Path) -> None:
    with filled(tmp_path, "a") as engine:
        without_throughput = {**TABLE, "TableName": "other", "BillingMode": "PROVISIONED"}
        throughput = {"ReadCapacityUnits": None, "WriteCapacityUnits": None}
        with pytest.raises(StoreBroken, match="CreateTable"):
            call(engine, "CreateTable", **without_throughput, ProvisionedThroughput=throughput)
        with pytest.raises(StoreBroken, match="needs a restart"):
            put(engine, "b")


def test_reads_wait_for_writes_they_may_have_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    with filled(tmp_path) as engine:
        with monkeypatch.context() as patch:  # two writers whose own sync has not come yet
            patch.setattr("local.store.journal.Journal.sync", lambda *_: None)
            put(engine, "a")
            put(engine, "b")
        monkeypatch.setattr("local.store.journal.os.fdatasync", synced.append)
        rows(engine)
        assert len(synced) == 1  # one for both
        rows(engine)
        assert len(synced) == 1


def test_every_write_is_synced_before_its_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    with filled(tmp_path) as engine:
        monkeypatch.setattr("local.store.journal.os.fdatasync", lambda f: synced.append(os.fstat(f).st_size))
        put(engine, "a")
        assert synced == [(tmp_path / "journal").stat().st_size]
