"""The agenda's side of autopay: a card that is being saved, the announcement a week before a period, the charge."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.clock import Clock
from chalicelib.config import Settings
from chalicelib.money import Kopecks
from chalicelib.services.autopay_charges import AutopayCharges
from chalicelib.services.autopay_outcomes import next_look, soonest
from chalicelib.services.autopay_plan import Plan
from chalicelib.services.saved_cards import SavedCards
from chalicelib.store import in_flight
from chalicelib.store.agenda import Agenda, AgendaRow
from chalicelib.store.autopays import (
    CARD,
    NO_CARD,
    NOT_PENDING,
    AutopayRow,
    AutopayStore,
    More,
    PeriodRow,
    late_charge,
    period_row,
    withdraw,
)
from chalicelib.store.topups import TopUpRow
from chalicelib.store.transaction import Transaction


@dataclass(frozen=True)
class AutopayDays:
    store: AutopayStore
    charges: AutopayCharges
    cards: SavedCards
    agenda: Agenda
    now: Clock
    settings: Settings

    def look(self, item: AgendaRow) -> None:
        """Agenda: the next thing that an autopay waits for. Late, twice or overlapped does no harm."""
        if (topup_id := late_charge(item.ref)) is not None:
            return self._late(item, topup_id)
        autopay = self.store.pointed(item)
        if autopay is None:
            return self.agenda.drop(item)
        if autopay.pending_topup is not None and self.saved(autopay):
            return None
        period = self._unfinished(autopay)
        if period is not None and period.in_flight:
            return self.charges.outcomes.resolve(autopay, period)
        if self.cards.is_due(autopay):
            return self.cards.ask(autopay)
        if autopay.status != "active":
            self.store.commit(autopay, soonest(autopay, None, self.now()))
            return None
        if period is not None:
            return self.charges.charge(autopay, period)
        return self._plan(autopay)

    def _late(self, item: AgendaRow, topup_id: str) -> None:
        if self.charges.outcomes.late(self.charges.settlement.store.existing(topup_id)):
            self.agenda.drop(item)

    # the card

    def saved(self, autopay: AutopayRow) -> bool:
        """Take the card over once its first payment is paid, or forget it once that cannot be; True if so."""
        topup = self.charges.settlement.store.get(autopay.pending_topup or "")
        if topup is None:
            # nothing writes that any more: a consent once stood before its order
            return self._void(autopay)
        if topup.status in {"paid", "credited"}:
            return self._activate(autopay, topup)
        # until its end the payer may try again on the bank's page
        ended = topup.status in {"declined", "expired"} and self.now() >= topup.expires_at
        return ended and self._void(autopay)

    def _void(self, autopay: AutopayRow) -> bool:
        """Nothing comes of the payment that was to save a card; whatever was before it stays."""
        status = "off" if autopay.status == "pending" else autopay.status
        # a charge that was under way when autopay was disconnected is still looked at
        due = self.now() if status == "active" or autopay.period is not None else autopay.ask_card_at
        void = self._withdrawn(autopay, [autopay.pending_consent])
        return self.store.commit(autopay, due, more=void, changes={**NOT_PENDING, "status": status})

    def _activate(self, autopay: AutopayRow, topup: TopUpRow) -> bool:
        if autopay.pending_purpose == CARD:
            return self._keep(autopay, topup)
        cap = autopay.pending_cap_kopecks or autopay.cap_kopecks
        card = {**self._card(topup), "consent": autopay.pending_consent, "card_consent": None}
        replaced = self._withdrawn(autopay, [autopay.consent, autopay.card_consent])
        said = self.charges.notices.connected(autopay, cap)
        fresh = {**NOT_PENDING, **card, "status": "active", "cap_kopecks": cap, "stop_code": None, "failed_periods": 0}
        return self.store.commit(autopay, self.now(), messages=said, more=replaced, changes=fresh)

    def _keep(self, autopay: AutopayRow, topup: TopUpRow) -> bool:
        """A card that nothing charges yet. Autopay that was connected meanwhile has its own: that one stays."""
        if autopay.status == "active":
            return self._void(autopay)
        replaced = self._withdrawn(autopay, [autopay.card_consent])
        fresh = {**NOT_PENDING, **self._card(topup), "card_consent": autopay.pending_consent}
        return self.store.commit(autopay, self.now(), more=replaced, changes=fresh)

    def _card(self, topup: TopUpRow) -> dict[str, Any]:
        known = {"gateway": topup.gateway, "parent_invoice": topup.invoice, "mask": topup.card_mask}
        asked = {"ask_card_at": self.cards.first_question(topup.gateway)}
        return {**NO_CARD, **known, "saved_at": topup.paid_at, **asked}

    def _withdrawn(self, autopay: AutopayRow, consents: list[str | None]) -> More:
        def more(tx: Transaction) -> None:
            for id in consents:
                if id is not None:
                    withdraw(tx, autopay.account, id, self.now())

        return more

    # the period

    def _unfinished(self, autopay: AutopayRow) -> PeriodRow | None:
        if autopay.period is None:
            return None
        return self.store.period(autopay.account, date.fromisoformat(autopay.period))

    def _plan(self, autopay: AutopayRow) -> None:
        """Nothing is under way: wait for the day of the next announcement, or announce."""
        seen = in_flight.of(autopay.account)
        runway, missing = self.charges.missing(autopay.account, seen)
        start, plan = runway.period_start, Plan(runway.period_start, self.settings.zone)
        period, now = self.store.period(autopay.account, start), self.now()
        if now >= plan.announce_at and self.cards.tell(autopay, runway):
            return None
        if period is not None and not _to_be_told_anew(period, autopay):
            tells = now < plan.announce_at and self.cards.is_untold(autopay, runway)
            look = plan.announce_at if tells else next_look(start, self.settings)
            self.store.commit(autopay, soonest(autopay, look, now))
            return None
        if now < plan.announce_at:
            self.store.commit(autopay, soonest(autopay, plan.announce_at, now))
            return None
        period = period or period_row(autopay.account, start, "announced")
        charges, charge_at = self.charges, plan.first_charge(now)
        amount = charges.least(autopay, missing)
        if not amount:
            return charges.outcomes.end(autopay, period, "covered")
        period.amount_kopecks, period.balance_kopecks = amount, runway.balance_kopecks
        period.breakdown = [[item.title, item.amount_kopecks] for item in runway.items]
        if not charges.notices.reachable(autopay.subscriber_id):
            return charges.outcomes.end(autopay, period, "missed", code="no_channel")
        if charge_at is None:
            said = charges.notices.missed(autopay, start)
            return charges.outcomes.end(autopay, period, "missed", said, code="too_late")
        if (code := self._too_much(autopay, amount)) is not None:
            said = charges.notices.above_cap(autopay, start, amount)
            return charges.outcomes.end(autopay, period, "above_cap", said, code=code)
        notice = charges.notices.announced(autopay, runway, amount, charge_at)
        period.state, period.code, period.charge_at = "announced", None, charge_at
        period.announced_at, period.message_id = now, notice.message_id
        due = soonest(autopay, charge_at, now)
        self.store.commit(autopay, due, period, [notice], changes={"period": start.isoformat()})
        return None

    def _too_much(self, autopay: AutopayRow, amount: Kopecks) -> str | None:
        if amount > autopay.cap_kopecks:
            return "above_cap"
        most = self.charges.gateways[autopay.gateway or ""].limits.max_kopecks
        return "above_limit" if amount > most else None


def _to_be_told_anew(period: PeriodRow, autopay: AutopayRow) -> bool:
    """Announced, and then the consent was withdrawn and given again: a new one needs a notice of its own. Or above
    the cap that was, and no longer above the one that is."""
    over = period.state == "above_cap" and period.code == "above_cap"
    return period.state == "announced" or bool(over and period.amount_kopecks <= autopay.cap_kopecks)
