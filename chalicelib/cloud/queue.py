"""The queue between a schedule and its workers: SQS, or whatever speaks its protocol at the queue's address.

A message is a hint that there is work, never the work itself: the agenda's rows are the truth. So it
holds no facts of anybody, may come twice or never, and is not asked about when its answer is lost.
"""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalicelib.errors import OutcomeUnknown, UpstreamUnavailable
from chalicelib.metrics import observed

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

TARGET = "queue"
CONNECT_SECONDS = 1
READ_SECONDS = 3


class Queue:
    """Sends to one queue, known by its address. Nothing is loaded or connected before the first message."""

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, body: Mapping[str, str | int]) -> None:
        """Put one message into the queue; twice is as good as once.

        :raises UpstreamUnavailable: certainly not sent. :raises OutcomeUnknown: perhaps sent.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        with observed(TARGET, "send"):
            try:
                self._client.send_message(QueueUrl=self._url, MessageBody=json.dumps(body))
            except (BotoCoreError, ClientError) as error:
                raise _meaning(error) from error

    @cached_property
    def _client(self) -> Any:
        # botocore is loaded by the store anyway; SQS's description of itself costs memory only where it is used
        import botocore.session
        from botocore.config import Config

        parts = urlsplit(self._url)
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 2, "mode": "standard"},
        )
        session = botocore.session.get_session()
        return session.create_client("sqs", endpoint_url=f"{parts.scheme}://{parts.netloc}", config=config)


def _meaning(error: "BotoCoreError | ClientError") -> Exception:
    from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, NoCredentialsError

    text = f"queue: {type(error).__name__}"
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        text = f"queue: {error.response.get('Error', {}).get('Code', status)}"
        return UpstreamUnavailable(text) if 400 <= status < 500 else OutcomeUnknown(text)
    if isinstance(error, ConnectTimeoutError | EndpointConnectionError | NoCredentialsError):
        return UpstreamUnavailable(text)
    return OutcomeUnknown(text)
