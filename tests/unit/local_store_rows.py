"""A table of rows and the few requests that the local store's own tests make, without botocore."""

import json
from pathlib import Path
from typing import Any

from local.store.engine import Engine

TABLE = {
    "TableName": "rows",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def call(engine: Engine, action: str, **body: Any) -> dict[str, Any]:
    answer = engine.call(f"DynamoDB_20120810.{action}", json.dumps(body).encode())
    assert answer.status == 200, answer
    result: dict[str, Any] = json.loads(answer.body)
    return result


def put(engine: Engine, row: str, **fields: Any) -> None:
    call(engine, "PutItem", TableName="rows", Item={"id": {"S": row}, **fields})


def transact(engine: Engine, *rows: str) -> None:
    puts = [{"Put": {"TableName": "rows", "Item": {"id": {"S": row}}}} for row in rows]
    call(engine, "TransactWriteItems", TransactItems=puts)


def add_once(engine: Engine, token: str) -> None:
    add = {"UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    update = {"TableName": "rows", "Key": {"id": {"S": "sum"}}, **add}
    call(engine, "TransactWriteItems", TransactItems=[{"Update": update}], ClientRequestToken=token)


def rows(engine: Engine) -> dict[str, Any]:
    items = call(engine, "Scan", TableName="rows")["Items"]
    return {item["id"]["S"]: item for item in items}


def filled(directory: Path | None, *names: str, **options: Any) -> Engine:
    engine = Engine(directory, **options)
    call(engine, "CreateTable", **TABLE)
    for name in names:
        put(engine, name)
    return engine
