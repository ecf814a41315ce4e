"""Charging a saved card: the look before it, the intent, and the one call. What became of it: ``autopay_outcomes``.

A charge is a top-up of its own, written in the transaction that checks consent, card, announced sum, cap, skip and
the period. So a notification and the agenda's questions treat it as any payment.
Whoever commits the intent makes the call, at once or never; after that nobody sends it, the company is asked.
"""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.billing import BillingSystem, Runway
from chalicelib.clock import Clock, to_text
from chalicelib.config import Settings
from chalicelib.errors import OutcomeUnknown, UpstreamUnavailable
from chalicelib.money import Kopecks
from chalicelib.providers.gateways import ChargeAnswer, ChargeStatus, PaymentGateway, SavedCharge
from chalicelib.services.autopay_notices import Notices
from chalicelib.services.autopay_outcomes import LATE, AutopayOutcomes
from chalicelib.services.autopay_plan import NOTICE, Plan
from chalicelib.services.questions import Questions
from chalicelib.services.settlement import Settlement
from chalicelib.services.topups import FIRST_QUESTION, order_of
from chalicelib.store import in_flight
from chalicelib.store.agenda import Kind
from chalicelib.store.autopays import AutopayRow, AutopayStore, PeriodRow
from chalicelib.store.in_flight import InFlightRow
from chalicelib.store.messages import MessageRow, MessageStore
from chalicelib.store.topups import Next, TopUpRow
from chalicelib.store.transaction import Transaction

log = logging.getLogger(__name__)

#: An intent older than this is not acted upon by its own writer.
FRESH = timedelta(seconds=5)
#: How often the sum is computed anew because a payment was credited meanwhile.
LOOKS = 3
_NAMES = uuid.UUID("6d1f5a0e-6f0b-4a53-9a44-5a6c3a7f5d10")


