"""What a store request costs in capacity units, by DynamoDB's documented rules.

The local engine's own figures are no use for reads: it says one unit whatever the size. Here an item's
size is the bytes of its names and values; a read costs one unit per started 4 KB (half when eventually
consistent), a write one per started 1 KB of the larger of the old and the new item, twice that in a
transaction. A refused condition and an absent item cost as much as the smallest item. A condition check
is counted as the transactional write of its item, which is the dearest reading of the documents.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Any

READ_BLOCK, WRITE_BLOCK = 4096, 1024
_CONTAINER, _ELEMENT = 3, 1

Item = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Units:
    read: float = 0
    write: float = 0

    def __add__(self, other: "Units") -> "Units":
        return Units(self.read + other.read, self.write + other.write)


def item_size(item: Item | None) -> int:
    return sum(len(name.encode()) + _value_size(value) for name, value in (item or {}).items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_size(content)
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(len(text.encode()) for text in content)
        case "L":
            return _CONTAINER + sum(_ELEMENT + _value_size(one) for one in content)
        case "M":
            return _CONTAINER + sum(_ELEMENT + len(name.encode()) + _value_size(one) for name, one in content.items())
    raise NotImplementedError(f"no model of ours has an attribute of type {kind}")


def _number_size(text: str) -> int:
    """One byte for two significant digits, one more, and one for a minus."""
    number = Decimal(text).normalize().as_tuple()
    digits = len(number.digits) if any(number.digits) else 0
    return ceil(digits / 2) + 1 + number.sign


def of_read(operation: str, body: Mapping[str, Any], answer: Mapping[str, Any]) -> Units:
    """:raises NotImplementedError: a read whose size its answer does not show."""
    if operation == "BatchGetItem":
        return sum((_of_batch(table, asked, answer) for table, asked in body["RequestItems"].items()), Units())
    if operation not in {"GetItem", "Query"}:
        raise NotImplementedError(operation)
    hidden = {"ProjectionExpression", "FilterExpression", "IndexName"} & body.keys()
    if hidden:
        raise NotImplementedError(f"{operation} with {hidden}")
    found = answer.get("Items", [answer.get("Item")])
    return _read(sum(map(item_size, found)), bool(body.get("ConsistentRead")))


def _of_batch(table: str, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> Units:
    """Each item is rounded up for itself; one that is not there costs the smallest read."""
    if "ProjectionExpression" in asked:
        raise NotImplementedError("BatchGetItem with a projection")
    found: Sequence[Item] = answer["Responses"].get(table, [])
    sizes = [item_size(item) for item in found] + [0] * (len(asked["Keys"]) - len(found))
    return sum((_read(size, bool(asked.get("ConsistentRead"))) for size in sizes), Units())


def _read(size: int, consistent: bool) -> Units:
    return Units(read=max(1, ceil(size / READ_BLOCK)) * (1 if consistent else 0.5))


def of_write(changes: Iterable[tuple[Item | None, Item | None]], in_transaction: bool) -> Units:
    """``changes``: each touched item before and after; the same twice where the write was refused."""
    blocks = (max(1, ceil(max(item_size(old), item_size(new)) / WRITE_BLOCK)) for old, new in changes)
    return Units(write=sum(blocks) * (2 if in_transaction else 1))
