"""The queue's client: what is sent, and what a broken line means. moto plays SQS."""

import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from moto import mock_aws

from chalicelib.cloud.queue import Queue
from chalicelib.errors import OutcomeUnknown, UpstreamUnavailable
from tests.log_lines import logged

URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/portal-agenda"


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


@pytest.fixture
def sqs(credentials: None) -> Iterator[Any]:
    with mock_aws():
        yield botocore.session.get_session().create_client("sqs", region_name="eu-central-1")


def test_a_message_arrives_as_it_was_given(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="portal-agenda")["QueueUrl"]
    Queue(url).send({"kind": "settle_topup", "shard": 3})
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == {"kind": "settle_topup", "shard": 3}


def test_a_queue_that_is_not_there_certainly_took_nothing(sqs: Any) -> None:
    with pytest.raises(UpstreamUnavailable):
        Queue(URL).send({"shard": 1})


def broken(answer: Any) -> tuple[Queue, list[str]]:
    """A queue whose wire answers so; and the addresses that were called."""
    queue, called = Queue(URL), []

    def before_send(request: Any, **_: Any) -> Any:
        called.append(request.url)
        if isinstance(answer, Exception):
            raise answer
        return AWSResponse(request.url, answer, HTTPHeaders(), Body())

    queue._client.meta.events.register("before-send.sqs.SendMessage", before_send)
    return queue, called


class Body:
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield b"<html>"


@pytest.mark.parametrize("answer", [500, 503, ReadTimeoutError(endpoint_url=URL)])
def test_a_lost_answer_is_unknown_and_tried_twice_at_most(credentials: None, answer: object) -> None:
    queue, called = broken(answer)
    with logged() as lines, pytest.raises(OutcomeUnknown):
        queue.send({"shard": 1})
    assert called == ["https://sqs.eu-central-1.amazonaws.com/"] * 2
    assert [line["outcome"] for line in lines() if line["message"] == "outgoing call"] == ["unknown"]


@pytest.mark.parametrize("answer", [403, EndpointConnectionError(endpoint_url=URL)])
def test_what_was_never_taken_is_unavailable(credentials: None, answer: object) -> None:
    queue, _ = broken(answer)
    with pytest.raises(UpstreamUnavailable):
        queue.send({"shard": 1})
