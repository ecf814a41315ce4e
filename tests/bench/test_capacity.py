"""The documented rules by hand, and against the engine where the engine knows them."""

import json
from typing import Any

import pytest

from local.store.engine import Engine
from tests.bench.capacity import Units, item_size, of_read, of_write
from tests.bench.meter import MeteredEngine
from tests.bench.report import Table, write


def sized(size: int) -> dict[str, dict[str, str]]:
    return {"id": {"S": "x" * (size - 2)}}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "дом"}, 6), ({"N": "0"}, 1), ({"N": "7"}, 2), ({"N": "-12300"}, 4), ({"N": "1234567"}, 5),
        ({"BOOL": True}, 1), ({"NULL": True}, 1), ({"L": []}, 3), ({"L": [{"S": "ab"}]}, 6),
        ({"M": {"k": {"N": "5"}}}, 7), ({"SS": ["дом", "ab"]}, 8),
    ],
)  # fmt: skip
def test_a_value_is_as_large_as_the_documents_say(value: dict[str, Any], size: int) -> None:
    assert item_size({"name": value}) == 4 + size


@pytest.mark.parametrize(("size", "units"), [(0, 1), (4096, 1), (4097, 2), (40_960, 10)])
def test_a_read_costs_a_unit_per_started_four_kilobytes(size: int, units: int) -> None:
    answer = {"Item": sized(size)} if size else {}
    assert of_read("GetItem", {"ConsistentRead": True}, answer) == Units(read=units)
    assert of_read("GetItem", {}, answer) == Units(read=units / 2)


def test_a_query_adds_before_it_rounds_and_a_batch_rounds_before_it_adds() -> None:
    rows = [sized(1000)] * 4
    asked = {"RequestItems": {"t": {"Keys": [{}] * 5, "ConsistentRead": True}}}
    assert of_read("Query", {"ConsistentRead": True}, {"Items": rows}) == Units(read=1)
    assert of_read("BatchGetItem", asked, {"Responses": {"t": rows}}) == Units(read=5)


def test_a_read_that_hides_its_size_is_refused() -> None:
    with pytest.raises(NotImplementedError):
        of_read("Query", {"FilterExpression": "a = :b"}, {"Items": []})


@pytest.mark.parametrize(("old", "new", "units"), [(0, 1024, 1), (0, 1025, 2), (3000, 10, 3), (0, 0, 1)])
def test_a_write_costs_the_larger_item_and_a_transaction_twice_that(old: int, new: int, units: int) -> None:
    change = [(sized(old) if old else None, sized(new) if new else None)]
    assert of_write(change, in_transaction=False) == Units(write=units)
    assert of_write(change, in_transaction=True) == Units(write=2 * units)


@pytest.fixture
def metered() -> Any:
    with MeteredEngine() as engine:
        key = {"AttributeName": "id"}
        ask(engine, "CreateTable", TableName="things", KeySchema=[{**key, "KeyType": "HASH"}],
            AttributeDefinitions=[{**key, "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")  # fmt: skip
        yield engine


def ask(engine: Engine, operation: str, **body: Any) -> Any:
    body.setdefault("ReturnConsumedCapacity", "TOTAL") if operation != "CreateTable" else None
    return json.loads(engine.call(f"DynamoDB_20120810.{operation}", json.dumps(body).encode()).body)


def put(size: int) -> dict[str, Any]:
    return {"TableName": "things", "Item": {"id": {"S": str(size)}, "text": {"S": "x" * size}}}


@pytest.mark.parametrize("size", [10, 1010, 1020, 5000])
def test_writes_are_counted_as_the_engine_counts_them(metered: MeteredEngine, size: int) -> None:
    def both() -> float:
        one = ask(metered, "PutItem", **put(size))["ConsumedCapacity"]["CapacityUnits"]
        many = ask(metered, "TransactWriteItems", TransactItems=[{"Put": put(size + 1)}])["ConsumedCapacity"]
        return float(one + many[0]["CapacityUnits"])

    engines: list[float] = []
    bill = metered.bill_of(lambda: engines.append(both()))
    assert bill.units == Units(write=engines[0])


def test_the_engines_own_figure_of_a_read_does_not_know_the_size(metered: MeteredEngine) -> None:
    """Why there are rules of our own: when this fails, the engine has learnt it."""
    ask(metered, "PutItem", **put(9000))
    asked = {"TableName": "things", "Key": {"id": {"S": "9000"}}, "ConsistentRead": True}
    answers: list[Any] = []
    bill = metered.bill_of(lambda: answers.append(ask(metered, "GetItem", **asked)))
    assert bill.units == Units(read=3)
    assert answers[0]["ConsumedCapacity"]["CapacityUnits"] == 1


def test_a_refused_write_is_paid_for(metered: MeteredEngine) -> None:
    ask(metered, "PutItem", **put(3000))
    refused = {**put(3000), "ConditionExpression": "attribute_not_exists(id)"}
    bill = metered.bill_of(lambda: ask(metered, "PutItem", **refused))
    assert bill.units == Units(write=3)


def test_what_a_filter_hides_is_paid_for(metered: MeteredEngine) -> None:
    ask(metered, "PutItem", **put(9000))
    asked = {"KeyConditionExpression": "id = :id", "FilterExpression": "#t = :no",
             "ExpressionAttributeNames": {"#t": "text"},
             "ExpressionAttributeValues": {":id": {"S": "9000"}, ":no": {"S": "other"}}}  # fmt: skip
    bill = metered.bill_of(lambda: ask(metered, "Query", TableName="things", ConsistentRead=True, **asked))
    assert bill.units == Units(read=3)


def test_a_table_is_written_between_its_marks_only(tmp_path: Any) -> None:
    document = tmp_path / "performance.md"
    document.write_text("before\n<!-- a -->\nold\n<!-- /a -->\nafter\n")
    write([Table("a", ("x",), [(1.50,)])], document)
    assert document.read_text() == "before\n<!-- a -->\n| x |\n| --- |\n| 1.5 |\n<!-- /a -->\nafter\n"
    with pytest.raises(LookupError):
        write([Table("b", (), [])], document)
