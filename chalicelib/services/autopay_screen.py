"""What the autopay screen and the main screen say of an autopay; nothing here changes anything but a card just paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from chalicelib.billing import Coming, Runway
from chalicelib.clock import Clock, from_text, local_date
from chalicelib.config import Settings
from chalicelib.errors import NotFound
from chalicelib.models import Instant, Value
from chalicelib.money import Kopecks, round_up_to_ruble
from chalicelib.services import autopay_words as words
from chalicelib.services.autopay import Autopay, InFlight, offered_cap
from chalicelib.services.autopay_plan import Plan
from chalicelib.services.saved_cards import is_ending
from chalicelib.store.autopays import AutopayRow, PeriodRow

Status = Literal["off", "pending", "active", "stopped"]
#: ``planned`` is a period that nothing has happened to yet.
State = Literal[
    "planned", "announced", "charging", "charged", "failed", "unknown", "skipped", "covered", "above_cap", "missed"
]
#: How many periods the history shows.
HISTORY = 13


class SavingGateway(Value):
    id: str
    title: str
    min_kopecks: Kopecks
    max_kopecks: Kopecks


class SavedCard(Value):
    """A company tells what it likes of a card: ``mask`` and ``expires``, its last valid month, may be unknown."""

    mask: str | None
    expires: str | None = None
    saved_on: date | None
    #: the coming charge may be its last, or it is over
    ending: bool = False


class BreakdownItem(Value):
    title: str
    amount_kopecks: Kopecks


class NextAutopay(Value):
    """The next period; charges of the breakdown are negative, and the sum is theirs less the balance."""

    period_start: date
    announce_on: date
    charge_on: date | None
    amount_kopecks: Kopecks
    balance_kopecks: Kopecks
    state: State
    reason: str | None
    breakdown: tuple[BreakdownItem, ...]


class Attempt(Value):
    at: Instant
    period_start: date
    amount_kopecks: Kopecks
    state: Literal["charged", "declined", "checking", "not_sent", "returned"]
    reason: str | None


class Terms(Value):
    version: str
    text: str


class AutopayScreen(Value):
    status: Status
    gateway: str | None
    gateways: tuple[SavingGateway, ...]
    suggested_kopecks: Kopecks
    card: SavedCard | None
    cap_kopecks: Kopecks
    cap_min_kopecks: Kopecks
    cap_max_kopecks: Kopecks
    no_channel: bool
    next: NextAutopay
    attempts: tuple[Attempt, ...]
    in_flight: InFlight | None
    stop_reason: str | None
    pending_topup: str | None
    terms: Terms


class AutopaySummary(Value):
    """Autopay as the account shows it."""

    status: Status = "off"
    next_on: date | None = None
    amount_kopecks: Kopecks | None = None
    mask: str | None = None
    #: the last valid month of a card that is at its end, ``YYYY-MM``
    card_ends: str | None = None

    @property
    def coming(self) -> Coming | None:
        if self.next_on is None or not self.amount_kopecks:
            return None
        return Coming(on=self.next_on, amount_kopecks=self.amount_kopecks)


@dataclass(frozen=True)
class AutopayView:
    autopay: Autopay
    now: Clock
    settings: Settings

    def screen(self, subscriber_id: str, account: str, language: words.Language) -> AutopayScreen:
        """:raises NotFound: not the caller's account."""
        billing, store = self.autopay.billing, self.autopay.store
        if not billing.owns(subscriber_id, account):
            raise NotFound(account)
        row = self.autopay.current(account) or AutopayRow(account)
        periods = store.periods(account, HISTORY)
        runway = billing.runway(account)
        upcoming = self._next(row, runway, periods, language)
        gateways = [gateway for gateway in self.autopay.topups.gateways.values() if gateway.can_save_card]
        limits = {gateway.name: self.autopay.topups.limits_of(gateway) for gateway in gateways}
        shown = [
            SavingGateway(id=one.name, title=one.titles[language], **limits[one.name].model_dump()) for one in gateways
        ]
        least = min((one.min_kopecks for one in limits.values()), default=Kopecks(self.settings.topup_min_kopecks))
        most = max((one.max_kopecks for one in limits.values()), default=least)
        cap = row.cap_kopecks if row.status == "active" else offered_cap(billing, account, self.settings)
        charging = row.period is not None
        return AutopayScreen(
            status=_status(row),
            gateway=row.gateway if row.parent_invoice is not None else None,
            gateways=tuple(shown),
            suggested_kopecks=min(max(round_up_to_ruble(upcoming.amount_kopecks), round_up_to_ruble(least)), most),
            card=self._card(row, runway),
            cap_kopecks=Kopecks(cap),
            cap_min_kopecks=Kopecks(self.settings.topup_min_kopecks),
            cap_max_kopecks=Kopecks(self.settings.autopay_cap_max_kopecks),
            no_channel=not self.autopay.days.charges.notices.reachable(subscriber_id),
            next=upcoming,
            attempts=tuple(self._attempts(periods, language)),
            in_flight=self.autopay.flying(row) if charging else None,
            stop_reason=words.sentence(row.stop_code, language) if row.status == "stopped" else None,
            pending_topup=row.pending_topup,
            terms=Terms(version=words.TERMS_VERSION, text=words.terms(language)),
        )

    def summary(self, account: str) -> AutopaySummary:
        """One get for an account without autopay; with it, the next charge: two more."""
        row = self.autopay.store.get(account)
        if row is None or row.status == "off":
            return AutopaySummary()
        if row.status != "active":
            return AutopaySummary(status=_status(row))
        runway = self.autopay.billing.runway(account)
        period = self.autopay.store.period(account, runway.period_start)
        charge_on, amount = self._planned(row, runway, period)
        ends = row.expires if is_ending(row, runway, self.settings) else None
        if charge_on is None or not amount or (period is not None and period.state != "announced"):
            return AutopaySummary(status="active", mask=row.mask, card_ends=ends)
        return AutopaySummary(status="active", next_on=charge_on, amount_kopecks=amount, mask=row.mask, card_ends=ends)

    def _planned(self, row: AutopayRow, runway: Runway, period: PeriodRow | None) -> tuple[date | None, Kopecks]:
        """The day of the next charge, if there will be one, and its sum; in flight, the one that was sent."""
        plan, zone = Plan(runway.period_start, self.settings.zone), self.settings.zone
        if period is not None:
            at = period.charge_at if period.state == "announced" else None
            sent = period.last_attempt if period.state in {"charging", "charged", "unknown"} else None
            amount = Kopecks(int(sent["amount_kopecks"]) if sent else period.amount_kopecks)
        else:
            at, amount = plan.first_charge(max(self.now(), plan.announce_at)), runway.missing_kopecks
        return (local_date(at, zone) if at and not _above_cap(row, amount) else None), amount

    def _next(self, row: AutopayRow, runway: Runway, periods: Sequence[PeriodRow], language: str) -> NextAutopay:
        period = next((one for one in periods if one.start == runway.period_start), None)
        charge_on, amount = self._planned(row, runway, period)
        zone, plan = self.settings.zone, Plan(runway.period_start, self.settings.zone)
        told: datetime = (period.announced_at if period else None) or max(self.now(), plan.announce_at)
        items = [[item.title, item.amount_kopecks] for item in runway.items]
        if period is not None and period.breakdown:
            items = list(period.breakdown)
            if period.amount_kopecks > amount:
                items.append([words.paid_since(language), period.amount_kopecks - amount])
        balance = period.balance_kopecks if period is not None and period.breakdown else runway.balance_kopecks
        state: Any = period.state if period is not None else "planned"
        return NextAutopay(
            period_start=runway.period_start,
            announce_on=local_date(told, zone),
            charge_on=charge_on,
            amount_kopecks=amount,
            balance_kopecks=Kopecks(balance),
            state=state,
            reason=_reason(row, period, charge_on, amount, language),
            breakdown=tuple(_items(items)),
        )

    def _card(self, row: AutopayRow, runway: Runway) -> SavedCard | None:
        """Also while autopay is off: then it is only kept."""
        if row.parent_invoice is None:
            return None
        saved = local_date(row.saved_at, self.settings.zone) if row.saved_at else None
        ending = is_ending(row, runway, self.settings)
        return SavedCard(mask=row.mask, expires=row.expires, saved_on=saved, ending=ending)

    def _attempts(self, periods: Sequence[PeriodRow], language: str) -> list[Attempt]:
        """Newest first."""
        return [_attempt(period, attempt, language) for period in periods for attempt in reversed(period.attempts)]


