"""The operations of an account: the ledger leg by leg, newest first, a page at a time.

The totals of a range are a subtraction: the running totals of its last entry minus those of the last
entry before it. So they cost two reads however long the range is, and cannot disagree with the ledger.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from chalicelib.billing import Operation, OperationKind, OperationsPage, OperationsQuery, OperationTotals, ServicePeriod
from chalicelib.billing.embedded.entries import Totals
from chalicelib.billing.embedded.tables import EntryRow, LegMap
from chalicelib.clock import day_after, day_start, to_text
from chalicelib.errors import InvalidRequest
from chalicelib.money import Kopecks
from chalicelib.store.tables import reading

#: Entries read for one page at most: with a filter that matches little a page may be short and still go on.
READ_MAX = 500
_LIMIT_MAX = 100
#: Far above a real cursor, far below what a parser minds.
_CURSOR_MAX = 200
#: Dates that texts of fixed width can hold, with room for any zone.
_YEARS = range(1970, 9999)


@dataclass(frozen=True)
class Position:
    """The last leg that was shown: the next page begins below it."""

    entry: str
    leg: int


def page(account: str, query: OperationsQuery, zone: ZoneInfo) -> OperationsPage:
    """Two queries for a first page, three for a later one; one more per 1 MB of entries read.

    :raises InvalidRequest: the range, the limit, or a cursor that is not ours or belongs to another question.
    """
    _check(query)
    since, before = to_text(day_start(query.date_from, zone)), to_text(day_start(day_after(query.date_to), zone))
    after = _opened(account, query, since, before) if query.cursor is not None else None
    with reading():
        items, last, newest = _collect(account, query, since, after.entry if after else before, after)
        opening = _totals_before(account, since)
        latest = Totals.of(newest) if newest else opening
        closing = _totals_before(account, before) if after else latest
    cursor = _sealed(account, query, last) if last else None
    return OperationsPage(items=tuple(items), next_cursor=cursor, totals=_between(opening, closing))


def _check(query: OperationsQuery) -> None:
    if not 1 <= query.limit <= _LIMIT_MAX:
        raise InvalidRequest({"limit": "out_of_range"})
    if query.date_from.year not in _YEARS or query.date_to.year not in _YEARS:
        raise InvalidRequest({"from": "out_of_range"})
    if query.date_from > query.date_to:
        raise InvalidRequest({"from": "after_to"})


def _collect(
    account: str, query: OperationsQuery, low: str, high: str, after: Position | None
) -> tuple[list[Operation], Position | None, EntryRow | None]:
    """Matching rows, where to go on (None at the end of the range), and the newest entry seen."""
    items: list[Operation] = []
    shown = seen = newest = None
    read = 0
    for entry in _entries(account, query, low, high):
        newest, read = newest or entry, read + 1
        for number, operation in _operations(entry):
            if (after and entry.item == after.entry and number >= after.leg) or not _matches(operation, query):
                continue
            if len(items) == query.limit:
                return items, shown, newest
            items.append(operation)
            shown = Position(entry.item, number)
        seen = Position(entry.item, 0)
    return items, seen if read == READ_MAX else None, newest


def _entries(account: str, query: OperationsQuery, low: str, high: str) -> Iterator[EntryRow]:
    """Newest first. ``high`` is a key, or the instant after the range: every key of that instant is above it."""
    filtered = query.kind is not None or query.service is not None
    return EntryRow.query(
        account,
        EntryRow.item.between(low, high),
        scan_index_forward=False,
        consistent_read=True,
        limit=READ_MAX,
        page_size=READ_MAX if filtered else query.limit + 2,
    )


def _operations(entry: EntryRow) -> Iterator[tuple[int, Operation]]:
    """The legs of an entry from the last to the first, each with the balance right after it."""
    balance = entry.balance_kopecks
    for number in reversed(range(len(entry.legs))):
        leg = entry.legs[number]
        yield number, _operation(entry, number, leg, Kopecks(balance))
        balance -= leg.amount_kopecks


def _operation(entry: EntryRow, number: int, leg: LegMap, balance: Kopecks) -> Operation:
    period = None
    if leg.period_start is not None and leg.period_end is not None:
        period = ServicePeriod(start=leg.period_start, end=leg.period_end)
    return Operation(
        id=f"{entry.seq}-{number}",
        at=entry.at,
        kind=OperationKind(leg.kind),
        amount_kopecks=Kopecks(leg.amount_kopecks),
        balance_after_kopecks=balance,
        title=leg.title,
        service=leg.service,
        period=period,
        rule=leg.rule,
        formula=leg.formula,
        external_id=entry.external_id,
    )


def _matches(operation: Operation, query: OperationsQuery) -> bool:
    return query.kind in (None, operation.kind) and query.service in (None, operation.service)


def _totals_before(account: str, instant: str) -> Totals:
    """Running totals of the last entry before an instant; zeros if there is none."""
    rows = EntryRow.query(
        account, EntryRow.item < instant, scan_index_forward=False, consistent_read=True, limit=1, page_size=1
    )
    return next((Totals.of(row) for row in rows), Totals())


def _between(opening: Totals, closing: Totals) -> OperationTotals:
    return OperationTotals(
        opening_balance_kopecks=opening.balance,
        payments_kopecks=Kopecks(closing.payments - opening.payments),
        charges_kopecks=Kopecks(closing.charges - opening.charges),
        other_kopecks=Kopecks(closing.other - opening.other),
        closing_balance_kopecks=closing.balance,
    )


def _sealed(account: str, query: OperationsQuery, position: Position) -> str:
    """A cursor for the next page of this very question."""
    text = json.dumps([position.entry, position.leg, _seal(account, query, position)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def _opened(account: str, query: OperationsQuery, since: str, before: str) -> Position:
    """The position in a cursor. Whatever it says, it only moves within this account's range.

    :raises InvalidRequest: not ours, changed, or of another account, range or filter.
    """
    try:
        text = base64.b64decode((query.cursor or "")[:_CURSOR_MAX].encode("ascii"), b"-_", validate=True)
        entry, leg, seal = json.loads(text)
        position = Position(entry, leg)
        genuine = isinstance(entry, str) and type(leg) is int and since <= entry < before
        genuine = genuine and seal == _seal(account, query, position)
    except (ValueError, TypeError):
        genuine = False
    if not genuine:
        raise InvalidRequest({"cursor": "invalid"})
    return position


def _seal(account: str, query: OperationsQuery, position: Position) -> str:
    """Binds a position to its question. Not a secret: a forged one shows only the caller's own rows."""
    asked = [account, query.date_from, query.date_to, query.kind, query.service, position.entry, position.leg]
    return hashlib.sha256(json.dumps(asked, default=date.isoformat).encode()).hexdigest()[:16]
