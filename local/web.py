"""Requests and responses of the local server and the sandbox, without any framework."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from requests.structures import CaseInsensitiveDict

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """One request; header names are found in any letter case, ``path`` is without the query."""

    method: str
    path: str
    query: Pairs = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: str = "127.0.0.1"

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", CaseInsensitiveDict(self.headers))

    @property
    def content_type(self) -> str:
        """Without parameters, lower case; empty if there is none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class Response:
    """``dropped``: the connection should break instead of an answer; a server that cannot do so sends the status."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    dropped: bool = False


def parse_form(text: bytes | str) -> Pairs:
    """Pairs of a form or a query, empty values kept, in order; at most 1,000 of them.

    :raises ValueError: not UTF-8, or too many fields.
    """
    if isinstance(text, bytes):
        text = text.decode("ascii")
    return parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=1000)


def json_response(status: int, value: Any, **headers: str) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(status, body, {"Content-Type": "application/json", "Cache-Control": "no-store", **headers})


def error_response(status: int, code: str, message: str) -> Response:
    return json_response(status, {"code": code, "message": message})


def text_response(status: int, text: str, content_type: str = "text/plain; charset=utf-8") -> Response:
    return Response(status, text.encode(), {"Content-Type": content_type, "Cache-Control": "no-store"})


def html_response(status: int, text: str, form_targets: str = "") -> Response:
    """A page without scripts. ``form_targets`` are further origins that its forms may end up at after a redirect."""
    policy = (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {form_targets}".rstrip()
    )
    return Response(
        status,
        text.encode(),
        {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        },
    )


def see_other(url: str) -> Response:
    """Go there by GET."""
    return Response(303, b"", {"Location": url, "Cache-Control": "no-store"})
