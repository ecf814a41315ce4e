"""Autopay as its subscriber has it: limit, skip, disconnect. How it is connected: ``autopay_connecting``; the agenda's
side: ``autopay_days``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chalicelib.billing import BillingSystem
from chalicelib.clock import Clock
from chalicelib.config import Settings
from chalicelib.errors import (
    Forbidden,
    InvalidRequest,
    NotFound,
    Rejected,
    UpstreamUnavailable,
)
from chalicelib.models import Instant, Value
from chalicelib.money import Kopecks
from chalicelib.services.autopay_days import AutopayDays
from chalicelib.services.autopay_outcomes import next_look, soonest
from chalicelib.services.identity import Client, Identity
from chalicelib.services.topups import TopUps
from chalicelib.store.autopays import (
    NO_CARD,
    NOT_PENDING,
    AutopayRow,
    AutopayStore,
    PeriodRow,
    period_row,
    withdraw,
)
from chalicelib.store.subscribers import journal_row
from chalicelib.store.transaction import Transaction

#: How often a change is tried against others who change the same autopay.
TRIES = 5
_UNRESOLVED = ("created", "awaiting_payment", "expired")


class InFlight(Value):
    """A charge that was sent and whose outcome nobody knows yet. If it succeeds after all, it is given back."""

    amount_kopecks: Kopecks
    since: Instant


@dataclass(frozen=True)
class Caller:
    """Who asks, from where, and whether the password was given again a moment ago."""

    identity: Identity
    client: Client
    stepped_up: bool

    @property
    def subscriber_id(self) -> str:
        return self.identity.subscriber_id


@dataclass(frozen=True)
class Autopay:
    store: AutopayStore
    days: AutopayDays
    topups: TopUps
    billing: BillingSystem
    now: Clock
    token: Callable[[], str]
    settings: Settings

    def change_cap(self, who: Caller, account: str, cap: Kopecks) -> None:
        """:raises NotFound, InvalidRequest: :raises Rejected: ``not_connected``. :raises Forbidden: raising it wants
        the password again."""
        self.owned(who, account)
        self.checked_cap(cap)
        for _ in range(TRIES):
            autopay = self._connected(account)
            if cap == autopay.cap_kopecks:
                return
            if cap > autopay.cap_kopecks and not who.stepped_up:
                raise Forbidden("step_up_required")
            more = self.written(who, autopay, "autopay_cap_changed", [])
            if self.store.commit(autopay, self.now(), more=more, changes={"cap_kopecks": cap}):
                return
        raise UpstreamUnavailable(f"autopay of {account} keeps changing")

    def skip(self, who: Caller, account: str, start: date) -> None:
        """No charge for the period that begins then. Repeatable.

        :raises NotFound: not the caller's account. :raises Rejected: ``not_connected``; ``nothing_to_skip``: it is not
        the next period, or it is over; ``already_charging``.
        """
        self.owned(who, account)
        for _ in range(TRIES):
            autopay = self._connected(account)
            if self.billing.runway(account).period_start != start:
                raise Rejected("nothing_to_skip")
            period = self.store.period(account, start)
            if period is not None and period.state == "skipped":
                return
            if period is not None and period.in_flight:
                raise Rejected("already_charging")
            if period is not None and period.state not in {"announced", "above_cap"}:
                raise Rejected("nothing_to_skip")
            period = period or period_row(account, start, "skipped")
            period.state, period.code = "skipped", None
            more = self.written(who, autopay, "autopay_skipped", [])
            due, kept = self._after_skipping(autopay, start)
            if self.store.commit(autopay, due, period, more=more, changes={"period": kept}):
                return
        raise UpstreamUnavailable(f"autopay of {account} keeps changing")

    def _after_skipping(self, autopay: AutopayRow, start: date) -> tuple[datetime | None, str | None]:
        """When the agenda looks again, and the period that it works on."""
        if autopay.period not in {None, start.isoformat()}:
            # a charge of the period before may have no outcome yet: it goes on with that one
            return autopay.due_at, autopay.period
        # the end of a card is told on the day of the announcement, though nothing is announced
        look = self.now() if autopay.expires else next_look(start, self.settings)
        return soonest(autopay, look, self.now()), None

    def disconnect(self, who: Caller, account: str) -> InFlight | None:
        """Withdraw every consent and forget the card, also one that only was kept: no intent of a charge commits after
        this. Repeatable.

        Returns a charge that had been sent before and has no outcome yet. :raises NotFound: not the caller's account.
        """
        self.owned(who, account)
        for tried in range(TRIES):
            autopay = self.store.get(account)
            if autopay is None:
                return None
            under_way, on = self._under_way(autopay), autopay.status != "off"
            flying = self._unresolved(under_way)
            if on and under_way is not None and flying is None and tried < TRIES - 2:
                # what became of a charge is known: it is written down while there is a consent
                self.days.charges.outcomes.resolve(autopay, under_way)
                continue
            if not on and autopay.parent_invoice is None and autopay.pending_topup is None:
                return flying
            consents = [autopay.consent, autopay.pending_consent, autopay.card_consent]
            more = self.written(who, autopay, "autopay_disconnected" if on else "card_forgotten", consents)
            due = self.now() if under_way is not None else None
            said = self.days.charges.notices.disconnected(autopay) if on else []
            period = autopay.period if under_way is not None else None
            gone = {**_FORGOTTEN, "period": period, "off_at": self.now() if on else autopay.off_at}
            if self.store.commit(autopay, due, messages=said, more=more, changes=gone):
                return flying
        raise UpstreamUnavailable(f"autopay of {account} keeps changing")

    def current(self, account: str) -> AutopayRow | None:
        """As it stands; a first payment that is paid counts at once, not when the agenda comes to it."""
        autopay = self.store.get(account)
        if autopay is not None and autopay.pending_topup is not None and not self.days.saved(autopay):
            # not paid yet; or the agenda takes it over in this very instant
            return self.store.get(account)
        return autopay

    def flying(self, autopay: AutopayRow) -> InFlight | None:
        """A charge of the period under way whose outcome nobody knows yet."""
        return self._unresolved(self._under_way(autopay))

    def _under_way(self, autopay: AutopayRow) -> PeriodRow | None:
        period = self.period_of(autopay)
        return period if period is not None and period.in_flight else None

    def _unresolved(self, period: PeriodRow | None) -> InFlight | None:
        topup = self.topups.store.get(period.attempts[-1]["topup"]) if period is not None else None
        if topup is None or topup.status not in _UNRESOLVED:
            return None
        return InFlight(amount_kopecks=Kopecks(topup.amount_kopecks), since=topup.created_at)

    def period_of(self, autopay: AutopayRow) -> PeriodRow | None:
        """The period that the agenda works on."""
        if autopay.period is None:
            return None
        return self.store.period(autopay.account, date.fromisoformat(autopay.period))

    def owned(self, who: Caller, account: str) -> None:
        if not self.billing.owns(who.subscriber_id, account):
            raise NotFound(account)

    def _connected(self, account: str) -> AutopayRow:
        autopay = self.store.get(account)
        if autopay is None or autopay.status != "active":
            raise Rejected("not_connected")
        return autopay

    def checked_cap(self, cap: Kopecks | None) -> None:
        if cap is not None and cap < self.settings.topup_min_kopecks:
            raise InvalidRequest({"cap_kopecks": "too_small"})
        if cap is not None and cap > self.settings.autopay_cap_max_kopecks:
            raise InvalidRequest({"cap_kopecks": "too_large"})

    def cap_without_a_wish(self, autopay: AutopayRow) -> Kopecks:
        """A new card leaves the cap as it was."""
        if autopay.status == "active":
            return Kopecks(autopay.cap_kopecks)
        return offered_cap(self.billing, autopay.account, self.settings)

    def written(
        self, who: Caller, autopay: AutopayRow, event: str, consents: Sequence[str | None]
    ) -> Callable[[Transaction], None]:
        """The line of the journal, and the end of consents."""
        now, word = self.now(), self.token()

        def more(tx: Transaction) -> None:
            entry = journal_row(who.subscriber_id, now, word, event, who.client.address, who.client.user_agent)
            tx.put("journal", entry)
            for id in consents:
                if id is not None:
                    withdraw(tx, autopay.account, id, now)

        return more


def offered_cap(billing: BillingSystem, account: str, settings: Settings) -> Kopecks:
    """So many monthly fees of the account, within what may be chosen."""
    services = billing.account(account).services
    fees = sum(service.tariff.fee_kopecks for service in services if service.tariff is not None)
    wanted = max(fees * settings.autopay_cap_fees, settings.topup_min_kopecks)
    return Kopecks(min(wanted, settings.autopay_cap_max_kopecks))


_FORGOTTEN: dict[str, Any] = {
    **NO_CARD,
    **NOT_PENDING,
    "status": "off",
    "consent": None,
    "card_consent": None,
    "stop_code": None,
}
