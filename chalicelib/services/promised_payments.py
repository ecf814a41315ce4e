"""Promised payments: the portal's record of each, and the billing that holds the limit.

The record is the intent: written before the billing is asked, with a row of the agenda that finds out what became of
it. The billing is asked under the record's id and answers the same question the same way, so a death anywhere is
followed by the same question again.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from chalicelib.billing import FIXES, BillingSystem, PromiseOffer
from chalicelib.clock import Clock, local_date
from chalicelib.config import Settings
from chalicelib.errors import NotFound, OutcomeUnknown, Rejected, UpstreamUnavailable
from chalicelib.models import Instant, Value
from chalicelib.money import Kopecks
from chalicelib.services.promise_expiry import PromiseExpiry
from chalicelib.store.agenda import Agenda, AgendaRow
from chalicelib.store.messages import MessageRow
from chalicelib.store.promises import PromiseRow, PromiseStore, new_id

log = logging.getLogger(__name__)

#: When the agenda looks whether the billing has granted what was asked for.
FIRST_LOOK = timedelta(minutes=1)
#: A click whose answer was lost is the same click for so long; later it is a wish for another promise.
SAME_CLICK = timedelta(minutes=1)
#: A promise that was not granted by then is no longer expected by the subscriber.
STALE = timedelta(minutes=15)

Language = Literal["ru", "en"]
State = Literal["granting", "active", "ended", "repaid"]

_STATES: dict[State, tuple[str, str]] = {
    "granting": ("Проверяем", "Being checked"),
    "active": ("Действует", "Active"),
    "ended": ("Закончился", "Over"),
    "repaid": ("Погашен платежом", "Repaid"),
}


class PastPromise(Value):
    """``until`` is unknown while the billing has not answered."""

    id: str
    amount_kopecks: Kopecks
    taken_at: Instant
    until: Instant | None
    ended_at: Instant | None
    state: State
    state_title: str


class PromiseScreen(PromiseOffer):
    """The billing's offer and what stands, and the portal's history, newest first."""

    history: tuple[PastPromise, ...] = ()


@dataclass(frozen=True)
class PromisedPayments:
    store: PromiseStore
    billing: BillingSystem
    agenda: Agenda
    expiry: PromiseExpiry
    now: Clock
    token: Callable[[], str]
    settings: Settings

    def screen(self, subscriber_id: str, account: str, language: Language) -> PromiseScreen:
        """:raises NotFound: not the caller's account."""
        self._owned(subscriber_id, account)
        offer = self.billing.promise_offer(account)
        records = [record for record in self.store.all_of(account) if record.status != "refused"]
        return PromiseScreen(**dict(offer), history=tuple(_shown(record, offer, language) for record in records))

    def take(self, subscriber_id: str, account: str, expected: Kopecks, language: Language) -> PastPromise:
        """Take one at the sum that was shown. A second click within a minute gets the first one's answer.

        :raises NotFound: not the caller's account. :raises Rejected: a rule says no, or ``numbers_changed``.
        :raises OutcomeUnknown: the billing may have granted it; the agenda finds out, the screen will show it.
        """
        self._owned(subscriber_id, account)
        record = self._same_click(account, expected) or self._wished(subscriber_id, account, expected, language)
        if record.status == "granting":
            self._grant(record)
        return _taken(record, language)

    def look(self, item: AgendaRow) -> None:
        """Agenda: find out what became of a wish, tell that the end is near, end it. Late or twice does no harm."""
        record = self.store.pointed(item)
        if record is None:
            return self.agenda.drop(item)
        if record.status == "granting":
            return self._resolve(record)
        return self.expiry.look(record)

    def _owned(self, subscriber_id: str, account: str) -> None:
        if not self.billing.owns(subscriber_id, account):
            raise NotFound(account)

    def _same_click(self, account: str, expected: Kopecks) -> PromiseRow | None:
        """The record that this very click has made, if it has."""
        newest = next(iter(self.store.all_of(account)), None)
        if newest is None or newest.status not in {"granting", "active"}:
            return None
        same = newest.amount_kopecks == expected and self.now() - newest.created_at < SAME_CLICK
        return newest if same else None

    def _wished(self, subscriber_id: str, account: str, expected: Kopecks, language: Language) -> PromiseRow:
        """A new record, if the rules allow one; or that of a click that was faster since we looked."""
        try:
            self._allowed(account, expected)
        except Rejected as refused:
            faster = self._same_click(account, expected) if refused.code == "already_active" else None
            if faster is None:
                raise
            return faster
        return self._begun(subscriber_id, account, expected, language)

    def _allowed(self, account: str, expected: Kopecks) -> None:
        """Refuse before anything is written. The billing decides again when it grants."""
        offer = self.billing.promise_offer(account)
        if offer.code is not None:
            raise Rejected(offer.code, offer.available_from, offer.fix)
        if offer.amount_kopecks != expected:
            now = {"amount_kopecks": offer.amount_kopecks}
            raise Rejected("numbers_changed", fix=FIXES["numbers_changed"], numbers=now)

    def _begun(self, subscriber_id: str, account: str, expected: Kopecks, language: Language) -> PromiseRow:
        """The intent, or another's that came first: two clicks at once are one promise."""
        at = self.now().replace(microsecond=0)
        record = PromiseRow(
            account,
            f"promise#{new_id(at, self.token()[:16])}",
            subscriber_id=subscriber_id,
            amount_kopecks=expected,
            status="granting",
            language=language,
            created_at=at,
        )
        if self.store.begin(record, at + FIRST_LOOK):
            return record
        other = self._same_click(account, expected)
        if other is None:
            raise Rejected("already_active")
        return other

    def _grant(self, record: PromiseRow) -> None:
        """Ask the billing and write down what it says; ``record`` is then as it stands.

        :raises Rejected: it says no. :raises OutcomeUnknown: nobody knows yet; the agenda asks again.
        """
        try:
            granted = self.billing.grant_promise(record.account, record.id, Kopecks(record.amount_kopecks))
        except Rejected:
            self.store.advance(record, "refused", self.now(), None)
            raise
        except UpstreamUnavailable as error:
            # not granted by this call, but the agenda will ask again: to say "nothing happened" would be a lie
            raise OutcomeUnknown(f"promise {record.id}") from error
        due = self.expiry.first_look(granted.until)
        said = self._message(record, granted), self.now()
        if self.store.advance(record, "active", self.now(), due, [said], until=granted.until):
            return
        if record.status == "refused":
            # refused for another worker and granted for us: what the record does not carry must not stand
            self.billing.revoke_promise(record.account, record.id)
            raise Rejected("not_offered")

    def _resolve(self, record: PromiseRow) -> None:
        """A wish without an answer: ask again, or give it up if it is too old to come as a surprise."""
        stale = self.now() - record.created_at >= STALE
        if stale and self.billing.promise_offer(record.account).active is None:
            log.warning("a promised payment was never granted", extra={"account": record.account, "id": record.id})
            self.store.advance(record, "refused", self.now(), None)
            return
        try:
            self._grant(record)
        except Rejected as refused:
            log.info("a promised payment was refused", extra={"account": record.account, "code": refused.code})

    def _message(self, record: PromiseRow, granted: PromiseOffer) -> MessageRow:
        until = local_date(granted.until, self.settings.zone).isoformat()
        return MessageRow(
            f"promise:{record.id}:taken",
            subscriber_id=record.subscriber_id,
            event="promise_taken",
            facts={"account": record.account, "amount_kopecks": record.amount_kopecks, "until": until},
            language=record.language,
            created_at=self.now(),
        )


def _shown(record: PromiseRow, offer: PromiseOffer, language: Language) -> PastPromise:
    """The billing's truth goes first: what it no longer holds was repaid, whether or not we have come to it."""
    if record.status == "active" and offer.active is None:
        return _past(record, "repaid", language)
    return _taken(record, language)


def _taken(record: PromiseRow, language: Language) -> PastPromise:
    states: dict[str, State] = {"granting": "granting", "ended": "ended", "repaid": "repaid"}
    return _past(record, states.get(record.status, "active"), language)


def _past(record: PromiseRow, state: State, language: Language) -> PastPromise:
    return PastPromise(
        id=record.id,
        amount_kopecks=Kopecks(record.amount_kopecks),
        taken_at=record.created_at,
        until=record.until,
        ended_at=record.ended_at,
        state=state,
        state_title=_STATES[state][language == "en"],
    )
