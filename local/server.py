"""One origin for the site, the API and, in a demonstration, the sandbox; on the loopback address only."""

import logging
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from local.gateway import Portal, Reply
from local.site import Site
from local.web import Request, Response, parse_form

log = logging.getLogger(__name__)

LOOPBACK = {"127.0.0.1", "localhost"}
LARGEST_BODY = 10 * 1024 * 1024
Sandboxed = Callable[[Request], Response]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        portal: Portal,
        site: Site,
        sandbox: Sandboxed | None,
        hosts: frozenset[str] = frozenset(),
    ) -> None:
        """``hosts``: what besides this machine's own names may stand in Host, as a proxy in front passes it on."""
        self.portal, self.site, self.sandbox, self.hosts = portal, site, sandbox, hosts
        self._lines: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._lines.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._changed:
                self._lines.discard(request)
                self._changed.notify_all()

    def drain(self, seconds: float) -> bool:
        """After ``server_close``: idle lines end at once, a request that has begun gets its answer and ends then."""
        with self._changed:
            for line in self._lines:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RD)
            return self._changed.wait_for(lambda: not self._lines, seconds)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Somebody who hung up is nobody's failure; what else goes wrong belongs into the log."""
        if not isinstance(sys.exception(), OSError):
            log.exception("a connection broke")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "portal", ""
    # a client that stops in the middle of a request must not hold a thread for ever
    timeout = 60
    server: Server

    def setup(self) -> None:
        super().setup()
        # without this every answer on a kept connection waits 40 ms for an acknowledgement
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _handle(self) -> None:
        body = self._body()
        if body is None:
            return None
        try:
            parts = urlsplit(self.path)
        except ValueError:
            return self._refuse(400)
        if not self._addressed_here():
            return self._refuse(421)
        headers = dict(self.headers.items())
        peer = str(self.client_address[0])
        if parts.path.startswith("/api/"):
            reply = self.server.portal.call(self.command, parts.path, parts.query, headers, body, peer)
        elif parts.path.startswith("/sandbox/") and self.server.sandbox is not None:
            answer = self._sandbox(Request(self.command, parts.path, self._query(parts.query), headers, body, peer))
            if answer is None:
                return None
            reply = answer
        elif self.command in {"GET", "HEAD"}:
            reply = self.server.site.get(parts.path, headers)
        else:
            reply = Reply(405, [("Allow", "GET, HEAD")], b"")
        return self._send(reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _handle

    def _addressed_here(self) -> bool:
        """A page of a name that somebody points at this machine (DNS rebinding) must not read what is here."""
        host = self.headers.get("Host", "")
        name, _, port = host.partition(":")
        return (
            host.lower() in self.server.hosts
            or name in LOOPBACK
            and port
            in {
                "",
                str(self.server.server_address[1]),
            }
        )

    def _query(self, text: str) -> list[tuple[str, str]]:
        try:
            return parse_form(text)
        except ValueError:
            return []

    def _sandbox(self, request: Request) -> Reply | None:
        """The sandbox's answer; None where it plays a company whose line breaks."""
        assert self.server.sandbox is not None
        response = self.server.sandbox(request)
        if response.dropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return None
        return Reply(response.status, list(response.headers.items()), response.body)

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit() and len(length) < 12):
            self._refuse(411)
        elif int(length) > LARGEST_BODY:
            self._refuse(413)
        else:
            body = self.rfile.read(int(length))
            if len(body) == int(length):
                return body
            # half of a body is nobody's request
            self.close_connection = True
        return None

    def _refuse(self, status: int) -> None:
        self.close_connection = True
        self._send(Reply(status, [("Connection", "close")], b""))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.status not in {204, 304}:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD" and reply.status not in {204, 304}:
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """The portal logs its own calls, by route template; a raw path may hold what a log must not."""
