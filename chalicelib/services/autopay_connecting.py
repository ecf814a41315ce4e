"""How autopay is connected: by a first payment, which saves the card, or at once by a card that is kept."""

from dataclasses import dataclass
from typing import Any

from chalicelib.errors import InvalidRequest, Rejected, UpstreamUnavailable
from chalicelib.money import Kopecks
from chalicelib.services import autopay_words as words
from chalicelib.services.autopay import TRIES, Autopay, Caller
from chalicelib.services.card_consents import Asked, CardConsents
from chalicelib.services.topups import Ordered, Wish
from chalicelib.store.autopays import AUTOPAY, AutopayRow


@dataclass(frozen=True)
class AutopayConnecting:
    autopay: Autopay
    consents: CardConsents

    def by_payment(self, who: Caller, wish: Wish, terms_version: str, cap: Kopecks | None) -> Ordered:
        """Agree to the terms and order the first payment, which saves the card; the same wish again is harmless.

        While autopay is on, the new card takes the old one's place once its payment is paid.
        :raises NotFound: not the caller's account. :raises InvalidRequest: the sum, the gateway or the cap.
        :raises Rejected: ``terms_changed``; ``already_charging`` after a withdrawal that has a charge in flight.
        :raises Conflict: the id stands for another payment, or its consent has ended. :raises TooManyAttempts: enough
        for today. :raises UpstreamUnavailable: repeat with the same id.
        """
        self.autopay.owned(who, wish.account)
        if not self.autopay.topups.checked(wish).can_save_card:
            raise InvalidRequest({"topup.gateway": "cannot_save_card"})
        self.autopay.checked_cap(cap)

        def decide(autopay: AutopayRow) -> dict[str, Any]:
            _agreed_to(terms_version)
            if autopay.status in {"off", "pending"}:
                _nothing_in_flight(autopay)
            status = "active" if autopay.status == "active" else "pending"
            wanted = cap or self.autopay.cap_without_a_wish(autopay)
            return {"pending_cap_kopecks": wanted, "subscriber_id": who.subscriber_id, "status": status}

        return self.consents.order(Asked(who, wish, AUTOPAY, decide, cap))

    def by_card(self, who: Caller, account: str, terms_version: str, cap: Kopecks | None) -> bool:
        """Turn autopay on by the card that is kept; True if it is on now, False if it was already.

        :raises NotFound, InvalidRequest: :raises Rejected: ``no_saved_card``; ``terms_changed``; ``already_connected``
        with another cap; ``already_charging`` after a withdrawal that has a charge in flight.
        """
        self.autopay.owned(who, account)
        self.autopay.checked_cap(cap)
        for _ in range(TRIES):
            autopay = self.autopay.current(account)
            if autopay is None or not self._can_charge(autopay):
                raise Rejected("no_saved_card")
            if autopay.status == "active":
                if cap not in {None, autopay.cap_kopecks}:
                    raise Rejected("already_connected")
                return False
            _nothing_in_flight(autopay)
            _agreed_to(terms_version)
            if self._turned_on(who, autopay, cap or self.autopay.cap_without_a_wish(autopay)):
                return True
        raise UpstreamUnavailable(f"autopay of {account} keeps changing")

    def _can_charge(self, autopay: AutopayRow) -> bool:
        gateway = self.autopay.topups.gateways.get(autopay.gateway or "")
        return autopay.parent_invoice is not None and gateway is not None and gateway.can_save_card

    def _turned_on(self, who: Caller, autopay: AutopayRow, cap: Kopecks) -> bool:
        consent = self.consents.new(who, autopay.account, AUTOPAY)
        # another one may be on its way, agreed to for autopay or only to be kept: it takes its turn when it is paid
        on = {"status": "active", "consent": consent.id, "cap_kopecks": cap, "stop_code": None, "failed_periods": 0}
        said = self.autopay.days.charges.notices.connected(autopay, cap)
        return self.consents.commit(who, autopay, on, consent, messages=said)


def _agreed_to(version: str) -> None:
    if version != words.TERMS_VERSION:
        raise Rejected("terms_changed")


def _nothing_in_flight(autopay: AutopayRow) -> None:
    if autopay.period is not None:
        raise Rejected("already_charging")
