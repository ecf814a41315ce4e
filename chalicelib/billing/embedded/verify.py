"""Recomputes every account from its entries alone and names whatever does not agree.

How an account stands is held against the same entries (``agreement``). Each entry is held against the one before it,
so one altered entry gives its own differences and not one for every entry after it; the head is held against the
last. Meant for the provider's staff: it scans, and keeps all uniqueness rows in memory.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from chalicelib.billing.embedded.agreement import Difference, disagreements
from chalicelib.billing.embedded.entries import Totals, entry_hash
from chalicelib.billing.embedded.ledger import find_external
from chalicelib.billing.embedded.paid_days import PaidDays
from chalicelib.billing.embedded.tables import (
    AccountRow,
    BillingRow,
    EntryRow,
    ExternalRow,
    HeadRow,
    LegMap,
    external_key,
)
from chalicelib.clock import to_text
from chalicelib.config import load
from chalicelib.store.tables import fetch, reading

#: How often an account that changes while it is read is read on.
READINGS = 50


@dataclass(frozen=True)
class Report:
    accounts: int
    entries: int
    differences: tuple[Difference, ...]


def verify(account: str | None = None, zone: ZoneInfo | None = None) -> Report:
    """Check one account or all. May run while payments are posted. ``zone`` is the provider's, by default from the
    settings.

    :raises UpstreamUnavailable: the store did not answer.
    """
    externals, zone = _externals(account), zone or load().zone
    walks = [_Walk(number, zone, externals) for number in ([account] if account else _accounts(externals))]
    found = [difference for walk in walks for difference in walk.run()]
    seen = {key for walk in walks for key in walk.seen}
    for row in externals.values():
        if (row.owner, row.entry) not in seen:
            found.append(Difference(row.owner, row.entry, "external", "an entry", f"only {row.partition}"))
    balance, contra = sum(walk.balance for walk in walks), sum(walk.contra for walk in walks)
    if balance + contra:
        found.append(Difference(account or "*", "*", "contra", str(-contra), str(balance)))
    return Report(len(walks), len(seen), tuple(found))


def _externals(account: str | None) -> dict[str, ExternalRow]:
    condition = ExternalRow.item == "external"
    if account:
        condition &= ExternalRow.owner == account
    with reading():
        return {row.partition: row for row in ExternalRow.scan(condition, consistent_read=True)}


def _accounts(externals: dict[str, ExternalRow]) -> list[str]:
    """Every account that has a head, an entry or a uniqueness row: none of the three can hide one."""
    with reading():
        heads = {row.account for row in HeadRow.scan(consistent_read=True)}
        rows = EntryRow.scan(EntryRow.item != "external", consistent_read=True, attributes_to_get=["account"])
        return sorted(heads | {row.account for row in rows} | {row.owner for row in externals.values()})


@dataclass
class _Walk:
    """One account from its first entry to its head."""

    account: str
    zone: ZoneInfo
    externals: dict[str, ExternalRow]
    seen: set[tuple[str, str]] = field(default_factory=set)
    balance: int = 0
    contra: int = 0
    last: str = ""
    seq: int = 0
    totals: Totals = field(default_factory=Totals)
    hash: str = ""
    paid: dict[str, PaidDays] = field(default_factory=lambda: defaultdict(PaidDays))

    def run(self) -> Iterator[Difference]:
        found: list[Difference] = []
        stalled = False
        for _ in range(READINGS):
            before = self.seq
            yield from self._read_on()
            own, head = _account(self.account)
            # A payment posted in the meantime moved the head: read on until nothing new comes.
            if head is not None and head.seq > self.seq and not stalled:
                stalled = self.seq == before
                continue
            found = [*self._head(head), *disagreements(own, head, self.paid, self.zone)]
            if not found or head is None or _revision(self.account) == head.revision:
                break
        yield from found

    def _read_on(self) -> Iterator[Difference]:
        with reading():
            entries = list(EntryRow.query(self.account, EntryRow.item > (self.last or "!"), consistent_read=True))
        for entry in entries:
            yield from self._entry(entry)

    def _entry(self, entry: EntryRow) -> Iterator[Difference]:
        stored = Totals.of(entry)
        expected = self.totals.after(entry.legs)
        yield from self._compare(entry.item, "seq", self.seq + 1, entry.seq)
        yield from self._compare(entry.item, "previous_hash", self.hash, entry.previous_hash)
        yield from self._compare(entry.item, "hash", entry_hash(entry), entry.hash)
        yield from self._compare(entry.item, "totals", expected, stored)
        yield from self._compare(entry.item, "balance", expected.balance, entry.balance_kopecks)
        if not entry.legs or not all(leg.amount_kopecks for leg in entry.legs):
            yield Difference(self.account, entry.item, "leg", "legs that move money", "an empty one")
        for leg in entry.legs:
            for what, wanted, got in self.paid[leg.service or ""].take(leg):
                yield Difference(self.account, entry.item, what, wanted, got)
        yield from self._external(entry)
        self.seen.add((self.account, entry.item))
        self.contra -= sum(leg.amount_kopecks for leg in entry.legs)
        self.last, self.seq, self.totals, self.hash = entry.item, entry.seq, stored, entry.hash

    def _external(self, entry: EntryRow) -> Iterator[Difference]:
        row = self.externals.get(external_key(entry.external_id)) or find_external(entry.external_id)
        expected = (self.account, entry.item, sum(leg.amount_kopecks for leg in entry.legs), _kinds(entry.legs))
        found = (row.owner, row.entry, row.amount_kopecks, row.kind) if row else None
        yield from self._compare(entry.item, "external", expected, found)

    def _head(self, head: HeadRow | None) -> Iterator[Difference]:
        if head is None:
            yield Difference(self.account, "head", "head", "a head", "none")
            return
        self.balance = head.balance_kopecks
        yield from self._compare("head", "head.seq", self.seq, head.seq)
        yield from self._compare("head", "head.balance", self.totals.balance, head.balance_kopecks)
        yield from self._compare("head", "head.totals", self.totals, Totals.of(head))
        yield from self._compare("head", "head.hash", self.hash, head.hash)
        if self.last:
            yield from self._compare("head", "head.last_at", self.last.partition("#")[0], to_text(head.last_at))

    def _compare(self, entry: str, what: str, expected: object, found: object) -> Iterator[Difference]:
        if expected != found:
            yield Difference(self.account, entry, what, str(expected), str(found))


def _account(account: str) -> tuple[AccountRow | None, HeadRow | None]:
    """One query, consistent."""
    with reading():
        rows = list(BillingRow.query(account, consistent_read=True))
    own = next((row for row in rows if isinstance(row, AccountRow)), None)
    return own, next((row for row in rows if isinstance(row, HeadRow)), None)


def _revision(account: str) -> int | None:
    head = fetch(HeadRow, account, "head")
    return head.revision if head is not None else None


def _kinds(legs: list[LegMap]) -> str:
    return "+".join(sorted({leg.kind for leg in legs}))