@dataclass(frozen=True)
class AutopayCharges:
    store: AutopayStore
    notices: Notices
    billing: BillingSystem
    gateways: Mapping[str, PaymentGateway]
    settlement: Settlement
    questions: Questions
    outcomes: AutopayOutcomes
    messages: MessageStore
    now: Clock
    settings: Settings

    # before

    def missing(self, account: str, seen: InFlightRow) -> tuple[Runway, Kopecks]:
        """What the account lacks; a top-up that is paid and not credited counts as balance.

        The billing may have it already though our row does not say so yet, and must not be counted twice: so it is
        asked before and after the sum is. :raises UpstreamUnavailable: it is being credited this very moment.
        """
        for _ in range(LOOKS):
            before, runway = self._uncredited(seen), self.billing.runway(account)
            if self._uncredited(seen) == before:
                return runway, Kopecks(max(0, runway.missing_kopecks - sum(before.values())))
        raise UpstreamUnavailable(f"account {account}: money keeps moving")

    def _uncredited(self, seen: InFlightRow) -> Mapping[str, int]:
        paid = [topup for topup in self._topups(seen.paid) if topup.status == "paid"]
        return {one.topup_id: one.amount_kopecks for one in paid if self.billing.find_payment(one.topup_id) is None}

    def least(self, autopay: AutopayRow, missing: Kopecks) -> Kopecks:
        """A sum under the company's smallest cannot be charged: then it is that smallest one."""
        gateway = self.gateways[autopay.gateway or ""]
        return max(missing, gateway.limits.min_kopecks) if missing else missing

    def charge(self, autopay: AutopayRow, period: PeriodRow) -> None:
        """An announced period: charge it if it is time, and if it is still needed."""
        plan, now = Plan(period.start, self.settings.zone), self.now()
        due = period.charge_at if period.attempts else self._first(period, plan)
        if due is None or now > plan.last_at + LATE:
            return self.outcomes.over(autopay, period)
        if now < due:
            return self.outcomes.wait(autopay, due)
        seen = in_flight.of(autopay.account)
        runway, missing = self.missing(autopay.account, seen)
        if runway.period_start != period.start:
            return self.outcomes.over(autopay, period)
        if not period.postponed and (young := self._young(seen)):
            return self._postpone(autopay, period, young)
        if not missing:
            return self.outcomes.end(autopay, period, "covered")
        amount = min(Kopecks(period.amount_kopecks), self.least(autopay, missing))
        if amount > autopay.cap_kopecks:
            said = self.notices.above_cap(autopay, period.start, amount)
            return self.outcomes.end(autopay, period, "above_cap", said, code="above_cap")
        said = self.notices.short(autopay, period.start, Kopecks(missing - amount)) if missing > amount else []
        return self._send(autopay, period, amount, seen, said)

    def _first(self, period: PeriodRow, plan: Plan) -> datetime | None:
        """When the first charge may leave; None: never, nobody has taken the notice in time."""
        message = self.messages.get(period.message_id) if period.message_id else None
        if message is not None and message.sent_at is not None:
            return plan.first_charge(message.sent_at)
        soon = self.now() + timedelta(minutes=10)
        return soon if soon + NOTICE <= plan.last_at else None

    def _young(self, seen: InFlightRow) -> Sequence[TopUpRow]:
        """Orders whose payer may still be at the gateway."""
        oldest = self.now() - timedelta(minutes=self.settings.promise_question_minutes)
        waiting = [topup for topup in self._topups(seen.awaiting) if topup.status in {"created", "awaiting_payment"}]
        return [topup for topup in waiting if topup.created_at > oldest and topup.autopay_period is None]

    def _postpone(self, autopay: AutopayRow, period: PeriodRow, young: Sequence[TopUpRow]) -> None:
        for topup in young:
            self.questions.ask_now(topup)
        period.postponed = True
        self.store.commit(autopay, self.now() + timedelta(minutes=self.settings.promise_question_minutes), period)

    def _topups(self, ids: set[str] | None) -> Sequence[TopUpRow]:
        found = [self.settlement.store.get(id) for id in sorted(ids or ())]
        return [topup for topup in found if topup is not None]

    # the call

    def _send(
        self, autopay: AutopayRow, period: PeriodRow, amount: Kopecks, seen: InFlightRow, said: Sequence[MessageRow]
    ) -> None:
        topup, at = self._new(autopay, period, amount), self.now()
        parent = autopay.parent_invoice
        attempt = {
            "topup": topup.topup_id,
            "at": to_text(at),
            "amount_kopecks": amount,
            "state": "sent",
            "parent": parent,
        }
        period.state, period.attempts = "charging", [*period.attempts, {**attempt, "state": "sent"}]

        def order(tx: Transaction) -> None:
            self.settlement.store.add(tx, topup, Next(Kind.ASK_GATEWAY, at + FIRST_QUESTION), "autopay", seen)

        may = (
            (AutopayRow.status == "active")
            & (AutopayRow.consent == autopay.consent)
            & (AutopayRow.parent_invoice == parent)
            & (AutopayRow.cap_kopecks >= amount)
        )
        if not self.store.commit(autopay, at + FIRST_QUESTION, period, said, may, order):
            log.info("charge not begun: something has changed", extra={"account": autopay.account})
            return
        self._settled(topup, self._answer(topup, parent or 0, at))
        self.outcomes.resolve(autopay, period)

    def _answer(self, topup: TopUpRow, parent: int, at: datetime) -> ChargeAnswer | None:
        """What the company says; None: nobody knows. The clock is read before the line is opened."""
        unsent = ChargeAnswer(status=ChargeStatus.DECLINED, code="not_sent")
        gateway = self.gateways[topup.gateway]
        contact = self.notices.email(topup.subscriber_id) if gateway.asks_contact else None
        charge = SavedCharge(order=order_of(topup, contact, self.settings), parent_invoice=parent)
        if not timedelta(0) <= self.now() - at <= FRESH:
            return unsent
        try:
            return gateway.charge_saved(charge)
        except OutcomeUnknown:
            log.warning("charge with an unknown outcome", extra={"topup": topup.topup_id, "gateway": topup.gateway})
            return None
        except UpstreamUnavailable:
            return unsent

    def _settled(self, topup: TopUpRow, answer: ChargeAnswer | None) -> None:
        """Write down what a company has said for certain; the rest is asked by the agenda."""
        if answer is None or answer.status is ChargeStatus.ACCEPTED:
            return
        if answer.status is ChargeStatus.PAID:
            self.settlement.credit(self.settlement.paid(topup, "charge"))
            return
        last = Next(Kind.ASK_GATEWAY, topup.created_at + self.settings.topup_last_question)
        stopped = answer.status is ChargeStatus.STOPPED
        facts = {"code": answer.code or "declined", "card_stopped": stopped}
        self.settlement.store.advance(topup, "declined", self.now(), "charge", last, changes=facts)

    def _new(self, autopay: AutopayRow, period: PeriodRow, amount: Kopecks) -> TopUpRow:
        """Named by account, period and number of the try, so that two workers make the same one."""
        now, name = self.now(), f"{autopay.account}#{period.start.isoformat()}#{len(period.attempts)}"
        gateway = autopay.gateway or ""
        return TopUpRow(
            str(uuid.uuid5(_NAMES, name)),
            subscriber_id=autopay.subscriber_id,
            account=autopay.account,
            amount_kopecks=amount,
            gateway=gateway,
            invoice=self.settlement.store.next_invoice(gateway),
            status="created",
            language=autopay.language,
            created_at=now,
            # nobody is at a page that could be closed: the company is asked every hour, to the last question
            expires_at=now + self.settings.topup_last_question,
            autopay_period=period.start.isoformat(),
        )
