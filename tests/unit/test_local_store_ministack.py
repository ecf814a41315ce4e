"""What the store changes in ministack, and the versions it refuses."""

import threading
from typing import Any

import pytest

from local.store import handlers
from local.store.engine import Engine
from local.store.errors import StoreIncompatible
from tests.unit.local_store_rows import call, filled, put, rows


def test_expired_rows_stay_because_the_reaper_never_gets_on(monkeypatch: pytest.MonkeyPatch) -> None:
    expires: dict[str, Any] = {"Enabled": True, "AttributeName": "expires_at"}
    with filled(None) as engine:
        put(engine, "a", expires_at={"N": "1"})
        call(engine, "UpdateTimeToLive", TableName="rows", TimeToLiveSpecification=expires)
        monkeypatch.setattr("local.store.handlers.time.sleep", lambda _seconds: None)
        ministack = handlers.checked_ministack()
        reaper = threading.Thread(target=ministack._ttl_reaper, name="dynamodb-ttl-reaper", daemon=True)
        reaper.start()
        reaper.join(0.2)  # time enough to delete for a reaper that does not sleep; a parked one never does
        assert reaper.is_alive()
        assert set(rows(engine)) == {"a"}


def test_ministack_sees_the_given_clock() -> None:
    with filled(None, clock=lambda: 1_700_000_000.0) as engine:
        assert call(engine, "DescribeTable", TableName="rows")["Table"]["CreationDateTime"] == 1_700_000_000


def test_every_account_and_region_sees_the_same_tables() -> None:
    with filled(None, "a") as engine, handlers.checked_ministack().request_scope("111111111111", "eu-west-1"):
        assert set(rows(engine)) == {"a"}


def test_another_ministack_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _: "1.5.34")
    with pytest.raises(StoreIncompatible, match="needs ministack==1.5.33, found 1.5.34"):
        Engine()


def test_a_missing_private_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(handlers.checked_ministack(), "_txn_idempotency")
    with pytest.raises(StoreIncompatible, match="missing: _txn_idempotency"):
        Engine()
