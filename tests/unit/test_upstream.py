"""What a broken line means, shown on real sockets: only what never left may be repeated."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chalicelib import upstream
from chalicelib.errors import OutcomeUnknown, UpstreamBroken, UpstreamUnavailable
from chalicelib.upstream import LARGEST_ANSWER, Outgoing

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
BROKEN = {
    "closed without a word": b"",
    "truncated body": HEAD + b"Content-Length: 100\r\n\r\nshort",
    "bad gzip": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
    "bad chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
    "not http": b"220 mail.example ESMTP\r\n\r\n",
    "server error": b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno",
    "endless": HEAD + b"\r\n" + b"x" * (LARGEST_ANSWER + 10),
}


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that answers every connection with these bytes and hangs up."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        thread = threading.Thread(target=_serve, args=(server, answer), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def _serve(server: socket.socket, answer: bytes) -> None:
    while True:
        try:
            line, _ = server.accept()
        except OSError:
            return
        with line:
            line.recv(65536)
            try:
                line.sendall(answer)
            except OSError:
                continue


@pytest.mark.parametrize("answer", BROKEN)
def test_a_read_without_a_good_answer_is_broken(answer: str) -> None:
    with answering(BROKEN[answer]) as url, pytest.raises(UpstreamBroken):
        Outgoing("company").read("ask", "GET", url)


@pytest.mark.parametrize("answer", BROKEN)
def test_a_write_without_a_good_answer_may_have_happened(answer: str) -> None:
    with answering(BROKEN[answer]) as url, pytest.raises(OutcomeUnknown):
        Outgoing("company").write("charge", "POST", url, data={"a": "1"})


def test_a_refused_connection_was_certainly_not_executed() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    for verb in ("read", "write"):
        with pytest.raises(UpstreamUnavailable):
            getattr(Outgoing("company"), verb)("call", "POST", url)


def test_an_unknown_name_was_certainly_not_executed() -> None:
    with pytest.raises(UpstreamUnavailable):
        Outgoing("company").write("charge", "POST", "http://no-such-host.invalid/")


def test_a_good_answer_is_handed_over() -> None:
    with answering(HEAD + b"Content-Length: 2\r\n\r\nok") as url:
        answer = Outgoing("company").read("ask", "GET", url)
    assert (answer.status, answer.text, answer.content_type) == (200, "ok", "text/plain")


def test_a_redirect_is_not_followed() -> None:
    with answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\nok") as url:
        answer = Outgoing("company").read("ask", "GET", url)
    assert answer.status == 302


def test_with_no_time_left_nothing_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    token = upstream.deadline.set(time.monotonic() - 1)
    try:
        with pytest.raises(UpstreamUnavailable):
            Outgoing("company").write("charge", "POST", "http://127.0.0.1:1/")
    finally:
        upstream.deadline.reset(token)


def test_the_log_line_names_the_call_and_no_address(caplog: pytest.LogCaptureFixture) -> None:
    with answering(HEAD + b"Content-Length: 2\r\n\r\nok") as url, caplog.at_level("INFO"):
        Outgoing("company").read("ask", "GET", url + "canary-1?secret=canary-1")
    [line] = [vars(record) for record in caplog.records if record.name == "chalicelib.upstream"]
    assert (line["target"], line["call"], line["status"], line["outcome"]) == ("company", "ask", 200, "ok")
    assert "canary-1" not in "".join(str(vars(record)) for record in caplog.records if "chalicelib" in record.name)
