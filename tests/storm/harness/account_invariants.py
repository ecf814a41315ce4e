"""What must hold of an account whose days go by: its promise, what it paid for, and whether it is on.

By plain arithmetic over rows and days, sharing nothing with the planners but the rounding of a fee.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from chalicelib.billing import AccountState, OperationKind
from chalicelib.billing.embedded.periods import period_of
from chalicelib.billing.embedded.standing import Line, Standing
from chalicelib.money import by_days
from chalicelib.store.agenda import Kind
from chalicelib.store.promises import OPEN, PromiseRow
from tests.storm.harness.seen import Seen

#: Where a payment may come from; a promise is none of them.
SOURCES = {"gateway", "cash"}
#: Everything that a promise may go through; each step once.
LIVES = (
    ["granting"],
    ["granting", "refused"],
    ["granting", "active"],
    ["granting", "active", "repaid"],
    ["granting", "active", "ending", "ended"],
)
#: Rules of the legs that pay a service's days, and of those that give them back.
PAYING = {"opening", "opening_by_days", "resumption", "resumption_by_days"}
RETURNING = {"suspension_return"}

#: Account, service, day -> how often it was paid for and not given back.
Paid = Counter[tuple[str, str, date]]


def i5_a_promise_is_a_limit_and_never_money(seen: Seen) -> None:
    """One open at most, granted and removed once and told of; the billing's limit is the record's; no leg is one."""
    unclosed = sorted((record.account, record.id) for record in seen.promises if record.status in OPEN)
    assert unclosed == sorted((row.account, row.promise_id) for row in seen.open_promises)
    assert len({account for account, _ in unclosed}) == len(unclosed)
    limits = {(standing.account, standing.promise.id) for standing in seen.standings if standing.promise}
    assert limits <= set(unclosed)
    said = {row.message_id for row in seen.messages}
    for record in seen.promises:
        steps = [event.partition(" ")[2] for event in record.events]
        assert (steps in LIVES, steps[-1]) == (True, record.status), steps
        assert _announced(record, steps) <= said
    legs = [leg for entry in seen.entries for leg in entry.legs]
    money = {leg.contra.partition(":")[0] for leg in legs if leg.kind == OperationKind.PAYMENT}
    assert money <= SOURCES, money


def _announced(record: PromiseRow, steps: list[str]) -> set[str]:
    events = {"active": "taken", "ended": "promise_ended"}
    return {f"promise:{record.id}:{event}" for step, event in events.items() if step in steps}


def i13_each_day_is_paid_once(seen: Seen) -> None:
    """However often and late a job fired: no day of a service twice, one row of the agenda an account."""
    assert not {key: times for key, times in _paid(seen).items() if times not in (0, 1)}
    days = Counter(row.ref for row in seen.agenda if row.kind == Kind.ACCOUNT_DAY)
    assert not [account for account, times in days.items() if times != 1]


def i14_a_service_is_on_by_the_rules_alone(seen: Seen) -> None:
    """On if and only if its days are paid, and suspended on exactly the days that were ordered, which cost no fee."""
    paid = {key for key, times in _paid(seen).items() if times}
    for standing in seen.standings:
        unpaid = [line for line in standing.lines if line.charged and line.unpaid_from <= seen.today]
        if standing.state is AccountState.ACTIVE:
            assert not unpaid, standing
        elif standing.state is AccountState.FINANCIAL_BLOCK:
            lacking = sum(_fee(standing, line, seen.today) for line in unpaid)
            assert _available(standing, seen.today) < lacking, standing
        for line in standing.lines:
            if line.pause is not None:
                assert line.pause.end >= seen.today, standing
                assert line.pause.started is (line.pause.start <= seen.today), standing
        for service, day in _suspended(standing):
            assert (standing.account, service, day) not in paid, f"a fee for {service} on {day}"


def _paid(seen: Seen) -> Paid:
    found: Paid = Counter()
    for entry in seen.entries:
        for leg in entry.legs:
            times = (leg.rule in PAYING) - (leg.rule in RETURNING)
            for day in _days(leg.period_start, leg.period_end) if times else ():
                found[entry.account, leg.service or "", day] += times
    return found


def _suspended(standing: Standing) -> Iterator[tuple[str, date]]:
    runs = defaultdict(list)
    for past in standing.pauses:
        runs[past.service].append((past.start, past.end))
    for line in standing.lines:
        if line.pause is not None and line.pause.started:
            runs[line.service].append((line.pause.start, line.pause.end))
    for service, spans in runs.items():
        for start, end in spans:
            yield from ((service, day) for day in _days(start, end))


def _days(start: date | None, end: date | None) -> Iterator[date]:
    assert start is not None, "a leg that pays days names them"
    assert end is not None, "a leg that pays days names them"
    yield from (start + timedelta(days=number) for number in range((end - start).days + 1))


def _available(standing: Standing, today: date) -> int:
    promise = standing.promise
    limit = promise.left_kopecks if promise is not None and today <= promise.last_day else 0
    return standing.balance_kopecks + limit


def _fee(standing: Standing, line: Line, today: date) -> int:
    """The rest of the period; a cheaper tariff whose day has come takes over."""
    period, fee = period_of(today, standing.anchor_day), line.tariff.fee_kopecks
    if line.planned is not None and line.planned.on <= today:
        fee = min(fee, line.planned.tariff.fee_kopecks)
    return by_days(fee, (period.next_start - today).days, (period.next_start - period.start).days)
