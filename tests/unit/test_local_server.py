"""The local server: what does not belong here is refused before anybody looks at it."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.gateway import Reply
from local.server import Server
from local.site import Site

SITE = Path(__file__).resolve().parents[2] / "static_site"


@pytest.fixture
def port() -> Iterator[int]:
    nothing: Any = None
    server = Server(0, nothing, Site(SITE, ()), None, frozenset({"lk.example.ru", "lk.example.ru:8443"}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()


def said(port: int, request: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(request.encode("latin-1"))
        return line.recv(65536).decode("latin-1").partition("\r\n")[0]


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "localhost"])
def test_it_answers_to_its_own_names(port: int, host: str) -> None:
    assert " 200 " in said(port, f"GET / HTTP/1.1\r\nHost: {host.format(port=port)}\r\n\r\n")


@pytest.mark.parametrize("host", ["lk.example.ru", "LK.example.ru", "lk.example.ru:8443"])
def test_it_answers_to_the_public_name_that_a_proxy_passes_on(port: int, host: str) -> None:
    assert " 200 " in said(port, f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "lk.example.ru:1", "lk.example.ru.evil.example", "evil.example:{port}", "127.0.0.1:1", "", "["],
)
def test_a_name_that_was_pointed_here_is_refused(port: int, host: str) -> None:
    assert " 421 " in said(port, f"GET / HTTP/1.1\r\nHost: {host.format(port=port)}\r\n\r\n")


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "1e3", "x"])
def test_an_impossible_length_is_refused(port: int, length: str) -> None:
    assert " 411 " in said(port, f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n")


def test_a_body_beyond_the_limit_is_refused_unread(port: int) -> None:
    assert " 413 " in said(port, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n")


@pytest.mark.parametrize("path", ["/../app.py", "/%2e%2e/app.py", "/vendor/README", "/" + "x" * 400, "/nothing.js"])
def test_what_is_not_of_the_site_is_404(port: int, path: str) -> None:
    assert " 404 " in said(port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")


def test_an_unreadable_address_is_400(port: int) -> None:
    assert " 400 " in said(port, "GET http://[::1 HTTP/1.1\r\nHost: localhost\r\n\r\n")


def test_half_of_a_body_reaches_nobody(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf")
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100) == b""


class Slow:
    """A portal that answers when it is let."""

    def __init__(self) -> None:
        self.asked, self.let = threading.Event(), threading.Event()

    def call(self, *_: Any) -> Reply:
        self.asked.set()
        assert self.let.wait(10)
        return Reply(200, [], b"done")


def test_a_stop_ends_idle_lines_and_answers_what_has_begun() -> None:
    slow: Any = Slow()
    server = Server(0, slow, Site(SITE, ()), None)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = ("127.0.0.1", server.server_port)
    with socket.create_connection(here, 10) as idle, socket.create_connection(here, 10) as busy:
        for line, path in ((idle, "/"), (busy, "/api/slow")):
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert slow.asked.wait(10)
        server.shutdown()
        server.server_close()
        assert not server.drain(0)
        assert idle.makefile("rb").read().startswith(b"HTTP/1.1 200")
        slow.let.set()
        assert busy.makefile("rb").read().endswith(b"done")
        assert server.drain(10)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(here, 10)
