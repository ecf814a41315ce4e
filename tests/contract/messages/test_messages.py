"""What every message sender owes the portal, each in front of its company's sandbox."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
import botocore.exceptions
import pytest
import requests
from botocore.config import Config
from pydantic import ValidationError
from urllib3.exceptions import NewConnectionError

from chalicelib.errors import OutcomeUnknown, Rejected, UpstreamBroken, UpstreamUnavailable
from chalicelib.providers.messages import ADAPTERS, MessageSender, Text, load
from chalicelib.providers.messages.email import SesEmail, Settings as SesSettings
from chalicelib.upstream import Outgoing
from local.clock import MovableClock
from local.sandbox import Sandbox, demo_environment
from local.sandbox.wire import InProcessWire, botocore_hook
from local.web import Request, Response, json_response, text_response

ORIGIN = "http://127.0.0.1:8000"
ENVIRON = demo_environment(ORIGIN)
LETTER = Text(subject="Платёж зачислен", body="Зачислено 500,00 ₽")
Handle = Callable[[Request], Response]


class NoAgenda:
    def next_due(self) -> datetime | None:
        return None

    def run_due(self) -> dict[str, int]:
        return {}


def smsc(handle: Handle) -> MessageSender:
    session = requests.Session()
    session.mount("http://", InProcessWire(handle))
    return load("smsc", ENVIRON, Outgoing("sms", session))


def ses(handle: Handle) -> MessageSender:
    client = boto3.client(
        "sesv2", region_name="eu-central-1", endpoint_url=ENVIRON["SES_ENDPOINT_URL"],
        aws_access_key_id="x", aws_secret_access_key="x", config=Config(retries={"total_max_attempts": 1}),
    )  # fmt: skip
    client.meta.events.register("before-send.sesv2", botocore_hook(handle))
    return SesEmail(SesSettings(sender="portal@example.ru", endpoint_url=ENVIRON["SES_ENDPOINT_URL"]), client)


@dataclass(frozen=True)
class Case:
    """``no_line`` is what this line raises where no connection is made; ``bad_addresses`` never leave the house."""

    channel: str
    build: Callable[[Handle], MessageSender]
    to: str
    bad_addresses: tuple[str, ...]
    no_line: Exception


CASES = {
    "smsc": Case(
        "sms", smsc, "+79990000001",
        ("", "G1", "+7999", "+79990000001,+79990000002", "+79990000001;+79990000002", "79990000001\n", "\u0667" * 11),
        requests.exceptions.ConnectionError(NewConnectionError(None, "refused")),  # type: ignore[arg-type]
    ),
    "ses": Case(
        "email", ses, "alice@example.ru",
        ("", "alice", "a@b, c@d", "a@b\r\nBcc: c@d", "<a@b>", "a b@c.ru"),
        botocore.exceptions.EndpointConnectionError(endpoint_url=ORIGIN),
    ),
}  # fmt: skip
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(None, MovableClock(), lambda *_: (500, b""), NoAgenda())
    yield sandbox
    sandbox.close()


def get(sandbox: Sandbox, path: str) -> Any:
    return json.loads(sandbox.handle(Request("GET", f"/sandbox/{path}")).body)


def fault(sandbox: Sandbox, channel: str, kind: str) -> None:
    body = json.dumps({"target": channel, "call": "send", "kind": kind, "times": 1}).encode()
    request = Request("POST", "/sandbox/faults", headers={"Content-Type": "application/json"}, body=body)
    assert sandbox.handle(request).status == 200


def raising(error: Exception) -> Handle:
    def handle(request: Request) -> Response:
        raise error

    return handle


def test_every_registered_sender_has_a_case() -> None:
    assert set(CASES) == set(ADAPTERS)


@each_case
def test_message_arrives_whole_and_is_sent_once(case: Case, sandbox: Sandbox) -> None:
    sender = case.build(sandbox.handle)
    assert sender.channel == case.channel
    for _ in range(2):
        sender.send(case.to, "payment_credited", LETTER, "6f1c0b1e-0b0a-4908-8706-050403020100")
    [message] = get(sandbox, "messages")
    shown = (message["channel"], message["to"], message["event"], message["text"], message["id"])
    assert shown == (case.channel, case.to, "payment_credited", LETTER.body, "6f1c0b1e-0b0a-4908-8706-050403020100")
    assert [call["target"] for call in get(sandbox, "calls-log")] == [case.channel] * 2


@each_case
def test_bad_address_is_refused_before_any_call(case: Case) -> None:
    sender = case.build(raising(AssertionError("a call left")))
    for address in case.bad_addresses:
        with pytest.raises(Rejected) as raised:
            sender.send(address, "block", LETTER, "1")
        assert raised.value.code == "refused"


@each_case
@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "http_500"])
def test_lost_answer_means_that_it_may_have_been_sent(case: Case, kind: str, sandbox: Sandbox) -> None:
    fault(sandbox, case.channel, kind)
    with pytest.raises(OutcomeUnknown):
        case.build(sandbox.handle).send(case.to, "block", LETTER, "1")
    assert len(get(sandbox, "messages")) == (kind != "timeout_before")


@each_case
def test_refusal_of_the_company_is_final(case: Case, sandbox: Sandbox) -> None:
    fault(sandbox, case.channel, "refused")
    with pytest.raises(Rejected):
        case.build(sandbox.handle).send(case.to, "block", LETTER, "1")
    assert get(sandbox, "messages") == []


@each_case
def test_connection_never_made_means_not_sent(case: Case) -> None:
    with pytest.raises(UpstreamUnavailable):
        case.build(raising(case.no_line)).send(case.to, "block", LETTER, "1")


@pytest.mark.parametrize(
    ("code", "error"),
    [*((code, Rejected) for code in (1, 5, 6, 7, 8)), *((code, UpstreamUnavailable) for code in (2, 3, 4)),
     (9, OutcomeUnknown), (10, OutcomeUnknown), ("1", OutcomeUnknown), (None, OutcomeUnknown)],
)  # fmt: skip
def test_error_codes_of_smsc(code: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        smsc(lambda request: json_response(200, {"error": "words", "error_code": code})).send(
            "+79990000001", "block", LETTER, "1"
        )


@pytest.mark.parametrize("answer", [
    text_response(200, "<html>"), text_response(200, "[]"), text_response(200, "{}"), text_response(403, '{"id": 1}'),
])  # fmt: skip
def test_nonsense_from_smsc_means_unknown(answer: Response) -> None:
    with pytest.raises(OutcomeUnknown):
        smsc(lambda request: answer).send("+79990000001", "block", LETTER, "1")


def test_smsc_sees_a_short_id_that_stays_the_same(sandbox: Sandbox) -> None:
    for _ in range(2):
        smsc(sandbox.handle).send("79990000001", "block", LETTER, "message:" + "x" * 80)
    [message] = get(sandbox, "messages")
    assert len(message["id"]) == 40


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "MessageRejected", Rejected),
        (400, "BadRequestException", Rejected),
        (400, "SendingPausedException", UpstreamUnavailable),
        (403, "AccessDeniedException", UpstreamUnavailable),
        (429, "TooManyRequestsException", UpstreamUnavailable),
        (500, "InternalFailure", OutcomeUnknown),
        (503, "ServiceUnavailable", OutcomeUnknown),
    ],
)
def test_errors_of_ses(status: int, code: str, error: type[Exception]) -> None:
    calls: list[Request] = []

    def handle(request: Request) -> Response:
        calls.append(request)
        return json_response(status, {"message": "words"}, **{"x-amzn-ErrorType": code})

    with pytest.raises(error):
        ses(handle).send("alice@example.ru", "block", LETTER, "1")
    assert len(calls) == 1


def test_ses_client_of_the_product_never_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    calls: list[Request] = []

    def handle(request: Request) -> Response:
        calls.append(request)
        return Response(500)

    sender = load("ses", ENVIRON, Outgoing("email"))
    vars(sender)["_client"].meta.events.register("before-send.sesv2", botocore_hook(handle))
    with pytest.raises(OutcomeUnknown):
        sender.send("alice@example.ru", "block", LETTER, "1")
    assert len(calls) == 1


@pytest.mark.parametrize("bad", [{"SMSC_BASE_URL": "http://smsc.ru"}, {"SMSC_LOGIN": ""}, {"SMSC_TYPO": "1"}])
def test_bad_setting_of_smsc_stops_the_start(bad: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as raised:
        load("smsc", {**ENVIRON, **bad}, Outgoing("sms"))
    assert ENVIRON["SMSC_PASSWORD"] not in str(raised.value)


@each_case
def test_asking_after_a_lost_answer(case: Case, sandbox: Sandbox) -> None:
    sender = case.build(sandbox.handle)
    before = sender.was_sent(case.to, "1")
    fault(sandbox, case.channel, "timeout_after")
    with pytest.raises(OutcomeUnknown):
        sender.send(case.to, "block", LETTER, "1")
    # SES cannot tell, SMSC can
    assert (before, sender.was_sent(case.to, "1")) == ((None, None) if case.channel == "email" else (False, True))


@pytest.mark.parametrize("answer", [
    text_response(200, "<html>"), json_response(200, {"error": "x", "error_code": 4}),
    json_response(200, {"status": "1"}), text_response(500, ""), Response(504, dropped=True),
])  # fmt: skip
def test_unreadable_status_of_an_sms_tells_nothing(answer: Response) -> None:
    with pytest.raises(UpstreamBroken):
        smsc(lambda request: answer).was_sent("+79990000001", "1")
