"""A card that is saved without autopay: its consent, its first payment, and autopay that is turned on by it later.

Keeping a card lets nobody charge it: a charge needs the consent to autopay. So only that one wants the password again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.clock import Clock
from chalicelib.errors import InvalidRequest, OutcomeUnknown, Rejected, UpstreamUnavailable
from chalicelib.money import Kopecks
from chalicelib.services import autopay_words as words
from chalicelib.services.autopay import PAYABLE, TRIES, Autopay, Caller, pending_row, same_wish
from chalicelib.services.autopay_outcomes import soonest
from chalicelib.services.topups import Ordered, Wish
from chalicelib.store.autopays import AUTOPAY, CARD, AutopayRow, AutopayStore, ConsentRow, consent_row
from chalicelib.store.transaction import Transaction

#: Of each purpose: the version of its text, and what makes the text's hash.
_TEXTS = {
    AUTOPAY: (words.TERMS_VERSION, words.terms_hash),
    CARD: (words.CARD_TERMS_VERSION, words.card_terms_hash),
}


@dataclass(frozen=True)
class CardKeeping:
    store: AutopayStore
    autopay: Autopay
    now: Clock
    token: Callable[[], str]

    def is_offered(self, account: str) -> bool:
        """Not while autopay has a card, or waits for one: that one is changed on the autopay screen."""
        autopay = self.store.get(account)
        return autopay is None or autopay.status in {"off", "stopped"}

    def order(self, who: Caller, wish: Wish, terms_version: str | None) -> Ordered:
        """Agree that the card is kept, and order the payment that saves it; the same wish again is harmless.

        ``terms_version``: of the text that was on screen; None where nothing is known of a screen.
        :raises NotFound: not the caller's account. :raises InvalidRequest: the sum, or a gateway that saves no cards.
        :raises Rejected: ``terms_changed``; ``card_by_autopay``. :raises Conflict: the id stands for another payment.
        :raises UpstreamUnavailable: repeat with the same id.
        """
        topups = self.autopay.topups
        self.autopay.owned(who, wish.account)
        if not topups.checked(wish).can_save_card:
            raise InvalidRequest({"save_card": "cannot_save_card"})
        try:
            known = topups.known(who.subscriber_id, wish)
            if known is None and terms_version not in {None, words.CARD_TERMS_VERSION}:
                raise Rejected("terms_changed")
            if known is None:
                # before the consent: what is refused changes nothing
                topups.spend(who.subscriber_id)
            if known is None or known.status in PAYABLE:
                self._agree(who, wish, terms_version is not None)
            return topups.order(who.subscriber_id, wish, spent=True)
        except OutcomeUnknown as lost:
            raise UpstreamUnavailable("saving a card") from lost

    def connect(self, who: Caller, account: str, terms_version: str, cap: Kopecks | None) -> bool:
        """Turn autopay on by the card that is kept; True if it is on now, False if it was already.

        :raises NotFound, InvalidRequest: :raises Rejected: ``no_saved_card``; ``terms_changed``; ``already_connected``
        with another cap; ``already_charging`` after a withdrawal that has a charge in flight.
        """
        self.autopay.owned(who, account)
        self.autopay.checked_cap(cap)
        for _ in range(TRIES):
            autopay = self.store.get(account)
            if autopay is None or not self._can_charge(autopay):
                raise Rejected("no_saved_card")
            if autopay.status == "active":
                if cap not in {None, autopay.cap_kopecks}:
                    raise Rejected("already_connected")
                return False
            if autopay.period is not None:
                raise Rejected("already_charging")
            if terms_version != words.TERMS_VERSION:
                raise Rejected("terms_changed")
            if self._turned_on(who, autopay, cap or self.autopay.cap_without_a_wish(autopay)):
                return True
        raise UpstreamUnavailable(f"autopay of {account} keeps changing")

    def _can_charge(self, autopay: AutopayRow) -> bool:
        gateway = self.autopay.topups.gateways.get(autopay.gateway or "")
        return autopay.parent_invoice is not None and gateway is not None and gateway.can_save_card

    def _turned_on(self, who: Caller, autopay: AutopayRow, cap: Kopecks) -> bool:
        consent = self._consent(who, autopay.account, AUTOPAY, True)
        journal = self.autopay.written(who, autopay, "autopay_agreed", [autopay.consent])
        # another one may be on its way, agreed to for autopay or only to be kept: it takes its turn when it is paid
        on = {"status": "active", "consent": consent.id, "cap_kopecks": cap, "stop_code": None, "failed_periods": 0}
        said = self.autopay.days.charges.notices.connected(autopay, cap)

        def agreed(tx: Transaction) -> None:
            tx.put("new consent", consent)
            journal(tx)

        return self.store.commit(autopay, self.now(), messages=said, more=agreed, changes=on)

    def _agree(self, who: Caller, wish: Wish, shown: bool) -> None:
        """The consent before the order: a payment that saves a card without one must not be."""
        for _ in range(TRIES):
            autopay = self.store.get(wish.account) or AutopayRow(wish.account, subscriber_id=who.subscriber_id)
            if autopay.pending_topup == wish.id:
                return same_wish(autopay, CARD, None)
            if autopay.status not in {"off", "stopped"}:
                raise Rejected("card_by_autopay", fix="change_card")
            now, consent = self.now(), self._consent(who, wish.account, CARD, shown)
            pending = {"pending_topup": wish.id, "pending_since": now, "pending_purpose": CARD}
            pending |= {"pending_consent": consent.id, "pending_cap_kopecks": None, "language": wish.language}
            journal = self.autopay.written(who, autopay, "card_agreed", [autopay.pending_consent])

            def agreed(tx: Transaction, consent: ConsentRow = consent, journal: object = journal) -> None:
                tx.put("new consent", consent)
                journal(tx)  # type: ignore[operator]

            due = soonest(AutopayRow(**pending_row(autopay, pending)), None, now)
            if self.store.commit(autopay, due, more=agreed, changes=pending):
                return None
        raise UpstreamUnavailable(f"autopay of {wish.account} keeps changing")

    def _consent(self, who: Caller, account: str, purpose: str, shown: bool) -> ConsentRow:
        """What was agreed to, when, how and from where; no text where none is known to have been shown."""
        language = who.client.language
        version, hash_of = _TEXTS[purpose]
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
