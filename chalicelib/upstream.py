"""Outgoing HTTP: one session, timeouts, the three error classes, one log line per call.

This module alone decides what a broken line means. A read may be repeated; of a write only a
connection that was never made proves that nothing happened. No retry adapter is ever mounted.
"""

import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError

from chalicelib.errors import OutcomeUnknown, UpstreamBroken, UpstreamError, UpstreamUnavailable
from chalicelib.metrics import observed

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
#: An answer larger than this is nonsense to every company we speak with.
LARGEST_ANSWER = 2 * 1024 * 1024

#: Makes the session of every line; tests put their wire here.
new_session: Callable[[], requests.Session] = requests.Session

#: ``time.monotonic()`` by which the running request must have its answer; nothing set, nothing limited.
deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    content_type: str


class Outgoing:
    """The line to one outside system; ``target`` is its name in logs and faults."""

    def __init__(self, target: str, session: requests.Session | None = None) -> None:
        self.target = target
        self._session = session or new_session()

    def read(self, call: str, method: str, url: str, **arguments: Any) -> Answer:
        """Ask something that changes nothing.

        :raises UpstreamUnavailable: not executed. :raises UpstreamBroken: 5xx, nonsense or no answer.
        """
        return self._send(call, method, url, UpstreamBroken, arguments)

    def write(self, call: str, method: str, url: str, **arguments: Any) -> Answer:
        """Ask something that changes the other side; the caller holds an intent row with its own id.

        :raises UpstreamUnavailable: certainly not executed. :raises OutcomeUnknown: sent, and the answer is lost.
        """
        return self._send(call, method, url, OutcomeUnknown, arguments)

    def _send(
        self, call: str, method: str, url: str, lost: type[UpstreamError], arguments: Mapping[str, Any]
    ) -> Answer:
        timeout = _timeout()
        with observed(self.target, call) as facts:
            by = time.monotonic() + sum(timeout)
            try:
                response = self._session.request(
                    method, url, timeout=timeout, allow_redirects=False, stream=True, **arguments
                )
                status = facts["status"] = response.status_code
                body = _body(response, by)
                text = body.decode(response.encoding or "utf-8", "replace")
            except (requests.RequestException, HTTPError, OSError, LookupError) as error:
                name = facts["status"] = type(error).__name__
                raise (UpstreamUnavailable if _never_left(error) else lost)(f"{self.target} {call}: {name}") from None
            if status >= 500 or len(body) > LARGEST_ANSWER:
                raise lost(f"{self.target} {call} answered {status}, {len(body)} bytes")
            return Answer(status, text, response.headers.get("Content-Type", ""))


def _body(response: requests.Response, by: float) -> bytes:
    """The answer's body, cut just beyond the largest; a company that drips is not waited for byte by byte."""
    body = b""
    for chunk in response.raw.stream(64 * 1024, decode_content=True):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            break
        if time.monotonic() > by:
            raise TimeoutError("the answer takes too long")
    return body


def _timeout() -> tuple[float, float]:
    """Our own limits or what is left of the request's time, whichever is less."""
    by = deadline.get()
    if by is None:
        return CONNECT_SECONDS, READ_SECONDS
    left = by - time.monotonic()
    if left <= 0:
        raise UpstreamUnavailable("no time left for another call")
    return min(CONNECT_SECONDS, left), min(READ_SECONDS, left)


def _never_left(error: BaseException) -> bool:
    """True only where the connection was never made: requests hides that fact two layers down."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    if not isinstance(error, requests.exceptions.ConnectionError):
        return False
    reason = getattr(error.args[0], "reason", error.args[0]) if error.args else None
    return isinstance(reason, NewConnectionError | NameResolutionError | ConnectTimeoutError)
