"""Consents to what is done with a card, and the first payment that such a consent waits for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.clock import Clock
from chalicelib.errors import Conflict, UpstreamUnavailable
from chalicelib.money import Kopecks
from chalicelib.services import autopay_words as words
from chalicelib.services.autopay import TRIES, Autopay, Caller
from chalicelib.services.autopay_outcomes import soonest
from chalicelib.services.topups import Wish
from chalicelib.store.autopays import AUTOPAY, CARD, AutopayRow, AutopayStore, ConsentRow, consent_row
from chalicelib.store.transaction import Transaction

#: Of each purpose: the version of its text, what makes the text's hash, and the line of the journal.
_TEXTS: Mapping[str, tuple[str, Callable[[words.Language], str], str]] = {
    AUTOPAY: (words.TERMS_VERSION, words.terms_hash, "autopay_agreed"),
    CARD: (words.CARD_TERMS_VERSION, words.card_terms_hash, "card_agreed"),
}


@dataclass(frozen=True)
class CardConsents:
    store: AutopayStore
    autopay: Autopay
    now: Clock
    token: Callable[[], str]

    def new(self, who: Caller, account: str, purpose: str, shown: bool = True) -> ConsentRow:
        """What was agreed to, when, how and from where; no text where none is known to have been shown."""
        language = who.client.language
        version, hash_of, _ = _TEXTS[purpose]
        return consent_row(
            account,
            self.now(),
            self.token(),
            subscriber_id=who.subscriber_id,
            purpose=purpose,
            terms_version=version if shown else "not shown",
            text_hash=hash_of(language) if shown else "-",
            language=language,
            address=who.client.address,
        )

    def await_payment(
        self,
        who: Caller,
        wish: Wish,
        purpose: str,
        cap: Kopecks | None,
        decide: Callable[[AutopayRow], dict[str, Any]],
        shown: bool = True,
    ) -> None:
        """A consent that comes into force once this payment is paid; the same again is harmless.

        ``decide`` gives what else changes, or refuses. :raises Rejected: as ``decide`` says.
        :raises Conflict: the payment that is on its way is for something else, or with another limit.
        """
        for _ in range(TRIES):
            autopay = self.store.get(wish.account) or AutopayRow(wish.account, subscriber_id=who.subscriber_id)
            if autopay.pending_topup == wish.id:
                return _same(autopay, purpose, cap)
            more, now = decide(autopay), self.now()
            consent = self.new(who, wish.account, purpose, shown)
            pending: dict[str, Any] = {"pending_topup": wish.id, "pending_purpose": purpose, "pending_since": now}
            pending |= {"pending_consent": consent.id, "language": wish.language, **more}
            journal = self.autopay.written(who, autopay, _TEXTS[purpose][2], [autopay.pending_consent])
            active = autopay.status == "active"
            due = now if active else soonest(AutopayRow(wish.account, pending_topup=wish.id), None, now)
            if self.store.commit(autopay, due, more=_with(consent, journal), changes=pending):
                return None
        raise UpstreamUnavailable(f"autopay of {wish.account} keeps changing")

    def commit(
        self, who: Caller, autopay: AutopayRow, changes: dict[str, Any], consent: ConsentRow, **more: Any
    ) -> bool:
        """A change that a consent to autopay allows at once, the consent in the place of the one before.

        False: somebody else was first."""
        journal = self.autopay.written(who, autopay, _TEXTS[AUTOPAY][2], [autopay.consent])
        return self.store.commit(autopay, self.now(), more=_with(consent, journal), changes=changes, **more)


def _with(consent: ConsentRow, journal: Callable[[Transaction], None]) -> Callable[[Transaction], None]:
    def add(tx: Transaction) -> None:
        tx.put("new consent", consent)
        journal(tx)

    return add


def _same(autopay: AutopayRow, purpose: str, cap: Kopecks | None) -> None:
    """:raises Conflict: it is for something else, or with another limit."""
    if autopay.pending_purpose not in {None, purpose} or cap not in {None, autopay.pending_cap_kopecks}:
        raise Conflict
