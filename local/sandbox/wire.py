"""The sandbox on a requests.Session or a botocore client without sockets, for tests.

``session.mount("http://127.0.0.1:8000/sandbox/", InProcessWire(sandbox.handle))``
"""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3.response import HTTPResponse

from local.web import Request, Response, parse_form

Handle = Callable[[Request], Response]
#: The name of a call (``POST /sandbox/...``) and the rest of the way; may raise before it, after it, or instead.
Around = Callable[[str, Callable[[], Response]], Response]


def straight(name: str, proceed: Callable[[], Response]) -> Response:
    return proceed()


class InProcessWire(BaseAdapter):
    """What a broken line raises here is what ``requests`` would: a read timeout."""

    def __init__(self, handle: Handle, around: Around = straight) -> None:
        super().__init__()
        self._handle = handle
        self.around = around

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: str | bytes | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        ours = _request(str(request.method), str(request.url), request.headers, request.body)
        answer = self.around(f"{ours.method} {ours.path}", lambda: self._handle(ours))
        if answer.dropped:
            raise requests.exceptions.ReadTimeout(request=request)
        return _answer(request, answer)

    def close(self) -> None:
        """Nothing is open."""


def botocore_hook(handle: Handle, around: Around = straight) -> Callable[..., Any]:
    """For ``client.meta.events.register("before-send.sesv2", ...)``: the client never opens a socket."""
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders
    from botocore.exceptions import ReadTimeoutError

    def before_send(request: Any, **_: Any) -> Any:
        ours = _request(request.method, request.url, request.headers, request.body)
        answer = around(f"{ours.method} {ours.path}", lambda: handle(ours))
        if answer.dropped:
            raise ReadTimeoutError(endpoint_url=request.url)
        raw = HTTPResponse(BytesIO(answer.body), status=answer.status, preload_content=False)
        return AWSResponse(request.url, answer.status, HTTPHeaders.from_pairs(answer.headers.items()), raw)

    return before_send


def _request(method: str, url: str, headers: Mapping[str, Any], body: Any) -> Request:
    parts = urlsplit(url)
    data = body.encode() if isinstance(body, str) else bytes(body or b"")
    texts = {name: value.decode() if isinstance(value, bytes) else str(value) for name, value in headers.items()}
    return Request(method, parts.path, parse_form(parts.query), {"Host": parts.netloc} | texts, data)


def _answer(request: requests.PreparedRequest, answer: Response) -> requests.Response:
    result = requests.Response()
    result.status_code = answer.status
    result.headers = CaseInsensitiveDict(answer.headers)
    result.encoding = get_encoding_from_headers(result.headers)
    result.raw = HTTPResponse(BytesIO(answer.body), headers=answer.headers, status=answer.status, preload_content=False)
    result.url, result.request = str(request.url), request
    return result
