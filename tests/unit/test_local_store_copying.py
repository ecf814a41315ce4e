"""A copy of the journal opens as the store that it was taken of."""

import json
from pathlib import Path

import pytest

from local.store.copying import copy
from local.store.engine import Engine
from local.store.errors import StoreDamaged

TABLE = {
    "TableName": "table",
    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def ask(engine: Engine, action: str, **body: object) -> bytes:
    answer = engine.call(f"DynamoDB_20120810.{action}", json.dumps(body).encode())
    assert answer.status == 200, answer.body
    return answer.body


def put(engine: Engine, key: str) -> None:
    ask(engine, "PutItem", TableName="table", Item={"k": {"S": key}})


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Taken by the tests while the engine is open or closed alike: nothing is written at closing."""
    with Engine(tmp_path / "store") as engine:
        ask(engine, "CreateTable", **TABLE)
        for key in "abc":
            put(engine, key)
    return tmp_path / "store" / "journal"


def test_a_copy_of_an_open_store_holds_what_was_acknowledged(tmp_path: Path, journal: Path) -> None:
    with Engine(journal.parent) as engine:
        put(engine, "d")
        (tmp_path / "restored").mkdir()
        copied = copy(journal, tmp_path / "restored" / "journal")
        put(engine, "later")
    assert copied.requests == 5
    with Engine(tmp_path / "restored") as engine:
        assert json.loads(ask(engine, "Scan", TableName="table", Select="COUNT"))["Count"] == 4


def test_half_a_record_at_the_end_is_left_out(tmp_path: Path, journal: Path) -> None:
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-3])
    assert copy(journal, tmp_path / "copy").requests == 3
    assert whole.startswith((tmp_path / "copy").read_bytes())


def test_a_damaged_journal_is_not_called_a_backup(tmp_path: Path, journal: Path) -> None:
    data = bytearray(journal.read_bytes())
    data[data.index(b'"a"') + 1] ^= 1
    journal.write_bytes(data)
    with pytest.raises(StoreDamaged):
        copy(journal, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_an_older_copy_is_not_overwritten(tmp_path: Path, journal: Path) -> None:
    (tmp_path / "copy").write_text("yesterday")
    with pytest.raises(FileExistsError):
        copy(journal, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "yesterday"
    assert [file.name for file in tmp_path.iterdir() if file.name.endswith(".part")] == []


def test_nobody_else_may_read_a_copy(tmp_path: Path, journal: Path) -> None:
    copy(journal, tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
