"""Charging a saved card: the look before it, the intent, the one call, and what became of it.

A charge is a top-up of its own, written in the transaction that checks consent, card, announced sum, cap, skip and
the period. So a notification and the agenda's questions treat it as any payment, and here its status is only read.
Whoever commits the intent makes the call, at once or never; after that nobody sends it, the company is asked.
"""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.billing import BillingSystem, Runway
from chalicelib.clock import Clock, to_text
from chalicelib.config import Settings
from chalicelib.errors import OutcomeUnknown, UpstreamUnavailable
from chalicelib.money import Kopecks
from chalicelib.providers.gateways import ChargeAnswer, ChargeStatus, PaymentGateway, SavedCharge
from chalicelib.services.autopay_notices import Notices
from chalicelib.services.autopay_plan import NOTICE, Plan
from chalicelib.services.questions import Questions
from chalicelib.services.refunds import Refunds, Refused
from chalicelib.services.settlement import Settlement
from chalicelib.services.topups import FIRST_QUESTION, order_of
from chalicelib.store import in_flight
from chalicelib.store.agenda import Kind
from chalicelib.store.autopays import NO_CARD, AutopayRow, AutopayStore, PeriodRow, PeriodState
from chalicelib.store.cases import CaseKind, CaseStore
from chalicelib.store.in_flight import InFlightRow
from chalicelib.store.messages import MessageRow, MessageStore
from chalicelib.store.topups import Next, TopUpRow
from chalicelib.store.transaction import Transaction

log = logging.getLogger(__name__)

#: An intent older than this is not acted upon by its own writer.
FRESH = timedelta(seconds=5)
#: How late a run may be for the last try of a period.
LATE = timedelta(hours=1)
#: A company that was certainly not reached is tried again after this.
AGAIN = timedelta(minutes=10)
#: An unknown outcome is looked at for so long: the gateway is asked about an order to the 72nd hour.
GIVEN_UP = timedelta(hours=73)
#: How often the sum is computed anew because a payment was credited meanwhile.
LOOKS = 3
#: After so many periods in a row that could not be charged autopay is off.
FAILED_PERIODS = 3
_NAMES = uuid.UUID("6d1f5a0e-6f0b-4a53-9a44-5a6c3a7f5d10")


