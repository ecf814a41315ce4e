"""What must hold whatever happened. Each function is one invariant and takes the product's rows as they stand.

``quiet`` is all of them, for when nobody has anything left to do. A feature adds its own here: I3 to I5 come
with autopay and promised payments, I12 with receipts, I14 with the monthly opening.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.billing.embedded.tables import EntryRow
from chalicelib.billing.embedded.verify import verify
from chalicelib.store.agenda import AgendaRow, Kind
from chalicelib.store.cases import CaseRow
from chalicelib.store.messages import MessageRow
from chalicelib.store.topups import MOVES, EventRow, TopUpRow
from local.store.engine import Engine
from tests.product import Product, digest
from tests.storm.harness.schedules import waiting

GATEWAY = "gateway:"
DAY = timedelta(hours=24)
#: Nothing follows of itself from these; a late payment may still come.
ENDS = {"credited", "declined", "expired"}


@dataclass(frozen=True)
class Seen:
    """The product as it stands: our rows, and what the companies on the other side have seen."""

    now: datetime
    topups: list[TopUpRow]
    entries: list[EntryRow]
    messages: list[MessageRow]
    agenda: list[AgendaRow]
    cases: list[CaseRow]
    captured: list[dict[str, Any]]
    received: list[dict[str, Any]]
    sends: int

    @property
    def told(self) -> set[str]:
        """What a person has been told of."""
        return {case.ref for case in self.cases}

    def credits(self) -> list[tuple[str, str, int]]:
        """Account, external id and sum of every leg that a gateway has paid."""
        legs = ((entry, leg) for entry in self.entries for leg in entry.legs)
        return sorted(
            (entry.account, entry.external_id, int(leg.amount_kopecks))
            for entry, leg in legs
            if leg.contra.startswith(GATEWAY)
        )


def look(shop: Product) -> Seen:
    company = shop.sandbox._state
    return Seen(
        now=shop.clock(),
        topups=list(TopUpRow.scan(TopUpRow.item == "topup")),
        entries=list(EntryRow.scan(EntryRow.item != "external")),
        messages=list(MessageRow.scan()),
        agenda=waiting(),
        cases=shop.cases(),
        captured=company.rows("select invoice, reported_kopecks from payment where state = 'paid'"),
        received=shop.messages(),
        sends=len(company.rows("select id from call where call = 'send'")),
    )


def i1_the_ledger_is_whole(seen: Seen) -> None:
    """Sums, running balances and the hash chain, all recomputed from the entries."""
    assert not verify().differences


def i2_captured_money_is_credited_once(seen: Seen) -> None:
    """Every payment that the company took, to its order's account, with its exact sum; and nothing else."""
    orders = {int(order.invoice): order for order in seen.topups}
    taken = [(orders[row["invoice"]], int(row["reported_kopecks"])) for row in seen.captured]
    assert seen.credits() == sorted((order.account, order.topup_id, kopecks) for order, kopecks in taken)


def i6_portal_and_ledger_agree(seen: Seen) -> None:
    """What the portal calls credited is in the ledger and the other way round, or a person has been told."""
    posted = {external_id for _, external_id, _ in seen.credits()}
    claimed = {order.topup_id for order in seen.topups if order.status == "credited"}
    unsettled = {order.topup_id for order in seen.topups if order.status == "paid"}
    assert (posted ^ claimed) | unsettled <= seen.told


def i7_nothing_is_forgotten(seen: Seen) -> None:
    """Nothing that has begun is older than a day, unless a person has been told of it."""
    day_ago = seen.now - DAY
    unfinished = {order.topup_id for order in seen.topups if order.created_at < day_ago and order.status not in ENDS}
    unfinished |= {row.message_id for row in seen.messages if row.agenda_key and row.created_at < day_ago}
    unfinished |= {row.ref for row in seen.agenda if row.due_at < day_ago}
    assert unfinished <= seen.told


def i8_a_status_never_goes_back(seen: Seen) -> None:
    """The events of a top-up are a lawful walk to the status that it has; only a late payment leaves an end."""
    for order in seen.topups:
        names = [row.name for row in EventRow.query(order.topup_id, EventRow.item.startswith("event#"))]
        assert (names[0], names[-1]) == ("created", order.status)
        assert all(after in MOVES[before] for before, after in zip(names, names[1:], strict=False)), names


def i13_each_message_is_sent_once(seen: Seen) -> None:
    """A company keeps a repeated id once, so its log of calls is asked; ``unknown`` may or may not have arrived."""
    outcomes = [outcome for row in seen.messages for outcome in row.outcomes.values()]
    assert outcomes.count("sent") <= len(seen.received) <= outcomes.count("sent") + outcomes.count("unknown")
    assert seen.sends == len(seen.received)


def nothing_is_left_to_do(seen: Seen) -> None:
    """Every account waits for its own next day, and nothing else waits."""
    assert [row.key for row in seen.agenda if row.kind != Kind.ACCOUNT_DAY or row.due_at <= seen.now] == []


INVARIANTS: tuple[Callable[[Seen], None], ...] = (
    i1_the_ledger_is_whole,
    i2_captured_money_is_credited_once,
    i6_portal_and_ledger_agree,
    i7_nothing_is_forgotten,
    i8_a_status_never_goes_back,
    i13_each_message_is_sent_once,
)


def quiet(shop: Product, cases: int = 0) -> Seen:
    """Everything, when nobody has anything left to do; ``cases`` is how many a person has to look at."""
    seen = look(shop)
    for holds in (*INVARIANTS, nothing_is_left_to_do):
        holds(seen)
    assert len(seen.cases) == cases, [case.case_id for case in seen.cases]
    return seen


@contextmanager
def i10_unchanged(engine: Engine) -> Iterator[None]:
    """Input that is refused leaves every row of every table as it was."""
    before = digest(engine)
    yield
    assert digest(engine) == before
