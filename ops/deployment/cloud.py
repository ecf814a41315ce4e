"""Calls to AWS: made, or only told. Everything that a deployment does to an account passes here."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol

Answer = Mapping[str, Any]


class Cloud(Protocol):
    def call(self, service: str, operation: str, **arguments: Any) -> Answer:
        """:raises botocore.exceptions.ClientError: AWS said no."""

    def wait(self, service: str, waiter: str, **arguments: Any) -> None:
        """:raises botocore.exceptions.WaiterError: it ended otherwise."""

    def fetch(self, url: str) -> tuple[int, str]:
        """Status and body of a GET; 0 where nobody answered."""


class Aws:
    def __init__(self, region: str) -> None:
        import boto3

        session = boto3.session.Session(region_name=region)
        self._client: Callable[[str], Any] = cache(lambda service: session.client(service))

    def call(self, service: str, operation: str, **arguments: Any) -> Answer:
        answer: Answer = getattr(self._client(service), operation)(**arguments)
        return answer

    def wait(self, service: str, waiter: str, **arguments: Any) -> None:
        # a distribution takes minutes to be everywhere
        self._client(service).get_waiter(waiter).wait(WaiterConfig={"Delay": 10, "MaxAttempts": 360}, **arguments)

    def fetch(self, url: str) -> tuple[int, str]:
        import requests

        try:
            answer = requests.get(url, timeout=30)
        except requests.RequestException as error:
            return 0, type(error).__name__
        return answer.status_code, answer.text


class Plan:
    """Tells each call and makes none. What would be read is answered as a first deployment would find it."""

    def __init__(self, answers: Mapping[str, Answer], tell: Callable[[str], None] = print) -> None:
        self._answers = answers
        self._tell = tell

    def call(self, service: str, operation: str, **arguments: Any) -> Answer:
        self._tell(f"  {service}.{operation}({_shown(arguments)})")
        return self._answers.get(f"{service}.{operation}", {})

    def wait(self, service: str, waiter: str, **arguments: Any) -> None:
        self._tell(f"  {service}: wait for {waiter}({_shown(arguments)})")

    def fetch(self, url: str) -> tuple[int, str]:
        self._tell(f"  GET {url}")
        answer = self._answers.get(url, {"status": 200, "body": ""})
        return answer["status"], answer["body"]


def _shown(arguments: Mapping[str, Any]) -> str:
    def short(value: Any) -> str:
        return f"<{len(value)} bytes>" if isinstance(value, bytes) else repr(value)

    return ", ".join(f"{name}={short(value)}" for name, value in arguments.items())
