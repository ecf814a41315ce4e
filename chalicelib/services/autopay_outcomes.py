"""What became of a charge: paid, declined, or unknown; and what that means for its period and for autopay.

A charge is a top-up, so that here its status is only read: notifications, questions and the credit are those of
every payment. Whatever is decided here is written once, with its message, and may be decided twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.billing import BillingSystem
from chalicelib.clock import Clock
from chalicelib.config import Settings
from chalicelib.services.autopay_notices import Notices
from chalicelib.services.autopay_plan import Plan
from chalicelib.services.refunds import Refunds, Refused
from chalicelib.services.settlement import GIVEN_UP
from chalicelib.store.autopays import NO_CARD, AutopayRow, AutopayStore, PeriodRow, PeriodState
from chalicelib.store.cases import CaseKind, CaseStore
from chalicelib.store.messages import MessageRow
from chalicelib.store.topups import TopUpRow, TopUpStore

#: How late a run may be for the last try of a period.
LATE = timedelta(hours=1)
#: A company that was certainly not reached is tried again after this.
AGAIN = timedelta(minutes=10)
#: A charge whose outcome nobody knows after this is the subscriber's to make up for, on the last day of its time.
PATIENCE = timedelta(hours=1)
#: After so many periods in a row that could not be charged autopay is off.
FAILED_PERIODS = 3


@dataclass(frozen=True)
class AutopayOutcomes:
    store: AutopayStore
    notices: Notices
    billing: BillingSystem
    topups: TopUpStore
    refunds: Refunds
    cases: CaseStore
    now: Clock
    settings: Settings

    def resolve(self, autopay: AutopayRow, period: PeriodRow) -> None:
        """A charge that was sent: look what became of it."""
        topup = self.topups.existing(period.attempts[-1]["topup"])
        if topup.status in {"paid", "credited"}:
            return self._charged(autopay, period, topup)
        if topup.status == "declined":
            return self._declined(autopay, period, topup)
        return self._unknown(autopay, period, topup)

    def _charged(self, autopay: AutopayRow, period: PeriodRow, topup: TopUpRow) -> None:
        kept = _to_be_kept(autopay, period, topup)
        if not kept:
            if topup.status == "paid":
                return self.wait(autopay, self.now() + AGAIN)
            self._give_back(period, topup)
        _note(period, topup, "charged" if kept else "returned")
        return self.end(autopay, period, "charged", changes={"failed_periods": 0})

    def late(self, topup: TopUpRow) -> bool:
        """A charge that had been given up has brought money after all, and is credited. Repeatable.

        It pays for its period, unless a later try has: then it goes back, as it does if autopay is off by now.
        False: somebody else changes the autopay at this moment, come again.
        """
        start = date.fromisoformat(topup.autopay_period or "")
        autopay, period = self.store.get(topup.account), self.store.period(topup.account, start)
        if autopay is None or period is None:
            return True
        kept = _to_be_kept(autopay, period, topup)
        if not kept:
            self._give_back(period, topup)
        if not _note(period, topup, "charged" if kept else "returned"):
            return True
        changes: dict[str, object] = {}
        if not period.in_flight:
            # with another try on its way, that one ends the period
            under_way, failed = autopay.period == start.isoformat(), period.state == "failed"
            failures = 0 if under_way else max(0, autopay.failed_periods - failed)
            changes = {"period": None if under_way else autopay.period, "failed_periods": failures}
            period.state, period.code = "charged", None
        return self.store.commit(autopay, autopay.due_at, period, changes=changes)

    def _give_back(self, period: PeriodRow, topup: TopUpRow) -> None:
        """Not to be kept: the consent is withdrawn, or another charge has paid for the period. Repeatable."""
        withdrawn = not _paid_by_another(period, topup)
        reason = "автоплатёж отключён во время списания" if withdrawn else "период уже оплачен другим списанием"
        try:
            self.refunds.owe(topup.topup_id, reason, "withdrawn" if withdrawn else "surplus")
        except Refused as refused:
            # all of it went back before, by whichever name
            if topup.refunded_kopecks < topup.amount_kopecks:
                facts = {"account": topup.account, "amount_kopecks": topup.amount_kopecks, "why": str(refused)}
                self.cases.open(CaseKind.AUTOPAY_NOT_GIVEN_BACK, topup.topup_id, self.now(), facts)

    def _declined(self, autopay: AutopayRow, period: PeriodRow, topup: TopUpRow) -> None:
        code = topup.code or "declined"
        _note(period, topup, "not_sent" if code == "not_sent" else "declined", code)
        if _paid_by_another(period, topup):
            return self.end(autopay, period, "charged", changes={"failed_periods": 0})
        if autopay.status == "off":
            return self.end(autopay, period, "failed", code=code)
        charged = (topup.gateway, period.attempts[-1].get("parent"))
        if topup.card_stopped and charged == (autopay.gateway, autopay.parent_invoice):
            # another card may have taken its place meanwhile: that one is tried
            return self._stop(autopay, period, code)
        plan, now = Plan(period.start, self.settings.zone), self.now()
        again = now + AGAIN if code == "not_sent" else plan.next_try(topup.created_at)
        # who was asked to pay by hand was told that it is not charged again
        if period.asked or again is None or again > plan.last_at + LATE:
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
            _note(period, topup, "unknown")
            paid = _paid_by_another(period, topup)
            return self.end(autopay, period, "charged" if paid else "unknown", code=None if paid else "unknown")
        if age >= self.settings.stuck_after:
            facts = {"account": topup.account, "gateway": topup.gateway, "invoice": topup.invoice}
            self.cases.open(CaseKind.UNFINISHED, topup.topup_id, now, {**facts, "status": topup.status})
        wait = timedelta(minutes=1) if age < timedelta(minutes=10) else timedelta(minutes=10)
        due = now + (wait if age < timedelta(hours=2) else timedelta(hours=1))
        if period.asked or autopay.status == "off" or _paid_by_another(period, topup):
            return self.wait(autopay, due)
        by_hand_at = max(plan.ask_by_hand_at, topup.created_at + PATIENCE)
        if now < by_hand_at:
            return self.wait(autopay, min(due, by_hand_at))
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

    def over(self, autopay: AutopayRow, period: PeriodRow) -> None:
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

    def wait(self, autopay: AutopayRow, until: datetime) -> None:
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


def _paid_by_another(period: PeriodRow, topup: TopUpRow) -> bool:
    return any(one["state"] == "charged" and one["topup"] != topup.topup_id for one in period.attempts)


def _to_be_kept(autopay: AutopayRow, period: PeriodRow, topup: TopUpRow) -> bool:
    """With its consent withdrawn it goes back, though another may have been given since; and so does what would be the
    second success of a period."""
    withdrawn = autopay.status == "off" or (autopay.off_at is not None and autopay.off_at >= topup.created_at)
    return not withdrawn and not _paid_by_another(period, topup)


def _note(period: PeriodRow, topup: TopUpRow, state: str, code: str | None = None) -> bool:
    """Write down what became of this charge; False if it stands there already."""
    noted = [
        {**one, "state": state, "code": code} if one["topup"] == topup.topup_id else one for one in period.attempts
    ]
    changed: bool = noted != period.attempts
    period.attempts = noted
    return changed
