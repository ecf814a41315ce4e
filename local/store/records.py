"""The journal's file format.

file    = HEAD, snapshot record, request records
record  = magic (4 bytes), payload length (u32), CRC-32 of the payload (u32), payload; little-endian
payload = recorded time (f64, seconds), target length (u16), target (ASCII), body
"""

import struct
import zlib
from typing import NamedTuple

# 0xF5 occurs in no UTF-8 text, so a request body never looks like the start of a record.
MAGIC = b"\xf5DDB"
# The target of the first record; its body is the whole state.
SNAPSHOT = "Snapshot"
_FRAME = struct.Struct("<4sII")
_PREFIX = struct.Struct("<dH")


class Record(NamedTuple):
    """One record, and the offset of the byte after it."""

    recorded_at: float
    target: str
    body: bytes
    end: int


def head(engine_version: str) -> bytes:
    """First line of a journal: the format's version, and whose state the snapshot holds."""
    return f"local-store 1 ministack {engine_version}\n".encode()


def pack(recorded_at: float, target: str, body: bytes) -> bytes:
    """One record as bytes."""
    name = target.encode("ascii")
    payload = _PREFIX.pack(recorded_at, len(name)) + name + body
    return _FRAME.pack(MAGIC, len(payload), zlib.crc32(payload)) + payload


def parse(data: bytes, at: int) -> Record | None:
    """The record that starts at this offset; None when there is no whole and undamaged one."""
    start = at + _FRAME.size
    if start > len(data):
        return None
    magic, length, crc = _FRAME.unpack_from(data, at)
    payload = memoryview(data)[start : start + length]
    if magic != MAGIC or length < _PREFIX.size or zlib.crc32(payload) != crc:
        return None
    recorded_at, name_length = _PREFIX.unpack_from(payload)
    name_end = _PREFIX.size + name_length
    target = bytes(payload[_PREFIX.size : name_end]).decode("ascii")
    return Record(recorded_at, target, bytes(payload[name_end:]), start + length)


def next_intact(data: bytes, after: int) -> int | None:
    """Offset of the first valid record beyond a damaged one.

    Found by the magic, not by the damaged record's length, because the length itself may be what is damaged.
    """
    at = data.find(MAGIC, after + 1)
    while at >= 0:
        if parse(data, at) is not None:
            return at
        at = data.find(MAGIC, at + 1)
    return None