@dataclass(frozen=True)
class AutopayCharges:
    store: AutopayStore
    notices: Notices
    billing: BillingSystem
    gateways: Mapping[str, PaymentGateway]
    settlement: Settlement
    questions: Questions
    refunds: Refunds
    messages: MessageStore
    cases: CaseStore
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
            return self._over(autopay, period)
        if now < due:
            return self._wait(autopay, due)
        seen = in_flight.of(autopay.account)
        runway, missing = self.missing(autopay.account, seen)
        if runway.period_start != period.start:
            return self._over(autopay, period)
        if not period.postponed and (young := self._young(seen)):
            return self._postpone(autopay, period, young)
        if not missing:
            return self.end(autopay, period, "covered")
        amount = min(Kopecks(period.amount_kopecks), self.least(autopay, missing))
        if amount > autopay.cap_kopecks:
            said = self.notices.above_cap(autopay, period.start, amount)
            return self.end(autopay, period, "above_cap", said, code="above_cap")
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
        attempt = {"topup": topup.topup_id, "at": to_text(at), "amount_kopecks": amount, "state": "sent"}
        period.state, period.attempts = "charging", [*period.attempts, attempt]

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
        self.resolve(autopay, period)

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
            expires_at=now + self.settings.topup_expires,
            autopay_period=period.start.isoformat(),
        )

    # after

    def resolve(self, autopay: AutopayRow, period: PeriodRow) -> None:
        """A charge that was sent: look what became of it."""
        topup = self.settlement.store.existing(period.attempts[-1]["topup"])
        if topup.status in {"paid", "credited"}:
            return self._charged(autopay, period, topup)
        if topup.status == "declined":
            return self._declined(autopay, period, topup)
        return self._unknown(autopay, period, topup)

    def _charged(self, autopay: AutopayRow, period: PeriodRow, topup: TopUpRow) -> None:
        if autopay.status == "off":
            if topup.status == "paid":
                return self._wait(autopay, self.now() + AGAIN)
            self._give_back(topup)
        _note(period, "charged")
        return self.end(autopay, period, "charged", changes={"failed_periods": 0})

    def _give_back(self, topup: TopUpRow) -> None:
        """The consent was withdrawn while the charge was under way: its money goes back. Repeatable."""
        try:
            self.refunds.begin(topup.topup_id, None, "portal", "автоплатёж отключён во время списания", "withdrawn")
        except Refused as refused:
            facts = {"account": topup.account, "amount_kopecks": topup.amount_kopecks, "why": str(refused)}
            self.cases.open(CaseKind.AUTOPAY_WITHDRAWN, topup.topup_id, self.now(), facts)

    def _declined(self, autopay: AutopayRow, period: PeriodRow, topup: TopUpRow) -> None:
        code = topup.code or "declined"
        _note(period, "not_sent" if code == "not_sent" else "declined", code)
        if autopay.status == "off":
            return self.end(autopay, period, "failed", code=code)
        if topup.card_stopped:
            return self._stop(autopay, period, code)
        plan, now = Plan(period.start, self.settings.zone), self.now()
        again = now + AGAIN if code == "not_sent" else plan.next_try(topup.created_at)
        if again is None or again > plan.last_at + LATE:
            return self._failed(autopay, period, code)
        period.state, period.charge_at = "announced", again
        first = sum(attempt["state"] == "declined" for attempt in period.attempts) == 1 and code != "not_sent"
        said = self.notices.declined(autopay, period.start, topup, code, again) if first else []
        self.store.commit(autopay, again, period, said)
        return None

    def _unknown(self, autopay: AutopayRow, period: PeriodRow, topup: TopUpRow) -> None:
        """Asked by the top-up's own row of the agenda; never charged again in this period."""
        now, plan = self.now(), Plan(period.start, self.settings.zone)
        age = now - topup.created_at
        if age >= GIVEN_UP:
            _note(period, "unknown")
            return self.end(autopay, period, "unknown", code="unknown")
        wait = timedelta(minutes=1) if age < timedelta(minutes=10) else timedelta(minutes=10)
        due = now + (wait if age < timedelta(hours=2) else timedelta(hours=1))
        if period.asked or autopay.status == "off":
            return self._wait(autopay, due)
        if now < plan.ask_by_hand_at:
            return self._wait(autopay, min(due, plan.ask_by_hand_at))
        # the first day of the period, while nobody knows whether it is paid for
        self.billing.hold_block(autopay.account, period.start)
        period.asked = True
        self.store.commit(autopay, due, period, self.notices.by_hand(autopay, period.start, topup))
        return None

    def _failed(self, autopay: AutopayRow, period: PeriodRow, code: str) -> None:
        if autopay.failed_periods + 1 >= FAILED_PERIODS:
            return self._stop(autopay, period, "three_failures")
        said = self.notices.failed(autopay, period.start, code)
        more = {"failed_periods": autopay.failed_periods + 1}
        return self.end(autopay, period, "failed", said, code=code, changes=more)

    def _stop(self, autopay: AutopayRow, period: PeriodRow, code: str) -> None:
        """The card may not be charged again: it is forgotten, and the subscriber is told."""
        period.state, period.code = "failed", code
        gone = {**NO_CARD, "period": None}
        said = self.notices.stopped(autopay, period.start, code)
        due = self.now() if autopay.pending_topup else None
        self.store.commit(autopay, due, period, said, changes={**gone, "status": "stopped", "stop_code": code})

    def _over(self, autopay: AutopayRow, period: PeriodRow) -> None:
        """The time for a charge has passed."""
        if period.attempts:
            return self._failed(autopay, period, period.attempts[-1].get("code") or "too_late")
        said = self.notices.missed(autopay, period.start)
        return self.end(autopay, period, "missed", said, code="too_late")

    def end(
        self,
        autopay: AutopayRow,
        period: PeriodRow,
        state: PeriodState,
        said: Sequence[MessageRow] = (),
        code: str | None = None,
        changes: Mapping[str, object] | None = None,
    ) -> None:
        """Nothing more is charged for this period; the agenda looks again when the next one has begun."""
        period.state, period.code = state, code
        due = next_look(period.start, self.settings) if autopay.status == "active" else None
        due = soonest(autopay, due, self.now())
        self.store.commit(autopay, due, period, said, changes={**(changes or {}), "period": None})

    def _wait(self, autopay: AutopayRow, until: datetime) -> None:
        self.store.commit(autopay, soonest(autopay, until, self.now()))


def next_look(start: date, settings: Settings) -> datetime:
    """When a period that is done with has begun, so that the one after it can be planned."""
    return Plan(start + timedelta(days=1), settings.zone).ask_by_hand_at


def soonest(autopay: AutopayRow, due: datetime | None, now: datetime) -> datetime | None:
    """This, or the next look at a first payment that is on its way, as often as the gateway is asked about it, or
    the next question about the card."""
    looks = [due] if due is not None else []
    if autopay.ask_card_at is not None:
        # a question that stands behind a charge under way waits for it, and does not spin
        looks.append(max(autopay.ask_card_at, now + timedelta(minutes=1)))
    if autopay.pending_topup is not None:
        age = now - (autopay.pending_since or now)
        looks.append(now + (timedelta(minutes=1) if age < timedelta(hours=1) else timedelta(minutes=30)))
    return min(looks, default=None)


def _note(period: PeriodRow, state: str, code: str | None = None) -> None:
    period.attempts = [*period.attempts[:-1], {**period.attempts[-1], "state": state, "code": code}]
