"""From "the gateway has the money" to "the billing has it": two facts, never merged, each exactly once."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.billing import BillingSystem, PostResult
from chalicelib.clock import Clock
from chalicelib.config import Settings
from chalicelib.errors import NotFound, PortalError
from chalicelib.money import Kopecks
from chalicelib.providers.gateways import PaymentGateway, PaymentState, PaymentStatus
from chalicelib.services.receipts import Receipts
from chalicelib.store.agenda import Agenda, AgendaRow, Kind
from chalicelib.store.autopays import late_row
from chalicelib.store.cases import CaseKind, CaseStore
from chalicelib.store.messages import MessageRow
from chalicelib.store.topups import Next, TopUpRow, TopUpStore, is_pointed
from chalicelib.store.transaction import Transaction

log = logging.getLogger(__name__)

#: Minutes after which the gateway is asked about a payment that nobody told us of; then every hour.
QUESTIONS = (1, 5, 15, 60)
#: The webhook's own try to credit comes first; the agenda finishes what it could not.
FIRST_SETTLE = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
#: What a company has spoken of is asked about so long, even past its end: its own list may be late.
WOKEN = timedelta(hours=2)
#: Autopay waits so long for the outcome of a charge: the gateway is asked about an order to the 72nd hour.
GIVEN_UP = timedelta(hours=73)
_NO_MONEY = (PaymentStatus.DECLINED, PaymentStatus.RETURNED)


@dataclass(frozen=True)
class Settlement:
    store: TopUpStore
    billing: BillingSystem
    gateways: Mapping[str, PaymentGateway]
    agenda: Agenda
    cases: CaseStore
    receipts: Receipts
    now: Clock
    settings: Settings

    def paid(self, topup: TopUpRow, by: str, card: str | None = None) -> TopUpRow:
        """Record that the gateway has the money: status, event and agenda row in one transaction. Idempotent.

        :raises UpstreamError: not recorded, or nobody knows: the company must be told to come again.
        """
        now = self.now()
        then = Next(Kind.SETTLE_TOPUP, now + FIRST_SETTLE)
        return self.store.advance(topup, "paid", now, by, then, changes={"card_mask": card} if card else None)

    def credit(self, topup: TopUpRow) -> bool:
        """Try to bring a paid top-up into the billing; True when it is credited. Idempotent by the top-up's id.

        False leaves the agenda row as it is: somebody must try again. Never raises for the billing's troubles.
        """
        if topup.status == "credited":
            return True
        try:
            result = self._post(topup)
            if result in {PostResult.CREATED, PostResult.ALREADY}:
                now = self.now()
                self.store.advance(
                    topup, "credited", now, "billing", None, _message(topup, now), more=self._told(topup)
                )
                return True
            if result is PostResult.CONFLICT:
                self._open(
                    CaseKind.UNPOSTABLE, topup, {"reason": "the billing has this id with another account or sum"}
                )
        except NotFound:
            self._open(CaseKind.UNPOSTABLE, topup, {"reason": "the billing knows no such account"})
        except PortalError as error:
            log.warning("credit postponed", extra={**_names(topup), "error": error.code})
        return False

    def _told(self, topup: TopUpRow) -> Callable[[Transaction], None]:
        """Its receipts; and autopay, which waits for its charges itself, is told of one that it has given up."""
        receipts = self.receipts.of_payment(topup)
        given_up = topup.late or (topup.paid_at or topup.created_at) - topup.created_at >= GIVEN_UP

        def more(tx: Transaction) -> None:
            receipts(tx)
            if topup.autopay_period is not None and given_up:
                tx.put("late charge", late_row(topup.topup_id, self.now(), self.store.shards))

        return more

    def _post(self, topup: TopUpRow) -> PostResult:
        """The billing's answer. :raises UpstreamError: none."""
        amount = Kopecks(topup.amount_kopecks)
        result = self.billing.post_payment(topup.account, amount, topup.topup_id, f"gateway:{topup.gateway}")
        return self._found(topup) if result is PostResult.UNKNOWN else result

    def settle(self, item: AgendaRow) -> None:
        """Agenda: credit a paid top-up, or try again later; after a day an operator is told, and we go on trying."""
        topup = self.store.get(item.ref)
        if topup is None or not is_pointed(topup, item):
            return self.agenda.drop(item)
        if self.credit(topup):
            return None
        topup = self.store.existing(item.ref)
        if not is_pointed(topup, item):
            return self.agenda.drop(item)
        wait = min(timedelta(minutes=2 ** min(topup.tries, 6)), LONGEST_WAIT)
        since = topup.paid_at or topup.created_at
        self._wait(CaseKind.UNCREDITED, topup, Next(Kind.SETTLE_TOPUP, self.now() + wait), item, since)
        return None

    def unanswered(self, topup: TopUpRow, item: AgendaRow, then: Next | None = None) -> None:
        """The company was not asked, or said nothing that we understand: again at the usual time, or at this one."""
        since = topup.unanswered_since or self.now()
        self._wait(CaseKind.UNASKED, topup, then or self._next_question(topup), item, since, unanswered_since=since)

    def answered(self, topup: TopUpRow, state: PaymentState, item: AgendaRow) -> None:
        """Agenda: act upon what the company knows of an order that waits by this row. Idempotent."""
        if topup.status in {"paid", "credited"}:
            return self._returned(topup, state, item)
        if state.status is PaymentStatus.PAID:
            if state.amount_kopecks is not None and state.amount_kopecks != topup.amount_kopecks:
                return self._quarantine(topup, state, item)
            self.credit(self.paid(topup, "gateway query", state.card))
        elif state.status is PaymentStatus.PARTLY_RETURNED:
            return self._quarantine(topup, state, item)
        elif state.status is PaymentStatus.PROCESSING:
            self._wait(
                CaseKind.UNFINISHED, topup, self._next_question(topup), item, topup.created_at, unanswered_since=None
            )
        elif state.status in _NO_MONEY and topup.status in {"created", "awaiting_payment"}:
            self.store.advance(topup, "declined", self.now(), "gateway query", self._later_question(topup))
        else:
            self._no_money(topup, item)
        return None

    def _returned(self, topup: TopUpRow, state: PaymentState, item: AgendaRow) -> None:
        """Money that we have credited, or are about to, went back to the payer without us: a person must look."""
        ours = (
            topup.refunded_kopecks > 0
            if state.status is PaymentStatus.PARTLY_RETURNED
            else (topup.refunded_kopecks == topup.amount_kopecks)
        )
        if state.status in {PaymentStatus.RETURNED, PaymentStatus.PARTLY_RETURNED} and not ours:
            self._open(CaseKind.RETURNED, topup, {"status": topup.status, "told": state.status, "by": "query"})
        if topup.status == "credited" and topup.agenda_key is not None:
            self.store.postpone(topup, None, item, unanswered_since=None)

    def _no_money(self, topup: TopUpRow, item: AgendaRow) -> None:
        """The gateway knows of no money: wait for it until the order ends, look once more later, then rest."""
        if topup.status in {"created", "awaiting_payment"} and self.now() >= topup.expires_at:
            self.store.advance(topup, "expired", self.now(), "agenda", self._later_question(topup))
        else:
            self.store.postpone(topup, self._later_question(topup), item, unanswered_since=None)

    def _later_question(self, topup: TopUpRow) -> Next | None:
        """As long as the order can be paid it is asked about; once more at the very end, because support may
        turn a decline into a payment; then never again."""
        woken_until = topup.woken_at + WOKEN if topup.woken_at else topup.expires_at
        if self.now() < max(topup.expires_at, woken_until):
            return self._next_question(topup)
        at = topup.created_at + self.settings.topup_last_question
        return Next(Kind.ASK_GATEWAY, at) if at > self.now() else None

    def _next_question(self, topup: TopUpRow) -> Next:
        now = self.now()
        for minutes in QUESTIONS:
            at = (topup.woken_at or topup.created_at) + timedelta(minutes=minutes)
            if at > now:
                return Next(Kind.ASK_GATEWAY, at)
        at = now + timedelta(hours=1)
        # the end of the order is looked at on time, not up to an hour late
        if now < topup.expires_at < at:
            at = topup.expires_at
        return Next(Kind.ASK_GATEWAY, at)

    def _wait(
        self, case: CaseKind, topup: TopUpRow, then: Next, item: AgendaRow, since: datetime, **changes: object
    ) -> None:
        """Try again later; what has waited too long stands in the operator's list, and is still tried."""
        if self.now() - since >= self.settings.stuck_after:
            self._open(case, topup, {"status": topup.status})
        self.store.postpone(topup, then, item, **changes)

    def _quarantine(self, topup: TopUpRow, state: PaymentState, item: AgendaRow) -> None:
        """They were paid another sum than we ordered: an operator decides, the agenda rests."""
        told = {"ordered_kopecks": topup.amount_kopecks, "told_kopecks": state.amount_kopecks, "by": "query"}
        self._open(CaseKind.WRONG_AMOUNT, topup, told)
        self.store.postpone(topup, None, item, unanswered_since=None)

    def _open(self, kind: CaseKind, topup: TopUpRow, facts: Mapping[str, object]) -> None:
        """Before the row moves: a death in between opens the same case again, which changes nothing."""
        shown = {**facts, "account": topup.account, "gateway": topup.gateway, "invoice": topup.invoice}
        self.cases.open(kind, topup.topup_id, self.now(), shown)

    def _found(self, topup: TopUpRow) -> PostResult:
        """The billing's answer was lost: ask before anything is repeated."""
        posted = self.billing.find_payment(topup.topup_id)
        if posted is None:
            return PostResult.UNKNOWN
        same = posted.account == topup.account and posted.amount_kopecks == topup.amount_kopecks
        return PostResult.ALREADY if same else PostResult.CONFLICT


def _names(topup: TopUpRow) -> dict[str, object]:
    return {"topup": topup.topup_id, "gateway": topup.gateway}


def _message(topup: TopUpRow, now: datetime) -> MessageRow:
    return MessageRow(
        f"topup:{topup.topup_id}:credited",
        subscriber_id=topup.subscriber_id,
        event="autopay_charged" if topup.autopay_period else "payment_credited",
        facts={"account": topup.account, "amount_kopecks": topup.amount_kopecks},
        language=topup.language,
        created_at=now,
    )
