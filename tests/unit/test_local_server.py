"""The local server: what does not belong here is refused before anybody looks at it."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.server import Server
from local.site import Site

SITE = Path(__file__).resolve().parents[2] / "static_site"


@pytest.fixture
def port() -> Iterator[int]:
    import threading

    nothing: Any = None
    server = Server(0, nothing, Site(SITE, ()), None)
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


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "", "["])
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
