"""Lambda's context and its queue, for the handlers that schedules and messages call."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import botocore.session
from moto import mock_aws

from chalicelib import bootstrap, seams
from chalicelib.handlers import jobs


@dataclass
class Life:
    """The context of one invocation; its time is up after so many looks at the clock."""

    looks: int = 1_000_000
    aws_request_id: str = "job-1"

    def get_remaining_time_in_millis(self) -> int:
        self.looks -= 1
        return 100_000 if self.looks >= 0 else jobs.RESERVE_MS - 1


@dataclass(frozen=True)
class Waiting:
    """The queue as its workers see it."""

    sqs: Any
    url: str

    def receive(self) -> list[dict[str, Any]]:
        """Everything that waits, taken out of the queue."""
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return found


@contextmanager
def queued(monkeypatch: Any) -> Iterator[Waiting]:
    """A real queue, as moto plays it, at ``PORTAL_QUEUE_URL``."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        sqs: Any = botocore.session.get_session().create_client("sqs", region_name="eu-central-1")
        url = sqs.create_queue(QueueName="portal-agenda")["QueueUrl"]
        seams.environ = {**seams.environ, "PORTAL_QUEUE_URL": url}
        bootstrap.forget()
        yield Waiting(sqs, url)
        bootstrap.forget()


def record(body: str) -> dict[str, Any]:
    """What Lambda gives a queue's handler."""
    return {"Records": [{"body": body, "receiptHandle": "r", "messageId": "m", "eventSource": "aws:sqs"}]}
