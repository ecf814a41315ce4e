"""Whether an account stands as its ledger says: the part of ``verify`` that looks at the head's standing.

What the legs paid for, what a promise has left, and whether the agenda will wake the account on its next day.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from chalicelib.billing.embedded.books import standing_of
from chalicelib.billing.embedded.calendar import next_day
from chalicelib.billing.embedded.paid_days import LEAST_FEE, PaidDays
from chalicelib.billing.embedded.standing import Line, PastPause, Standing
from chalicelib.billing.embedded.tables import AccountRow, HeadRow
from chalicelib.clock import day_start
from chalicelib.store.agenda import AgendaRow, Kind, pointed, row as agenda_row
from chalicelib.store.tables import fetch


@dataclass(frozen=True)
class Difference:
    """``what``: seq, previous_hash, hash, totals, balance, leg, formula, days, external, head.<field>, contra,
    account, standing, unpaid_from, suspended, promise, agenda_key, agenda."""

    account: str
    entry: str
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"account {self.account} entry {self.entry}: {self.what}: expected {self.expected}, found {self.found}"


def disagreements(
    own: AccountRow | None, head: HeadRow | None, paid: Mapping[str, PaidDays], zone: ZoneInfo
) -> Iterator[Difference]:
    """``paid`` is what the account's entries up to the head have paid, by service. One get where a row is awaited."""
    if head is None:
        return
    if own is None:
        yield Difference(head.account, "account", "account", "its row", "none")
        return
    try:
        standing = standing_of(own, head)
    except ValueError as error:
        yield Difference(head.account, "head", "standing", "one that can be read", str(error))
        return
    for line in standing.lines:
        yield from _line(standing, line, paid.get(line.service))
    yield from _promise(standing)
    yield from _agenda(standing, head, zone)


def _line(standing: Standing, line: Line, paid: PaidDays | None) -> Iterator[Difference]:
    """No leg at all: nothing is known. A fee that may round to nothing pays days without a leg."""
    if paid is None or paid.next is None:
        return
    place = f"service {line.service}"
    past = [pause for pause in standing.pauses if pause.service == line.service]
    expected = paid.unpaid_from(past)
    if line.tariff.fee_kopecks >= LEAST_FEE and expected != line.unpaid_from:
        yield Difference(standing.account, place, "unpaid_from", str(expected), str(line.unpaid_from))
    if line.pause is not None and line.pause.started:
        past.append(PastPause(service=line.service, start=line.pause.start, end=line.pause.end))
    for pause in past:
        if paid.charged_in(pause):
            wanted = f"no fee from {pause.start} to {pause.end}"
            yield Difference(standing.account, place, "suspended", wanted, "charged days")


def _promise(standing: Standing) -> Iterator[Difference]:
    """A payment lowers it by its sum, nothing else does, and it is over when nothing is left."""
    promise = standing.promise
    if promise is None:
        return
    left = promise.amount_kopecks - (standing.payments_kopecks - promise.payments_before)
    if left != promise.left_kopecks:
        yield Difference(standing.account, "head", "promise", str(left), str(promise.left_kopecks))
    if not 0 < promise.left_kopecks <= promise.amount_kopecks or promise.last_day < promise.taken_on:
        yield Difference(standing.account, "head", "promise", "a limit within its sum and days", str(promise))


def _agenda(standing: Standing, head: HeadRow, zone: ZoneInfo) -> Iterator[Difference]:
    """The row of the next day; its shard may be of a time when there were fewer of them."""
    day = next_day(standing)
    wanted = agenda_row(Kind.ACCOUNT_DAY, head.account, day_start(day, zone), 1) if day else None
    row = pointed(head.agenda_key) if head.agenda_key else None
    if _kind_and_sort(wanted) != _kind_and_sort(row):
        expected = wanted.sort if wanted is not None else "none"
        yield Difference(head.account, "head", "agenda_key", expected, str(head.agenda_key))
    if row is not None and fetch(AgendaRow, row.partition, row.sort) is None:
        yield Difference(head.account, "head", "agenda", f"the row {head.agenda_key}", "none")


def _kind_and_sort(row: AgendaRow | None) -> tuple[str, str] | None:
    return (row.partition.partition("#")[0], row.sort) if row is not None else None
