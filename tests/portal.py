"""The portal as a browser or a company meets it, without sockets: the real app behind the local gateway."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from local.gateway import Portal, Reply

ORIGIN = "http://127.0.0.1:8000"
PASSWORD = "demo-password-1"


@dataclass(frozen=True)
class Got:
    status: int
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def portal() -> Portal:
    import app

    return Portal(app.app)


@dataclass
class Browser:
    """Keeps cookies, and sends what a page of ours would send."""

    address: str = "203.0.113.7"
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=lambda: {"User-Agent": "Mozilla/5.0 (X11; Linux) Chrome/156.0"})

    def get(self, path: str, **headers: str) -> Got:
        return self.call("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Got:
        return self.call("POST", path, body, headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Got:
        return self.call("PUT", path, body, headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Got:
        return self.call("PATCH", path, body, headers)

    def delete(self, path: str, **headers: str) -> Got:
        return self.call("DELETE", path, headers=headers)

    def form(self, path: str, fields: Mapping[str, str]) -> Got:
        """As a payment company posts it: no cookies, no origin."""
        sent = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", path, sent, urlencode(fields).encode())

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Got:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in (headers or {}).items()}}
        if method != "GET":
            sent.setdefault("Origin", ORIGIN)
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        raw = b""
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._send(method, path, {name: value for name, value in sent.items() if value}, raw)

    def log_in(self, login: str, password: str = PASSWORD) -> Got:
        return self.post("/api/session", {"login": login, "password": password})

    def _send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Got:
        parts = urlsplit(path)
        got = _got(portal().call(method, parts.path, parts.query, headers, body, self.address))
        for name, value in got.cookies.items():
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return got


def _got(reply: Reply) -> Got:
    jar: SimpleCookie = SimpleCookie()
    for name, value in reply.headers:
        if name.lower() == "set-cookie":
            jar.load(value)
    cookies = {name: morsel.value for name, morsel in jar.items()}
    return Got(reply.status, {name.lower(): value for name, value in reply.headers}, cookies, reply.body)


def client(address: str = "203.0.113.7") -> Browser:
    return Browser(address)