def _above_cap(row: AutopayRow, amount: Kopecks) -> bool:
    return bool(row.status == "active" and amount > row.cap_kopecks)


def _reason(
    row: AutopayRow, period: PeriodRow | None, charge_on: date | None, amount: Kopecks, language: str
) -> str | None:
    """Why the next charge will not be, or why it is made once more."""
    if period is not None and period.state != "announced":
        return words.why(period.state, period.code, language)
    if amount and _above_cap(row, amount):
        return words.why("above_cap", "above_cap", language)
    if period is None:
        return words.why("missed", "too_late", language) if charge_on is None else None
    declined = period.last_attempt
    return words.why("announced", declined.get("code"), language) if declined is not None else None


def _attempt(period: PeriodRow, attempt: dict[str, Any], language: str) -> Attempt:
    states: dict[str, Any] = {"sent": "checking", "unknown": "checking"}
    return Attempt(
        at=from_text(attempt["at"]),
        period_start=period.start,
        amount_kopecks=Kopecks(int(attempt["amount_kopecks"])),
        state=states.get(attempt["state"], attempt["state"]),
        reason=words.sentence(attempt.get("code"), language),
    )


def _items(pairs: Any) -> list[BreakdownItem]:
    return [BreakdownItem(title=str(title), amount_kopecks=Kopecks(int(kopecks))) for title, kopecks in pairs]


def _status(row: AutopayRow) -> Status:
    status: Any = row.status
    return status  # type: ignore[no-any-return]
