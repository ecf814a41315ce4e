"""What comes back from the disk: after a stop, a kill, a torn or a damaged file."""

import os
import pickle
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from local.store.engine import Engine
from local.store.errors import StoreDamaged, StoreError, StoreIncompatible
from local.store.records import MAGIC, pack, parse
from tests.unit.local_store_rows import add_once, call, filled, put, rows

ROOT = Path(__file__).parents[2]
# Writes a row and a transaction of two rows per number, and says so only after the engine has answered.
WRITER = """
import sys, threading
from pathlib import Path
from tests.unit.local_store_rows import TABLE, call, put, transact
from local.store.engine import Engine
engine = Engine(Path(sys.argv[1]), rotate_at_bytes=20_000)
call(engine, "CreateTable", **TABLE)
def write(worker):
    for number in range(1_000_000):
        put(engine, f"{worker}-{number}")
        transact(engine, f"{worker}-{number}-x", f"{worker}-{number}-y")
        sys.stdout.write(f"{worker}-{number}\\n")
        sys.stdout.flush()
for worker in range(4):
    threading.Thread(target=write, args=(worker,)).start()
"""


def record_ends(path: Path) -> list[int]:
    data = path.read_bytes()
    ends = [data.index(b"\n") + 1]
    while (record := parse(data, ends[-1])) is not None:
        ends.append(record.end)
    return ends


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    with filled(tmp_path, "a", "b") as engine:
        call(engine, "DeleteItem", TableName="rows", Key={"id": {"S": "a"}})
        description = call(engine, "DescribeTable", TableName="rows")
    for _ in range(2):
        with Engine(tmp_path) as engine:
            assert set(rows(engine)) == {"b"}
            assert call(engine, "DescribeTable", TableName="rows") == description


def test_refused_writes_are_not_journalled(tmp_path: Path) -> None:
    with filled(tmp_path, "a") as engine:
        size = (tmp_path / "journal").stat().st_size
        assert engine.call("DynamoDB_20120810.PutItem", b'{"TableName": "none", "Item": {}}').status == 400
        assert (tmp_path / "journal").stat().st_size == size


@pytest.mark.parametrize("rotate_at_bytes", [1, 10**9])
def test_token_counts_by_the_recorded_clock_after_reopening(tmp_path: Path, rotate_at_bytes: int) -> None:
    moments = [1e9]
    options: dict[str, Any] = {"clock": lambda: moments[0], "rotate_at_bytes": rotate_at_bytes}
    with filled(tmp_path, **options) as engine:
        add_once(engine, "token")
        moments[0] += 660  # eleven minutes: the token has been forgotten, so this is a new request
        add_once(engine, "token")
        put(engine, "after")
    with Engine(tmp_path, **options) as engine:
        assert rows(engine)["sum"]["n"] == {"N": "2"}
        add_once(engine, "token")  # and this is a repetition, remembered across the restart
        assert rows(engine)["sum"]["n"] == {"N": "2"}


def test_reset_is_durable(tmp_path: Path) -> None:
    with filled(tmp_path, "a") as engine:
        engine.reset()
    with Engine(tmp_path) as engine:
        assert call(engine, "ListTables") == {"TableNames": []}


