"""The side door: the staff's commands reach a store that another process, or thread, holds."""

import json
import os
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.store.door import LARGEST, NAME, Caller, Door
from local.store.errors import StoreBroken, StoreError
from local.store.handlers import Answer

TARGET = "DynamoDB_20120810.GetItem"


class Echo:
    """A store that says what it was asked, or refuses."""

    refuses = False

    def call(self, target: str, body: bytes) -> Answer:
        if self.refuses:
            raise StoreBroken("the disk is full")
        return Answer(200, {"Content-Type": target}, body)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path / NAME, Echo())
    yield made
    made.close()


def test_a_question_and_its_answer_pass_unchanged(door: Door, tmp_path: Path) -> None:
    body = os.urandom(3_000_000)
    assert Caller(tmp_path / NAME).call(TARGET, body) == Answer(200, {"Content-Type": TARGET}, body)


def test_nobody_but_the_owner_can_open_it(door: Door, tmp_path: Path) -> None:
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_a_refusal_of_the_store_arrives_as_one(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Echo, "refuses", True)
    with pytest.raises(StoreError, match="the disk is full"):
        Caller(tmp_path / NAME).call(TARGET, b"{}")


def test_a_socket_that_a_killed_server_left_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / NAME))
    with pytest.raises(StoreError, match="nobody answers"):
        Caller(tmp_path / NAME).call(TARGET, b"{}")
    door = Door(tmp_path / NAME, Echo())
    assert Caller(tmp_path / NAME).call(TARGET, b"{}").status == 200
    door.close()


def test_without_a_server_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nobody answers"):
        Caller(tmp_path / NAME).call(TARGET, b"{}")


def test_a_path_longer_than_an_address_works(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    door = Door(deep / NAME, Echo())
    assert Caller(deep / NAME).call(TARGET, b"{}").status == 200
    door.close()
    assert not (deep / NAME).exists()


@pytest.mark.parametrize("last_words", [b"", struct.pack("<II", 90, 2) + b'{"status"'])
def test_a_server_that_dies_in_the_middle_leaves_the_outcome_open(tmp_path: Path, last_words: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as dying:
        dying.bind(str(tmp_path / NAME))
        dying.listen()

        def die() -> None:
            line, _ = dying.accept()
            line.recv(100)
            line.sendall(last_words)
            line.close()

        thread = threading.Thread(target=die)
        thread.start()
        with pytest.raises(StoreError, match="during GetItem; whether that was still done is not known"):
            Caller(tmp_path / NAME).call(TARGET, b"{}")
        thread.join()


@pytest.mark.parametrize(
    "noise",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        struct.pack("<II", LARGEST + 1, 0),
        struct.pack("<II", 2, 0) + b"[]",
        struct.pack("<II", 2, 0) + b"{}",
        struct.pack("<II", 3, 0) + b"\xff\xff\xff",
        struct.pack("<II", 9, 9) + b"{",
        b"",
    ],
)
def test_noise_is_not_answered_and_the_next_one_is(door: Door, tmp_path: Path, noise: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        line.connect(str(tmp_path / NAME))
        line.sendall(noise)
        line.shutdown(socket.SHUT_WR)
        assert line.recv(1) == b""
    assert Caller(tmp_path / NAME).call(TARGET, b"{}").status == 200


def test_a_question_in_small_pieces_is_one_question(door: Door, tmp_path: Path) -> None:
    head = json.dumps({"target": TARGET}).encode()
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        line.connect(str(tmp_path / NAME))
        for byte in struct.pack("<II", len(head), 2) + head + b"{}":
            line.sendall(bytes([byte]))
        answer = line.makefile("rb").read()
    assert answer.endswith(b"}{}")
