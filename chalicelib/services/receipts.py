"""Receipts (54-FZ): the company's own are asked about until they are registered, the closing one is sent by us.

Only of companies that tell: of the others the portal knows nothing and shows nothing. A closing one is due on the first
morning of the month after the payment, and is sent once the payment is used up; the intent stands before the call, and
an unknown outcome is asked about under our number before it is sent again.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from chalicelib.billing import BillingSystem, Operation, OperationKind, OperationsQuery
from chalicelib.clock import Clock, day_after, local_date
from chalicelib.config import Settings
from chalicelib.errors import NotFound, NotYourTurn, OutcomeUnknown, UpstreamError
from chalicelib.money import Kopecks, to_rubles
from chalicelib.providers.gateways import Fiscal, PaymentGateway, ReceiptKind, ReceiptStatus, ReceiptWish
from chalicelib.services.messages import Contacts
from chalicelib.services.receipt_questions import ReceiptQuestions
from chalicelib.store.agenda import Agenda, AgendaRow
from chalicelib.store.cases import CaseKind, CaseStore
from chalicelib.store.receipts import CLOSING, PAYMENT, Adds, ReceiptRow, ReceiptStore, refund_item
from chalicelib.store.refunds import ENDED as REFUND_ENDED, RefundStore
from chalicelib.store.topups import TopUpRow, TopUpStore
from chalicelib.store.transaction import Transaction

log = logging.getLogger(__name__)

#: Minutes after which it is asked about; then every hour, to the third day: then it rests with its case.
QUESTIONS = (1, 5, 15, 60)
LAST = timedelta(days=3)
#: A sent one that the company does not know after so long has never come there.
LOST = timedelta(hours=1)
#: An intent older than this is not acted upon by its own writer.
FRESH = timedelta(seconds=5)
_MORNING = time(10, 0)


@dataclass(frozen=True)
class Receipts:
    store: ReceiptStore
    topups: TopUpStore
    refunds: RefundStore
    billing: BillingSystem
    gateways: Mapping[str, PaymentGateway]
    questions: ReceiptQuestions
    contacts: Contacts
    agenda: Agenda
    cases: CaseStore
    now: Clock
    token: Callable[[], str]
    settings: Settings

    # with their causes

    def of_payment(self, topup: TopUpRow) -> Adds:
        """What the transaction that credits a payment writes."""
        kinds, now = self._told(topup.gateway), self.now()
        closing_at = _first_of_next_month(local_date(now, self.settings.zone), self.settings)

        def add(tx: Transaction) -> None:
            if ReceiptKind.PAYMENT in kinds:
                row = _row(topup.topup_id, PAYMENT, ReceiptKind.PAYMENT, topup.amount_kopecks, "waiting", now)
                self.store.add(tx, row, now + timedelta(minutes=QUESTIONS[0]))
            if ReceiptKind.CLOSING in kinds:
                row = _row(topup.topup_id, CLOSING, ReceiptKind.CLOSING, topup.amount_kopecks, "due", closing_at)
                row.made_at = now
                self.store.add(tx, row, closing_at)

        return add

    def of_refund(self, topup: TopUpRow, id: str, kopecks: int) -> Adds:
        """What the transaction that ends a refund writes."""
        kinds, now = self._told(topup.gateway), self.now()

        def add(tx: Transaction) -> None:
            if ReceiptKind.REFUND in kinds:
                row = _row(topup.topup_id, refund_item(id), ReceiptKind.REFUND, kopecks, "waiting", now)
                self.store.add(tx, row, now + timedelta(minutes=QUESTIONS[0]))

        return add

    @property
    def told_of_refunds(self) -> bool:
        return any(ReceiptKind.REFUND in gateway.receipts for gateway in self.gateways.values())

    def _told(self, gateway: str) -> frozenset[ReceiptKind]:
        found = self.gateways.get(gateway)
        return found.receipts if found is not None else frozenset()

    # on screen

    def url_of(self, topup_id: str) -> str | None:
        return self.store.urls([(topup_id, PAYMENT)]).get((topup_id, PAYMENT)) if self._any() else None

    def linked(self, operations: Sequence[Operation]) -> tuple[Operation, ...]:
        """With the links of their receipts: one request for a page that has such operations, else none."""
        keys = {each.id: key for each in operations if (key := _key(each)) is not None} if self._any() else {}
        if not keys:
            return tuple(operations)
        urls = self.store.urls(keys.values())
        found = {id: urls[key] for id, key in keys.items() if key in urls}
        return tuple(
            each.model_copy(update={"receipt_url": found[each.id]}) if each.id in found else each for each in operations
        )

    def _any(self) -> bool:
        return any(gateway.receipts for gateway in self.gateways.values())

    # the agenda

    def work(self, item: AgendaRow) -> None:
        """Agenda: find out about one, or send it. Late, twice or overlapped does no harm."""
        receipt = self.store.pointed(item)
        if receipt is None:
            return self.agenda.drop(item)
        try:
            self._step(receipt, self.topups.existing(receipt.topup_id), item.due_at)
        except NotYourTurn as wait:
            self._open_if_stuck(receipt)
            self._move(receipt, receipt.status, wait.available_from)
        except (UpstreamError, NotFound, KeyError) as error:
            # a gateway that was switched off is as silent as one whose line is down
            log.warning("receipt postponed", extra={"topup": receipt.topup_id, "error": type(error).__name__})
            self._later(receipt)
        return None

    def _step(self, receipt: ReceiptRow, topup: TopUpRow, due_at: datetime) -> None:
        if receipt.status == "due":
            return self._close(receipt, topup)
        state = self.questions.ask(topup, self._wish(receipt, topup), due_at, receipt.missed)
        if state.status is ReceiptStatus.DONE and state.fiscal is not None:
            self._registered(receipt, state.fiscal)
        elif state.status is ReceiptStatus.FAILED:
            self._failed(receipt, topup, "failed")
        elif state.status is ReceiptStatus.NOT_FOUND and self._is_lost(receipt):
            self._send(receipt, topup)
        else:
            self._later(receipt, missed=receipt.missed + (state.status is ReceiptStatus.NOT_FOUND))
        return None

    def _registered(self, receipt: ReceiptRow, fiscal: Fiscal) -> None:
        """Done; unless another receipt of the same sum has been found to be this document a moment ago."""
        before, facts = receipt.revision, fiscal.model_dump(exclude={"link"})
        done = self._move(receipt, "done", None, url=self._url(fiscal, receipt), **facts)
        if not done and receipt.revision == before:
            self._later(receipt)

    def _close(self, receipt: ReceiptRow, topup: TopUpRow) -> None:
        """A payment that went back whole needs none; one that is not used up waits for another month."""
        refunds = self.refunds.all_of(topup.topup_id)
        left = topup.amount_kopecks - sum(refund.amount_kopecks for refund in refunds if refund.status == "done")
        if left <= 0:
            self._move(receipt, "cancelled", None)
        elif any(refund.status not in REFUND_ENDED for refund in refunds):
            # the company may still say no, and then the money is back on the account
            self._move(receipt, "due", self.now() + timedelta(days=1))
        elif not self._used_up(receipt, topup):
            month = _first_of_next_month(local_date(self.now(), self.settings.zone), self.settings)
            self._move(receipt, "due", month, since=month)
        elif self._contact(topup) is None:
            self._failed(receipt, topup, "no_contact")
        else:
            receipt.amount_kopecks = left
            self._send(receipt, topup)

    def _used_up(self, receipt: ReceiptRow, topup: TopUpRow) -> bool:
        """First in, first out: what is on the account came later than this payment was credited.

        What later days took back, by refunds or corrections, is not among what they brought.
        """
        today = local_date(self.now(), self.settings.zone)
        after = day_after(local_date(receipt.made_at or receipt.since, self.settings.zone))
        later = 0
        if after <= today:
            query = OperationsQuery(date_from=after, date_to=today, limit=1)
            totals = self.billing.operations(topup.account, query).totals
            later = totals.payments_kopecks + min(totals.other_kopecks, 0)
        return self.billing.account(topup.account).balance_kopecks <= max(later, 0)

    def _send(self, receipt: ReceiptRow, topup: TopUpRow) -> None:
        """The intent, then the call; what became of it is asked a minute later, by whoever comes."""
        number = receipt.number or self.topups.next_invoice(topup.gateway)
        mine, at, amount = self.token(), self.now(), receipt.amount_kopecks
        # sending it again makes it no younger: a day after the first time it is a case
        again = receipt.status == "sending"
        since = receipt.since if again else at
        facts = {"number": number, "sent_by": mine, "sent_at": at, "since": since, "tries": 0, "amount_kopecks": amount}
        if not self._move(receipt, "sending", at + timedelta(minutes=1), **facts):
            return
        if not timedelta(0) <= self.now() - at <= FRESH:
            return
        try:
            state = self.gateways[topup.gateway].send_receipt(self._wish(receipt, topup))
        except OutcomeUnknown:
            log.warning("receipt with an unknown outcome", extra={"topup": topup.topup_id, "gateway": topup.gateway})
            return
        # a no to the second sending says nothing about the first, which may have come there late
        if state.status is ReceiptStatus.FAILED and not again:
            self._failed(receipt, topup, "failed")

    def _is_lost(self, receipt: ReceiptRow) -> bool:
        return receipt.status == "sending" and self.now() - (receipt.sent_at or receipt.since) >= LOST

    def _wish(self, receipt: ReceiptRow, topup: TopUpRow) -> ReceiptWish:
        kind = ReceiptKind(receipt.kind)
        others = self.store.all_of(topup.topup_id) if kind is ReceiptKind.REFUND else []
        return ReceiptWish(
            kind=kind,
            invoice=topup.invoice,
            account=topup.account,
            amount_kopecks=Kopecks(receipt.amount_kopecks),
            number=receipt.number,
            taken=tuple(other.fd for other in others if other.fd and other.item != receipt.item),
            contact=self._contact(topup) if kind is ReceiptKind.CLOSING else None,
        )

    def _contact(self, topup: TopUpRow) -> str | None:
        confirmed = self.contacts.confirmed(topup.subscriber_id)
        return confirmed.get("email") or confirmed.get("sms")

    def _url(self, fiscal: Fiscal, receipt: ReceiptRow) -> str | None:
        """Where the provider's choice shows it, else where the company does."""
        if self.settings.receipt_url is None:
            return fiscal.link if fiscal.link and fiscal.link.startswith("https://") else None
        sum_ = to_rubles(Kopecks(receipt.amount_kopecks))
        return self.settings.receipt_url.format(fn=fiscal.fn, fd=fiscal.fd, fpd=fiscal.fpd, sum=sum_)

    def _later(self, receipt: ReceiptRow, **more: int) -> None:
        """Again at the usual time; what has waited too long stands in the operator's list, and at last rests there."""
        now = self.now()
        minutes = QUESTIONS[receipt.tries] if receipt.tries < len(QUESTIONS) else 60
        self._open_if_stuck(receipt)
        again = now + timedelta(minutes=minutes) if now - receipt.since < LAST else None
        self._move(receipt, receipt.status, again, tries=receipt.tries + 1, **more)

    def _open_if_stuck(self, receipt: ReceiptRow) -> None:
        if receipt.status != "due" and self.now() - receipt.since >= self.settings.stuck_after:
            self._open(receipt, self.topups.existing(receipt.topup_id), "silence")

    def _failed(self, receipt: ReceiptRow, topup: TopUpRow, why: str) -> None:
        self._open(receipt, topup, why)
        self._move(receipt, "failed", None)

    def _open(self, receipt: ReceiptRow, topup: TopUpRow, why: str) -> None:
        facts = {"account": topup.account, "gateway": topup.gateway, "invoice": topup.invoice, "number": receipt.number}
        self.cases.open(CaseKind.RECEIPT, receipt.ref, self.now(), {**facts, "why": why})

    def _move(self, receipt: ReceiptRow, to: Any, due_at: datetime | None, **changes: Any) -> bool:
        return self.store.advance(receipt, to, due_at, **changes)


def _row(topup_id: str, item: str, kind: ReceiptKind, kopecks: int, status: str, since: datetime) -> ReceiptRow:
    return ReceiptRow(topup_id, item, kind=kind, amount_kopecks=kopecks, status=status, since=since)


def _key(operation: Operation) -> tuple[str, str] | None:
    """Top-up and item of an operation's receipt."""
    external = operation.external_id or ""
    if operation.kind is OperationKind.PAYMENT and external and ":" not in external:
        return external, PAYMENT
    head, _, rest = external.partition(":")
    topup_id, _, id = rest.partition(":")
    # what came back to the account is no money back to the payer
    if operation.kind is OperationKind.REFUND and operation.amount_kopecks < 0 and head == "refund" and id:
        return topup_id, refund_item(id)
    return None


def _first_of_next_month(day: date, settings: Settings) -> datetime:
    year, month = divmod(day.year * 12 + day.month, 12)
    return datetime.combine(date(year, month + 1, 1), _MORNING, tzinfo=settings.zone)