def test_sigkill_loses_nothing_acknowledged_and_tears_no_transaction(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert child.stdout is not None
    acknowledged = [child.stdout.readline().strip() for _ in range(300)]
    child.kill()
    acknowledged += child.stdout.read().split("\n")[:-1]  # what follows the last line's end is no whole name
    child.wait()
    with Engine(tmp_path) as engine:
        found = set(rows(engine))
    assert found >= {name + end for name in acknowledged for end in ("", "-x", "-y")}
    first_halves = {name[:-2] for name in found if name.endswith("-x")}
    assert first_halves == {name[:-2] for name in found if name.endswith("-y")}


def test_a_tail_torn_anywhere_is_cut(tmp_path: Path) -> None:
    filled(tmp_path, "a", "b").close()
    path = tmp_path / "journal"
    whole, last_begins = path.read_bytes(), record_ends(path)[-2]
    tails = [whole[last_begins:end] for end in range(last_begins, len(whole), 7)]
    for tail in [*tails, MAGIC + bytes(100)]:  # the last one: a block that never reached the disk
        path.write_bytes(whole[:last_begins] + tail)
        with Engine(tmp_path) as engine:
            assert set(rows(engine)) == {"a"}
            put(engine, "c")
        with Engine(tmp_path) as engine:
            assert set(rows(engine)) == {"a", "c"}


def test_damage_anywhere_in_the_middle_is_refused_and_kept(tmp_path: Path) -> None:
    filled(tmp_path, "a", "b").close()
    path = tmp_path / "journal"
    whole, ends = path.read_bytes(), record_ends(path)
    for damaged_at in range(ends[-3], ends[-2]):
        damaged = bytearray(whole)
        damaged[damaged_at] ^= 0x55
        path.write_bytes(damaged)
        with pytest.raises(StoreDamaged, match=f"at byte {ends[-3]} is damaged and valid records follow"):
            Engine(tmp_path)
        assert path.read_bytes() == damaged


def test_damaged_snapshot_is_refused_although_nothing_follows_it(tmp_path: Path) -> None:
    Engine(tmp_path).close()
    path = tmp_path / "journal"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreDamaged, match="snapshot"):
        Engine(tmp_path)


def test_journal_of_another_version_is_refused(tmp_path: Path) -> None:
    Engine(tmp_path).close()
    path = tmp_path / "journal"
    path.write_bytes(path.read_bytes().replace(b"ministack 1.5.33", b"ministack 1.5.34", 1))
    with pytest.raises(StoreIncompatible, match=r"1\.5\.34.*needs.*1\.5\.33"):
        Engine(tmp_path)


def test_record_that_is_refused_at_replay_is_not_passed_over(tmp_path: Path) -> None:
    Engine(tmp_path).close()
    with (tmp_path / "journal").open("ab") as file:
        file.write(pack(0.0, "DynamoDB_20120810.DeleteTable", b'{"TableName": "none"}'))
    with pytest.raises(StoreDamaged, match="DeleteTable .* is refused now"):
        Engine(tmp_path)


def test_snapshot_that_would_run_code_is_refused(tmp_path: Path) -> None:
    Engine(tmp_path).close()
    path = tmp_path / "journal"
    first_line = path.read_bytes().split(b"\n")[0] + b"\n"
    harmful = b"cos\nsystem\n(S'false'\ntR."
    path.write_bytes(first_line + pack(0.0, "Snapshot", harmful))
    with pytest.raises(pickle.UnpicklingError, match=r"os.system does not belong"):
        Engine(tmp_path)


def test_journal_rotates_by_size_and_keeps_everything(tmp_path: Path) -> None:
    sizes: list[int] = []
    with filled(tmp_path, rotate_at_bytes=2_000) as engine:
        for number in range(200):
            put(engine, "same", n={"N": str(number)})
            sizes.append((tmp_path / "journal").stat().st_size)
    assert max(sizes) < 6_000
    assert 5 < sum(later < earlier for earlier, later in pairwise(sizes)) < 20  # by size, not at every write
    with Engine(tmp_path) as engine:
        assert rows(engine)["same"]["n"] == {"N": "199"}


def test_journal_counts_on_after_reopening(tmp_path: Path) -> None:
    filled(tmp_path, *["same"] * 50).close()
    size = (tmp_path / "journal").stat().st_size
    with Engine(tmp_path, rotate_at_bytes=2_000) as engine:
        put(engine, "same")
    assert (tmp_path / "journal").stat().st_size < size / 2


def test_second_process_is_refused(tmp_path: Path) -> None:
    program = "import sys, pathlib, local.store.engine as e; e.Engine(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", program, str(tmp_path)]
    with Engine(tmp_path):
        child = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert child.returncode == 1
    assert f"StoreLocked: {tmp_path} is in use by another process" in child.stderr


def test_forked_child_is_refused(tmp_path: Path) -> None:
    with filled(tmp_path) as engine:
        child = os.fork()
        if child == 0:
            try:
                put(engine, "child")
            except StoreError:
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
