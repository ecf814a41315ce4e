"""From "the gateway has the money" to "the billing has it": two facts, never merged, each exactly once."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.billing import BillingSystem, PostResult
from chalicelib.clock import Clock
from chalicelib.config import Settings
from chalicelib.errors import PortalError, UpstreamError
from chalicelib.money import Kopecks
from chalicelib.providers.gateways import PaymentGateway, PaymentState, PaymentStatus
from chalicelib.store.agenda import Agenda, AgendaRow, Kind
from chalicelib.store.cases import OPEN, CaseRow, CaseStore
from chalicelib.store.messages import MessageRow
from chalicelib.store.topups import Next, TopUpRow, TopUpStore, is_pointed

log = logging.getLogger(__name__)

#: Minutes after which the gateway is asked about a payment that nobody told us of; then every hour.
QUESTIONS = (1, 5, 15, 60)
#: The webhook's own try to credit comes first; the agenda finishes what it could not.
FIRST_SETTLE = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True)
class Settlement:
    store: TopUpStore
    billing: BillingSystem
    gateways: Mapping[str, PaymentGateway]
    agenda: Agenda
    cases: CaseStore
    now: Clock
    settings: Settings

    def paid(self, topup: TopUpRow, by: str) -> TopUpRow:
        """Record that the gateway has the money: status, event and agenda row in one transaction. Idempotent.

        :raises UpstreamError: not recorded, or nobody knows: the company must be told to come again.
        """
        now = self.now()
        return self.store.advance(topup, "paid", now, by, Next(Kind.SETTLE_TOPUP, now + FIRST_SETTLE))

    def credit(self, topup: TopUpRow) -> bool:
        """Try to bring a paid top-up into the billing; True when it is credited. Idempotent by the top-up's id.

        False leaves the agenda row as it is: somebody must try again. Never raises for the billing's troubles.
        """
        if topup.status == "credited":
            return True
        try:
            result = self.billing.post_payment(
                topup.account, Kopecks(topup.amount_kopecks), topup.topup_id, f"gateway:{topup.gateway}"
            )
            if result is PostResult.UNKNOWN:
                result = self._found(topup)
            if result not in {PostResult.CREATED, PostResult.ALREADY}:
                log.warning("payment not posted", extra={"topup": topup.topup_id, "result": result})
                return False
            self.store.advance(topup, "credited", self.now(), "billing", None, _message(topup, self.now()))
        except PortalError as error:
            log.warning("credit postponed", extra={"topup": topup.topup_id, "error": error.code})
            return False
        return True

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
        self._wait(topup, Next(Kind.SETTLE_TOPUP, self.now() + wait), since=topup.paid_at or topup.created_at)
        return None

    def ask(self, item: AgendaRow) -> None:
        """Agenda: ask the gateway about a payment that it has not told us of."""
        topup = self.store.get(item.ref)
        if topup is None or not is_pointed(topup, item) or topup.status in {"paid", "credited"}:
            return self.agenda.drop(item)
        gateway = self.gateways.get(topup.gateway)
        if gateway is None:
            return self._wait(topup, self._next_question(topup), since=topup.created_at)
        try:
            state = gateway.get_payment(topup.invoice)
        except UpstreamError as error:
            log.warning("gateway not asked", extra={"topup": topup.topup_id, "error": error.code})
            return self._wait(topup, self._next_question(topup), since=topup.created_at)
        return self._answered(topup, state)

    def _answered(self, topup: TopUpRow, state: PaymentState) -> None:
        if state.status is PaymentStatus.PAID:
            if state.amount_kopecks is not None and state.amount_kopecks != topup.amount_kopecks:
                return self._quarantine(topup, state)
            self.credit(self.paid(topup, "gateway query"))
        elif state.status is PaymentStatus.PROCESSING:
            self._wait(topup, self._next_question(topup), since=topup.created_at)
        elif state.status is PaymentStatus.DECLINED and topup.status != "declined":
            self.store.advance(topup, "declined", self.now(), "gateway query", self._last_question(topup))
        else:
            self._no_money(topup)
        return None

    def _no_money(self, topup: TopUpRow) -> None:
        """The gateway knows of no money: wait for it until the order ends, look once more later, then rest."""
        now = self.now()
        if topup.status in {"declined", "expired"}:
            self.store.postpone(topup, self._last_question(topup))
        elif now < topup.expires_at:
            self.store.postpone(topup, self._next_question(topup))
        else:
            self.store.advance(topup, "expired", now, "agenda", self._last_question(topup))

    def _last_question(self, topup: TopUpRow) -> Next | None:
        """Support may still turn a decline into a payment, and a payer may be slow: one look at the very end."""
        at = topup.created_at + self.settings.topup_last_question
        return Next(Kind.ASK_GATEWAY, at) if at > self.now() else None

    def _next_question(self, topup: TopUpRow) -> Next:
        now = self.now()
        for minutes in QUESTIONS:
            at = topup.created_at + timedelta(minutes=minutes)
            if at > now:
                return Next(Kind.ASK_GATEWAY, at)
        at = now + timedelta(hours=1)
        # the end of the order is looked at on time, not up to an hour late
        if now < topup.expires_at < at:
            at = topup.expires_at
        return Next(Kind.ASK_GATEWAY, at)

    def _wait(self, topup: TopUpRow, then: Next, since: datetime) -> None:
        stuck = not topup.case_open and self.now() - since >= self.settings.stuck_after
        case = self._case("stuck_topup", topup, {"status": topup.status}) if stuck else None
        if case is not None:
            log.error("top-up is stuck", extra={"topup": topup.topup_id, "status": topup.status})
        self.store.postpone(topup, then, case)

    def _quarantine(self, topup: TopUpRow, state: PaymentState) -> None:
        """They were paid another sum than we ordered: an operator decides, the agenda rests."""
        log.error("sum differs", extra={"topup": topup.topup_id})
        facts = {"ordered_kopecks": topup.amount_kopecks, "told_kopecks": state.amount_kopecks, "by": "query"}
        self.store.postpone(topup, None, self._case("wrong_amount", topup, facts))

    def _found(self, topup: TopUpRow) -> PostResult:
        """The billing's answer was lost: ask before anything is repeated."""
        posted = self.billing.find_payment(topup.topup_id)
        if posted is None:
            return PostResult.UNKNOWN
        same = posted.account == topup.account and posted.amount_kopecks == topup.amount_kopecks
        return PostResult.ALREADY if same else PostResult.CONFLICT

    def _case(self, kind: str, topup: TopUpRow, facts: Mapping[str, object]) -> CaseRow:
        shown = {**facts, "account": topup.account, "gateway": topup.gateway, "invoice": topup.invoice}
        return CaseRow(
            OPEN, f"{kind}:{topup.topup_id}", kind=kind, ref=topup.topup_id, opened_at=self.now(), facts=shown
        )


def _message(topup: TopUpRow, now: datetime) -> MessageRow:
    return MessageRow(
        f"topup:{topup.topup_id}:credited",
        subscriber_id=topup.subscriber_id,
        event="payment_credited",
        facts={"account": topup.account, "amount_kopecks": topup.amount_kopecks},
        language=topup.language,
        created_at=now,
    )
