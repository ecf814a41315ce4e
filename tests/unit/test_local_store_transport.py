"""Which clients the transport answers, and what a fault injector around it can do."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.client import Config
from botocore.endpoint import Endpoint
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from local.store import transport
from local.store.engine import Engine
from local.store.handlers import Answer
from local.store.transport import Call, error_answer

TABLE = {
    "TableName": "rows",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
ONE = {"TableName": "rows", "Key": {"id": {"S": "1"}}}
ADD = {**ONE, "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}


class Killed(BaseException):
    """As little catchable as the end of the process."""


@pytest.fixture(autouse=True)
def no_aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        transport.attach(engine)
        yield engine
        transport.set_around(None)
        transport.detach()


@pytest.fixture
def client(engine: Engine) -> Any:
    retries: Any = {"mode": "standard", "total_max_attempts": 2}
    made = boto3.session.Session().client("dynamodb", config=Config(retries=retries))
    made.create_table(**TABLE)
    return made


def counted(client: Any) -> int:
    item = client.get_item(**ONE).get("Item", {"n": {"N": "0"}})
    return int(item["n"]["N"])


def test_client_made_earlier_and_without_credentials_is_answered() -> None:
    early: Any = botocore.session.Session().create_client("dynamodb", region_name="eu-north-1")
    with Engine() as engine:
        transport.attach(engine)
        early.create_table(**TABLE)
        late = boto3.session.Session().client("dynamodb", endpoint_url="http://127.0.0.1:1")
        assert late.list_tables()["TableNames"] == ["rows"]
        transport.detach()


def test_client_made_in_another_thread_is_answered(client: Any) -> None:
    names: list[str] = []
    thread = threading.Thread(
        target=lambda: names.extend(boto3.session.Session().client("dynamodb").list_tables()["TableNames"])
    )
    thread.start()
    thread.join()
    assert names == ["rows"]


def test_engine_answers_although_moto_is_active(client: Any) -> None:
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="moto")
        assert boto3.client("dynamodb").list_tables()["TableNames"] == ["rows"]


def test_detach_takes_everything_back() -> None:
    with Engine() as engine:
        transport.attach(engine)
        assert os.environ["AWS_ACCESS_KEY_ID"] == "local"
        transport.detach()
    assert "AWS_ACCESS_KEY_ID" not in os.environ
    assert Endpoint._do_get_response.__module__ == "botocore.endpoint"  # type: ignore[attr-defined]


def test_attach_keeps_credentials_that_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    with Engine() as engine:
        transport.attach(engine)
        transport.detach()
    assert os.environ["AWS_ACCESS_KEY_ID"] == "mine"


def test_around_sees_operation_and_body(client: Any) -> None:
    calls: list[Call] = []

    def watch(call: Call, proceed: Callable[[], Answer]) -> Answer:
        calls.append(call)
        return proceed()

    transport.set_around(watch)
    client.get_item(**ONE)
    assert calls == [Call("dynamodb", "GetItem", ONE)]


@pytest.mark.parametrize(("applied_first", "expected"), [(False, 0), (True, 1)])
def test_crash_before_or_after_applying(client: Any, applied_first: bool, expected: int) -> None:
    def crash(_: Call, proceed: Callable[[], Answer]) -> Answer:
        if applied_first:
            proceed()
        raise Killed

    transport.set_around(crash)
    with pytest.raises(Killed):
        client.update_item(**ADD)
    transport.set_around(None)
    assert counted(client) == expected


def test_lost_answer_is_repeated_by_botocore_itself(client: Any) -> None:
    losses = iter([True])

    def lose_one(_: Call, proceed: Callable[[], Answer]) -> Answer:
        answer = proceed()
        if next(losses, False):
            raise ReadTimeoutError(endpoint_url="local")
        return answer

    transport.set_around(lose_one)
    client.update_item(**ADD)
    assert counted(client) == 2  # a bare ADD is applied twice: what the product must not rely on


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (error_answer("ThrottlingException", "slow down"), "ThrottlingException"),
        (error_answer("InternalServerError", "sorry", 500), "InternalServerError"),
    ],
)
def test_injected_errors_are_retried_and_then_raised(client: Any, answer: Answer, code: str) -> None:
    operations: list[str] = []

    def refuse(call: Call, _: Callable[[], Answer]) -> Answer:
        operations.append(call.operation)
        return answer

    transport.set_around(refuse)
    with pytest.raises(ClientError) as refused:
        client.update_item(**ADD)
    assert refused.value.response["Error"]["Code"] == code
    assert operations == ["UpdateItem"] * 2


def test_injected_conflict_carries_its_cancellation_reasons(client: Any) -> None:
    reasons = [{"Code": "None"}, {"Code": "TransactionConflict", "Message": "busy"}]
    conflict = error_answer("TransactionCanceledException", "cancelled", CancellationReasons=reasons)
    transport.set_around(lambda _call, _proceed: conflict)
    with pytest.raises(ClientError) as cancelled:
        client.transact_write_items(TransactItems=[{"Delete": ONE}])
    assert json.loads(json.dumps(cancelled.value.response["CancellationReasons"])) == reasons


def test_broken_store_is_not_asked_again(client: Any, engine: Engine) -> None:
    engine.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.list_tables()
