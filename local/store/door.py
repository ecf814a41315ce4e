"""The side door to a running server's store: a Unix socket that nobody but the owner of the data can open.

The staff's commands come in here. A frame is two lengths, a head in JSON and a body; the question's head
has the target, the answer's the status and headers, or the reason why the store does not answer.
One connection carries one question, so that no state outlives it.
"""

import json
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingMixIn, UnixStreamServer
from typing import Any

from local.store.errors import StoreError
from local.store.handlers import Answer, Store

NAME = "store.sock"
_LENGTHS = struct.Struct("<II")
#: Far beyond what DynamoDB takes or gives; a length above it is noise.
LARGEST = 64 * 2**20
#: How long either side waits for the other to go on.
PATIENCE_SECONDS = 60
#: What every system's address of a socket holds.
LONGEST_ADDRESS = 100


class BadFrame(Exception):
    """Not a frame, or half of one."""


class Door(ThreadingMixIn, UnixStreamServer):
    """Open from construction to ``close``. The caller holds the store's lock: a socket found there is a dead one's."""

    daemon_threads = True
    request_queue_size = 32

    def __init__(self, path: Path, store: Store) -> None:
        self.store = store
        self._path = path
        path.unlink(missing_ok=True)
        with _address(path) as address:
            super().__init__(address, _Visit)
        path.chmod(0o600)
        threading.Thread(target=self.serve_forever, name="side door", daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self._path.unlink(missing_ok=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A command that was interrupted is no failure of the server."""


class _Visit(StreamRequestHandler):
    timeout = PATIENCE_SECONDS
    server: Door

    def handle(self) -> None:
        head, body = _receive(self.rfile)
        try:
            answer = self.server.store.call(str(head["target"]), body)
        except StoreError as error:
            _send(self.wfile, {"refused": str(error)}, b"")
        else:
            _send(self.wfile, {"status": answer.status, "headers": answer.headers}, answer.body)


class Caller:
    """The engine's ``call``, answered by the process that holds the store."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def call(self, target: str, body: bytes) -> Answer:
        """:raises StoreError: nobody is there, it has stopped, or it went away in the middle."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(PATIENCE_SECONDS)
            self._connect(line)
            try:
                with line.makefile("rwb") as stream:
                    _send(stream, {"target": target}, body)
                    head, answer = _receive(stream)
            except (OSError, BadFrame) as error:
                raise StoreError(
                    f"the server went away during {target.rpartition('.')[2]}; "
                    "whether that was still done is not known: look before you repeat it"
                ) from error
        if "refused" in head:
            raise StoreError(str(head["refused"]))
        return Answer(int(head["status"]), dict(head["headers"]), answer)

    def _connect(self, line: socket.socket) -> None:
        try:
            with _address(self._path) as address:
                line.connect(address)
        except PermissionError:
            raise StoreError(f"{self._path} opens to the owner of the data only") from None
        except OSError as error:
            raise StoreError(
                f"the store is in use and nobody answers at {self._path} ({error.strerror or error}): another "
                "command works with it, or the server is just starting or stopping; try again"
            ) from error


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """The path as a socket's address, which is short: a long one goes through its directory's open file (Linux)."""
    if len(os.fsencode(path)) <= LONGEST_ADDRESS:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def _send(stream: BufferedIOBase, head: dict[str, Any], body: bytes) -> None:
    raw = json.dumps(head).encode()
    stream.write(_LENGTHS.pack(len(raw), len(body)) + raw + body)
    stream.flush()


def _receive(stream: BufferedIOBase) -> tuple[dict[str, Any], bytes]:
    """:raises BadFrame: see there."""
    lengths = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    if max(lengths) > LARGEST:
        raise BadFrame("too long")
    try:
        head = json.loads(_exactly(stream, lengths[0]))
    except ValueError as error:
        raise BadFrame("no head") from error
    if not isinstance(head, dict):
        raise BadFrame("no head")
    return head, _exactly(stream, lengths[1])


def _exactly(stream: BufferedIOBase, length: int) -> bytes:
    """A buffered stream reads on over partial reads; less than asked for is the end of the line."""
    data = stream.read(length)
    if len(data) < length:
        raise BadFrame("cut off")
    return data
