"""The product as it stands, read row by row past the product's own code: what the invariants look at."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chalicelib import bootstrap
from chalicelib.billing.embedded.books import standing_of
from chalicelib.billing.embedded.standing import Standing
from chalicelib.billing.embedded.tables import AccountRow, BillingRow, EntryRow, HeadRow
from chalicelib.clock import local_date
from chalicelib.store.agenda import AgendaRow
from chalicelib.store.cases import CaseRow
from chalicelib.store.messages import MessageRow
from chalicelib.store.promises import OpenRow, PromiseRow
from chalicelib.store.receipts import ReceiptRow
from chalicelib.store.refunds import RefundRow
from chalicelib.store.topups import TopUpRow
from local.sandbox.state import State
from tests.product import Product
from tests.storm.harness.schedules import waiting

GATEWAY = "gateway:"


@dataclass(frozen=True)
class Seen:
    """The product as it stands: our rows, and what the companies on the other side have seen."""

    now: datetime
    today: date
    topups: list[TopUpRow]
    entries: list[EntryRow]
    standings: list[Standing]
    promises: list[PromiseRow]
    open_promises: list[OpenRow]
    messages: list[MessageRow]
    agenda: list[AgendaRow]
    cases: list[CaseRow]
    #: company, invoice and sum of what a company took, and of what it took and gave back without us
    captured: list[tuple[str, int, int]]
    returned: list[tuple[str, int, int]]
    #: company, invoice and sum of what a company gave back because we asked for it
    refunded: list[tuple[str, int, int]]
    receipts: list[ReceiptRow]
    refunds: list[RefundRow]
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
            if leg.contra.startswith(GATEWAY) and leg.kind == "payment"
        )

    def taken_off(self) -> dict[str, int]:
        """What was taken off the accounts and not put back, by top-up, for refunds to the payers."""
        found: dict[str, int] = {}
        for entry in self.entries:
            if entry.external_id.startswith("refund:"):
                topup = entry.external_id.split(":")[1]
                found[topup] = found.get(topup, 0) - sum(int(leg.amount_kopecks) for leg in entry.legs)
        return {topup: kopecks for topup, kopecks in found.items() if kopecks}


def look(shop: Product) -> Seen:
    company = shop.sandbox._state
    return Seen(
        now=shop.clock(),
        today=local_date(shop.clock(), bootstrap.settings().zone),
        topups=list(TopUpRow.scan(TopUpRow.item == "topup")),
        entries=list(EntryRow.scan(EntryRow.item != "external")),
        standings=_standings(),
        promises=list(PromiseRow.scan(PromiseRow.item.startswith("promise#"))),
        open_promises=list(OpenRow.scan(OpenRow.item == "open")),
        messages=list(MessageRow.scan()),
        agenda=waiting(),
        cases=shop.cases(),
        captured=payments(company, "paid"),
        returned=payments(company, "canceled"),
        refunded=_refunds(company),
        receipts=list(ReceiptRow.scan(ReceiptRow.item.startswith("receipt#"))),
        refunds=list(RefundRow.scan(RefundRow.item.startswith("refund#"))),
        received=shop.messages(),
        sends=len(company.rows("select id from call where call = 'send'")),
    )


def payments(company: State, state: str) -> list[tuple[str, int, int]]:
    """Company, invoice and sum of what stands there in this state."""
    rows = company.rows(
        "select 'robokassa' as gateway, cast(invoice as text) as number, reported_kopecks, state from payment"
        " union all select 'uniteller', substr(number, 4), reported_kopecks, state from uniteller"
    )
    return [(row["gateway"], int(row["number"]), row["reported_kopecks"]) for row in rows if row["state"] == state]


def _refunds(company: State) -> list[tuple[str, int, int]]:
    rows = company.rows("select company, replace(invoice, 'LK-', '') as number, kopecks from refund")
    return [(row["company"], int(row["number"]), row["kopecks"]) for row in rows]


def _standings() -> list[Standing]:
    rows = list(BillingRow.scan())
    own = {row.account: row for row in rows if isinstance(row, AccountRow)}
    return [standing_of(own[row.account], row) for row in rows if isinstance(row, HeadRow)]
