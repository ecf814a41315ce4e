"""The in-process store with a meter on it: each request, its table and its capacity units."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from local.store.engine import Engine
from local.store.handlers import Answer
from tests.bench.capacity import Item, Units, of_read, of_write

_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}
_PREFIX = "DynamoDB_20120810."


@dataclass(frozen=True)
class Spent:
    """One request to the store."""

    operation: str
    table: str
    units: Units

    def __str__(self) -> str:
        return f"{self.operation} {self.table}"


@dataclass
class Bill:
    """What one act cost."""

    requests: list[Spent] = field(default_factory=list)

    @property
    def units(self) -> Units:
        return sum((spent.units for spent in self.requests), Units())

    @property
    def by_operation(self) -> str:
        counted = Counter(spent.operation for spent in self.requests)
        return ", ".join(f"{name} {number}" for name, number in counted.items()) or "–"


class MeteredEngine(Engine):
    """Sizes of written items are read from the store itself, before and after; those reads are not counted."""

    bill: Bill | None = None

    def call(self, target: str, body: bytes) -> Answer:
        if self.bill is None:
            return super().call(target, body)
        operation, asked = target.removeprefix(_PREFIX), json.loads(body)
        if operation not in _WRITES:
            answer = super().call(target, body)
            units = self._units_of_read(operation, asked, json.loads(answer.body))
        else:
            actions = _actions(operation, asked)
            before = [self._item(action) for action in actions]
            answer = super().call(target, body)
            after = [self._item(action) for action in actions]
            units = of_write(zip(before, after, strict=True), operation.startswith("Transact"))
        self.bill.requests.append(Spent(operation, _table(asked), units))
        return answer

    def _units_of_read(self, operation: str, asked: Mapping[str, Any], answer: Any) -> Units:
        """A filter hides what was read for it, and what was read is paid for: then it is asked without one."""
        if "FilterExpression" in asked:
            asked = _unfiltered(asked)
            answer = self._ask(operation, **asked)
        return of_read(operation, asked, answer)

    def _item(self, action: Mapping[str, Any]) -> Item | None:
        table = action["TableName"]
        key = action.get("Key") or {name: action["Item"][name] for name in self._key_names(table)}
        found: Item | None = self._ask("GetItem", TableName=table, Key=key, ConsistentRead=True).get("Item")
        return found

    def _key_names(self, table: str) -> list[str]:
        described = self._ask("DescribeTable", TableName=table)["Table"]
        if described.get("GlobalSecondaryIndexes") or described.get("LocalSecondaryIndexes"):
            raise NotImplementedError(f"{table} has an index: its writes cost more than is counted here")
        return [part["AttributeName"] for part in described["KeySchema"]]

    def _ask(self, operation: str, **body: Any) -> Any:
        answer = super().call(_PREFIX + operation, json.dumps(body).encode())
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.body!r}")
        return json.loads(answer.body)

    @contextmanager
    def metered(self) -> Iterator[Bill]:
        self.bill = bill = Bill()
        try:
            yield bill
        finally:
            self.bill = None

    def bill_of(self, act: Callable[[], object]) -> Bill:
        with self.metered() as bill:
            act()
        return bill


def _actions(operation: str, asked: Any) -> list[Any]:
    if operation != "TransactWriteItems":
        return [asked]
    return [action for item in asked["TransactItems"] for action in item.values()]


def _unfiltered(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Without the filter and the names and values that only it used: an unused one is refused."""
    used = set(re.findall(r"[#:]\w+", asked["KeyConditionExpression"]))
    plain = {name: value for name, value in asked.items() if name != "FilterExpression"}
    for table in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        plain[table] = {token: value for token, value in asked.get(table, {}).items() if token in used}
    return plain


def _table(asked: Any) -> str:
    named = [asked["TableName"]] if "TableName" in asked else []
    named += asked.get("RequestItems", {})
    named += [action["TableName"] for item in asked.get("TransactItems", ()) for action in item.values()]
    return "+".join(dict.fromkeys(name.removeprefix("portal-") for name in named))
