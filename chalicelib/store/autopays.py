"""Autopays: of each account one row, its consents, and a row for each period that was announced, skipped or charged.

    <account>   autopay                 the card, the cap, the live consent, and what the agenda does next
    <account>   consent#<instant>#<id>  what was agreed to, when and from where, and when it was withdrawn
    <account>   period#<first day>      the marker of (account, period): one announcement, one charge at most at a time

Every change goes through ``commit``: conditional on the revision that was read, so that a charge and a withdrawal, or
two workers, never both think they were first. A charge counts as sent at the commit of its intent, never earlier.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from pynamodb.attributes import BooleanAttribute, JSONAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.clock import to_text
from chalicelib.store.agenda import AgendaRow, Kind, move, pointed, row as agenda_row
from chalicelib.store.messages import MessageRow, enqueue
from chalicelib.store.tables import (
    TABLE_PREFIX,
    Connected,
    InstantAttribute,
    IntegerAttribute,
    Row,
    assigned,
    fetch,
    reading,
)
from chalicelib.store.transaction import ConditionFailed, Transaction

Status = Literal["off", "pending", "active", "stopped"]
#: ``announced`` waits for its (next) charge, ``charging`` for the outcome of one; the others are ends of a period.
PeriodState = Literal[
    "announced", "charging", "charged", "failed", "unknown", "skipped", "covered", "above_cap", "missed"
]
_AUTOPAY, _PERIOD, _CONSENT = "autopay", "period#", "consent#"
#: What a subscriber agrees to: charges of a card, or only that it is kept.
AUTOPAY, CARD = "autopay", "card"


class AutopayRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "autopays"

    account = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default=_AUTOPAY)
    subscriber_id = UnicodeAttribute()
    status = UnicodeAttribute(default="off")
    language = UnicodeAttribute(default="ru")
    #: the saved card: the company, and the invoice of the payment that saved it
    gateway = UnicodeAttribute(null=True)
    parent_invoice = IntegerAttribute(null=True)
    mask = UnicodeAttribute(null=True)
    saved_at = InstantAttribute(null=True)
    #: its last valid month, ``YYYY-MM``, once the company has told; when to ask, and whether its end was announced
    expires = UnicodeAttribute(null=True)
    ask_card_at = InstantAttribute(null=True)
    expiry_told = BooleanAttribute(default=False)
    #: the consent to keep a card that nothing may charge yet
    card_consent = UnicodeAttribute(null=True)
    cap_kopecks = IntegerAttribute(default=0)
    #: the consent that every charge needs; none without one
    consent = UnicodeAttribute(null=True)
    #: a first payment that is on its way, and what comes into force with it: autopay, or only the card
    pending_topup = UnicodeAttribute(null=True)
    pending_purpose = UnicodeAttribute(null=True)
    pending_consent = UnicodeAttribute(null=True)
    pending_cap_kopecks = IntegerAttribute(null=True)
    pending_since = InstantAttribute(null=True)
    #: the first day of the period that the agenda works on
    period = UnicodeAttribute(null=True)
    failed_periods = IntegerAttribute(default=0)
    stop_code = UnicodeAttribute(null=True)
    #: when it was disconnected last: no charge from before is kept any more
    off_at = InstantAttribute(null=True)
    #: whose change it was, to tell one's own from another's after a lost answer
    changed_by = UnicodeAttribute(null=True)
    revision = IntegerAttribute(default=0)
    agenda_key = UnicodeAttribute(null=True)

    @property
    def due_at(self) -> datetime | None:
        """When the agenda looks at it next."""
        return pointed(self.agenda_key).due_at if self.agenda_key else None


class ConsentRow(Row):
    """Kept for ever: the proof of what was agreed to."""

    class Meta(Connected):
        table_name = TABLE_PREFIX + "autopays"

    account = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    subscriber_id = UnicodeAttribute()
    #: ``autopay``: charges of a card; ``card``: only keeping it
    purpose = UnicodeAttribute(default=AUTOPAY)
    terms_version = UnicodeAttribute()
    text_hash = UnicodeAttribute()
    language = UnicodeAttribute()
    at = InstantAttribute()
    address = UnicodeAttribute()
    withdrawn_at = InstantAttribute(null=True)

    @property
    def id(self) -> str:
        return self.item.removeprefix(_CONSENT)


class PeriodRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "autopays"

    account = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    state = UnicodeAttribute()
    #: the sum that was announced: no charge of the period is greater
    amount_kopecks = IntegerAttribute(default=0)
    balance_kopecks = IntegerAttribute(default=0)
    #: of what it is made: ``[title, kopecks]``, charges negative
    breakdown = JSONAttribute(default=list)
    announced_at = InstantAttribute(null=True)
    #: the notice; its row says when a channel has taken it
    message_id = UnicodeAttribute(null=True)
    #: when the next charge is due
    charge_at = InstantAttribute(null=True)
    #: ``{topup, at, amount_kopecks, parent, state, code}``, oldest first; ``state`` is sent, charged, declined,
    #: not_sent, unknown or returned
    attempts = JSONAttribute(default=list)
    code = UnicodeAttribute(null=True)
    #: it has waited once for an order that is not paid yet
    postponed = BooleanAttribute(default=False)
    #: the subscriber was asked to pay by hand, because nobody knows the outcome
    asked = BooleanAttribute(default=False)
    revision = IntegerAttribute(default=0)

    @property
    def start(self) -> date:
        return date.fromisoformat(self.item.removeprefix(_PERIOD))

    @property
    def last_attempt(self) -> dict[str, Any] | None:
        return self.attempts[-1] if self.attempts else None

    @property
    def in_flight(self) -> bool:
        return bool(self.state == "charging")


def period_row(account: str, start: date, state: PeriodState, **facts: Any) -> PeriodRow:
    return PeriodRow(account, _PERIOD + start.isoformat(), state=state, **facts)


def consent_row(account: str, at: datetime, word: str, **facts: Any) -> ConsentRow:
    return ConsentRow(account, f"{_CONSENT}{to_text(at)}#{word}", at=at, **facts)


#: Before the id of a charge that brought money when nobody waited for it any more: a row of the agenda of its own.
_LATE = "late:"


def late_row(topup_id: str, at: datetime, shards: int) -> AgendaRow:
    """To be put in the transaction that credits such a charge: autopay must hear of it."""
    return agenda_row(Kind.AUTOPAY, _LATE + topup_id, at, shards)


def late_charge(ref: str) -> str | None:
    """The top-up that the reference of such a row names; None for any other."""
    return ref.removeprefix(_LATE) if ref.startswith(_LATE) else None


#: A card that is forgotten leaves nothing of itself.
NO_CARD: Mapping[str, Any] = {
    "parent_invoice": None,
    "mask": None,
    "saved_at": None,
    "expires": None,
    "ask_card_at": None,
    "expiry_told": False,
}
#: No first payment is on its way.
NOT_PENDING: Mapping[str, Any] = {
    "pending_topup": None,
    "pending_purpose": None,
    "pending_consent": None,
    "pending_cap_kopecks": None,
    "pending_since": None,
}

#: Adds writes of other stores to a change.
More = Callable[[Transaction], None]


@dataclass(frozen=True)
class AutopayStore:
    shards: int
    #: makes a random word that marks a change as ours
    token: Callable[[], str]

    def get(self, account: str) -> AutopayRow | None:
        return fetch(AutopayRow, account, _AUTOPAY)

    def period(self, account: str, start: date) -> PeriodRow | None:
        return fetch(PeriodRow, account, _PERIOD + start.isoformat())

    def periods(self, account: str, limit: int) -> Sequence[PeriodRow]:
        """The last ones, newest first. One query."""
        mine = PeriodRow.item.startswith(_PERIOD)
        with reading():
            return list(PeriodRow.query(account, mine, consistent_read=True, scan_index_forward=False, limit=limit))

    def pointed(self, item: AgendaRow) -> AutopayRow | None:
        """The autopay that an agenda row stands for, if it still waits for that row."""
        autopay = self.get(item.ref)
        return autopay if autopay is not None and autopay.agenda_key == item.key else None

    def commit(
        self,
        autopay: AutopayRow,
        due_at: datetime | None,
        row: PeriodRow | None = None,
        messages: Iterable[MessageRow] = (),
        when: Condition | None = None,
        more: More | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> bool:
        """Change an autopay, its period and what the agenda owes it in one transaction; then ``autopay`` is as it is.

        False: somebody else was first, or ``when`` or a condition of ``more`` does not hold; nothing was applied.
        True also if this very change was there already, its answer having been lost.
        :raises UpstreamUnavailable, OutcomeUnknown: as the transaction says.
        """
        mine, before = self.token(), autopay.revision
        tx = Transaction()
        due = agenda_row(Kind.AUTOPAY, autopay.account, due_at, self.shards) if due_at else None
        move(tx, autopay.agenda_key, due)
        if row is not None:
            self._put(tx, row)
        for message in messages:
            enqueue(tx, message, message.created_at, self.shards)
        if more is not None:
            more(tx)
        wanted = {**(changes or {}), "agenda_key": due.key if due else None, "changed_by": mine, "revision": before + 1}
        if not before:
            # the first change of a row that is not there yet
            first = {"subscriber_id": autopay.subscriber_id, "language": autopay.language}
            tx.update(
                "autopay", AutopayRow(autopay.account), _actions(first | wanted), AutopayRow.account.does_not_exist()
            )
        else:
            same = AutopayRow.revision == before
            tx.update(
                "autopay", AutopayRow(autopay.account), _actions(wanted), same & when if when is not None else same
            )
        try:
            tx.commit()
        except ConditionFailed:
            found = self.get(autopay.account)
            if found is None or found.changed_by != mine:
                return False
        autopay.refresh(consistent_read=True)
        return True

    def replan(self, autopay: AutopayRow, at: datetime, tx: Transaction) -> None:
        """Make it due at this instant, within a transaction of the caller's; fails if it changed since it was read."""
        due = agenda_row(Kind.AUTOPAY, autopay.account, at, self.shards)
        move(tx, autopay.agenda_key, due)
        wanted = {"agenda_key": due.key, "changed_by": self.token(), "revision": autopay.revision + 1}
        tx.update("autopay", AutopayRow(autopay.account), _actions(wanted), AutopayRow.revision == autopay.revision)

    def _put(self, tx: Transaction, period: PeriodRow) -> None:
        """The whole row, in the place of the one that was read."""
        known = PeriodRow.revision == period.revision if period.revision else PeriodRow.account.does_not_exist()
        period.revision += 1
        tx.put("period", period, known)


def withdraw(tx: Transaction, account: str, id: str, at: datetime) -> None:
    """End a consent within a change of the autopay that rests on it; the first end stays."""
    row = ConsentRow(account, _CONSENT + id)
    tx.update("consent", row, [ConsentRow.withdrawn_at.set(ConsentRow.withdrawn_at | at)])


def _actions(wanted: dict[str, Any]) -> list[Action]:
    return [assigned(AutopayRow, name, value) for name, value in wanted.items()]
