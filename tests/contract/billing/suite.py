"""What every billing owes the portal. A case file per adapter sets up the same accounts in its own way.

The scene, at NOW in Moscow: subscriber ``sub-a`` has the accounts 500001 «Дом» and 500002 «Дача» in this
order, ``sub-b`` has 500003. 500001 has an anchor on the 10th, internet for 600.00 and a phone for 150.00
a month, and this history: HISTORY below, oldest first. The other two have none.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from chalicelib.billing import BillingSystem, Operation, OperationKind, OperationsPage, OperationsQuery
from chalicelib.clock import Clock

ZONE = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WHOLE = {"date_from": date(2026, 1, 1), "date_to": date(2026, 11, 30)}


@dataclass(frozen=True)
class Happened:
    """One operation of the scene; operations of one instant belong to one opening."""

    at: datetime
    kind: OperationKind
    amount_kopecks: int
    service: str | None = None


def _utc(month: int, day: int, hour: int) -> datetime:
    return datetime(2026, month, day, hour, 0, tzinfo=UTC)


HISTORY = (
    Happened(_utc(10, 9, 12), OperationKind.PAYMENT, 900_00),
    # 22:00 UTC on the 9th is the 10th in Moscow
    Happened(_utc(10, 9, 22), OperationKind.CHARGE, -600_00, "internet"),
    Happened(_utc(10, 9, 22), OperationKind.CHARGE, -150_00, "phone"),
    Happened(_utc(10, 20, 8), OperationKind.CORRECTION, 20_01, "internet"),
    Happened(_utc(11, 8, 12), OperationKind.PAYMENT, 1000_00),
    Happened(_utc(11, 9, 22), OperationKind.CHARGE, -600_00, "internet"),
    Happened(_utc(11, 9, 22), OperationKind.CHARGE, -150_00, "phone"),
    Happened(_utc(11, 12, 9), OperationKind.REFUND, -100_00),
)
BALANCE = sum(each.amount_kopecks for each in HISTORY)


class Build(Protocol):
    def __call__(self, zone: ZoneInfo, now: Clock) -> BillingSystem: ...


@dataclass(frozen=True)
class BillingCase:
    """``build`` sets the scene in an empty billing and returns the adapter over it."""

    name: str
    build: Build


def ask(billing: BillingSystem, account: str = "500001", **fields: Any) -> OperationsPage:
    return billing.operations(account, OperationsQuery(**{**WHOLE, **fields}))


def walk(billing: BillingSystem, **fields: Any) -> list[Operation]:
    """Every page of a question, one after another."""
    found: list[Operation] = []
    cursor = None
    for _ in range(100):
        page = ask(billing, cursor=cursor, **fields)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("the pages never end")
