"""Consents to what is done with a card, and the first payment that such a consent waits for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.clock import Clock
from chalicelib.errors import Conflict, OutcomeUnknown, UpstreamUnavailable
from chalicelib.money import Kopecks
from chalicelib.services import autopay_words as words
from chalicelib.services.autopay import TRIES, Autopay, Caller
from chalicelib.services.autopay_outcomes import soonest
from chalicelib.services.topups import PAYABLE, Ordered, Wish
from chalicelib.store.autopays import AUTOPAY, CARD, AutopayRow, AutopayStore, ConsentRow, More, consent_row
from chalicelib.store.topups import TopUpRow
from chalicelib.store.transaction import Transaction

#: Of each purpose: the version of its text, what makes the text's hash, and the line of the journal.
_TEXTS: Mapping[str, tuple[str, Callable[[words.Language], str], str]] = {
    AUTOPAY: (words.TERMS_VERSION, words.terms_hash, "autopay_agreed"),
    CARD: (words.CARD_TERMS_VERSION, words.card_terms_hash, "card_agreed"),
}


@dataclass(frozen=True)
class Asked:
    """A first payment that saves a card, and what it is saved for.

    ``decide`` gives what else changes with it, or refuses; ``shown``: the text was on screen, as far as is known.
    """

    who: Caller
    wish: Wish
    purpose: str
    decide: Callable[[AutopayRow], dict[str, Any]]
    cap: Kopecks | None = None
    shown: bool = True


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

    def order(self, asked: Asked) -> Ordered:
        """Order the first payment together with the consent that comes into force once it is paid: both or neither,
        for no payment may save a card without one, and none may stand for another's. The same again is harmless.

        :raises Rejected: as ``decide`` says. :raises TooManyAttempts: enough for today.
        :raises Conflict: the id stands for another payment. :raises UpstreamUnavailable: repeat with the same id.
        """
        topups, who, wish = self.autopay.topups, asked.who.subscriber_id, asked.wish
        try:
            for tried in range(TRIES):
                if (known := topups.known(who, wish)) is not None:
                    return self._again(known, asked)
                autopay = self._row(asked)
                changes = asked.decide(autopay)
                if not tried:
                    topups.spend(who)
                # a number of its own each time: it may be the number that is taken
                topup = topups.new(who, wish)
                if self._ordered(topup, asked, autopay, changes):
                    return topups.checked_out(topup, True)
        except OutcomeUnknown as lost:
            raise UpstreamUnavailable("ordering") from lost
        raise UpstreamUnavailable(f"autopay of {wish.account} keeps changing")

    def _again(self, topup: TopUpRow, asked: Asked) -> Ordered:
        """A second click. A payment whose consent was withdrawn, or replaced by another's, is an ordinary top-up: no
        late copy of the first click makes it save a card again, and who wants that begins anew under another id."""
        autopay = self._row(asked)
        if autopay.pending_topup == topup.topup_id:
            _same(autopay, asked)
        else:
            # it may have been paid and taken over between the two looks
            topup = self.autopay.topups.store.existing(topup.topup_id)
            if topup.status in PAYABLE:
                raise Conflict
        return self.autopay.topups.checked_out(topup, False)

    def _row(self, asked: Asked) -> AutopayRow:
        account = asked.wish.account
        return self.store.get(account) or AutopayRow(account, subscriber_id=asked.who.subscriber_id)

    def _ordered(self, topup: TopUpRow, asked: Asked, autopay: AutopayRow, changes: dict[str, Any]) -> bool:
        """False: somebody else was first, or the id is taken; nothing was written."""
        now, consent = self.now(), self.new(asked.who, autopay.account, asked.purpose, asked.shown)
        pending: dict[str, Any] = {"pending_topup": topup.topup_id, "pending_purpose": asked.purpose}
        pending |= {"pending_since": now, "pending_consent": consent.id, "language": asked.wish.language, **changes}
        journal = self.autopay.written(asked.who, autopay, _TEXTS[asked.purpose][2], [autopay.pending_consent])
        waiting = AutopayRow(autopay.account, pending_topup=topup.topup_id)
        due = now if autopay.status == "active" else soonest(waiting, None, now)

        def add(tx: Transaction) -> None:
            self.autopay.topups.add(tx, topup)
            _with(consent, journal)(tx)

        return self.store.commit(autopay, due, more=add, changes=pending)

    def commit(
        self, who: Caller, autopay: AutopayRow, changes: dict[str, Any], consent: ConsentRow, **more: Any
    ) -> bool:
        """A change that a consent to autopay allows at once, the consent in the place of the one before.

        False: somebody else was first."""
        journal = self.autopay.written(who, autopay, _TEXTS[AUTOPAY][2], [autopay.consent])
        return self.store.commit(autopay, self.now(), more=_with(consent, journal), changes=changes, **more)


def _with(consent: ConsentRow, journal: More) -> More:
    def add(tx: Transaction) -> None:
        tx.put("new consent", consent)
        journal(tx)

    return add


def _same(autopay: AutopayRow, asked: Asked) -> None:
    """:raises Conflict: it is for something else, or with another limit."""
    if autopay.pending_purpose != asked.purpose or asked.cap not in {None, autopay.pending_cap_kopecks}:
        raise Conflict
