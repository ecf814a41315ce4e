"""Shards of the agenda that are handed to workers, and the workers."""

import hashlib
import json
from functools import cache
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from urllib3.response import HTTPResponse

from chalicelib import bootstrap
from chalicelib.cloud.queue import Queue
from chalicelib.store.topups import TopUpRow
from tests.product import Product
from tests.storm.flows.money import credited, hour_later, reconcile
from tests.storm.harness.flow import Flow
from tests.storm.harness.schedules import fire, names, receive

URL = "http://127.0.0.1:9/000000000000/portal-agenda"
#: What stands in the queue; SQS may give it to a worker more than once.
_sent: list[dict[str, Any]] = []


def work(shop: Product, topup: TopUpRow) -> None:
    for kind in ("ask_gateway", "deliver_message"):
        receive("work_agenda", {"kind": kind, "shard": 0})


Flow("worker", hour_later, work, reconcile, credited)


@cache
def sqs() -> Any:
    """The product's own client, made once; what it sends stands in ``_sent``."""

    def answer(request: Any, **_: Any) -> AWSResponse:
        text = json.loads(request.body)["MessageBody"]
        _sent.append(json.loads(text))
        digest = hashlib.md5(text.encode()).hexdigest()
        body = BytesIO(json.dumps({"MessageId": "1", "MD5OfMessageBody": digest}).encode())
        raw: Any = HTTPResponse(body, status=200, preload_content=False)
        return AWSResponse(request.url, 200, HTTPHeaders(), raw)

    client = Queue(URL)._client
    client.meta.events.register("before-send.sqs", answer)
    return client


def with_queue(shop: Product) -> TopUpRow:
    _sent.clear()
    queue: Any = bootstrap.agenda_runner().queue
    vars(queue)["_client"] = sqs()
    return hour_later(shop)


def hand_on(shop: Product, topup: TopUpRow) -> None:
    fire("ask_gateways")


def minute_after_minute(shop: Product, topup: TopUpRow) -> None:
    """Every message comes twice. One that was never sent costs a minute: the next run looks again."""
    shop.clock.advance(61)
    for _ in range(3):
        for name in sorted(names()):
            fire(name)
        while _sent:
            message = _sent.pop()
            receive("work_agenda", message)
            receive("work_agenda", message)


# A look of one row is a full look: everything due is handed on.
_SETTINGS: dict[str, object] = {"agenda_batch": 1, "queue_url": URL}
Flow("handing_on", with_queue, hand_on, minute_after_minute, credited, _SETTINGS, anew=True)
