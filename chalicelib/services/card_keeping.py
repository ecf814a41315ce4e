"""A card that is kept without autopay, with an ordinary top-up.

Keeping a card lets nobody charge it: a charge needs the consent to autopay. So only that one wants the password again.
"""

from dataclasses import dataclass
from typing import Any

from chalicelib.errors import InvalidRequest, Rejected
from chalicelib.services import autopay_words as words
from chalicelib.services.autopay import Autopay, Caller
from chalicelib.services.card_consents import Asked, CardConsents
from chalicelib.services.topups import Ordered, Wish
from chalicelib.store.autopays import CARD, AutopayRow


@dataclass(frozen=True)
class CardKeeping:
    autopay: Autopay
    consents: CardConsents

    def is_offered(self, account: str) -> bool:
        """Not while autopay has a card, or waits for one: that one is changed on the autopay screen."""
        autopay = self.autopay.store.get(account)
        return autopay is None or _is_free(autopay)

    def order(self, who: Caller, wish: Wish, terms_version: str | None) -> Ordered:
        """Agree that the card is kept, and order the payment that saves it; the same wish again is harmless.

        ``terms_version``: of the text that was on screen; None where nothing is known of a screen.
        :raises NotFound: not the caller's account. :raises InvalidRequest: the sum, or a gateway that saves no cards.
        :raises Rejected: ``terms_changed``; ``card_by_autopay``. :raises Conflict: the id stands for another payment,
        or its consent has ended. :raises TooManyAttempts: enough for today.
        :raises UpstreamUnavailable: repeat with the same id.
        """
        self.autopay.owned(who, wish.account)
        if not self.autopay.topups.checked(wish).can_save_card:
            raise InvalidRequest({"save_card": "cannot_save_card"})

        def decide(autopay: AutopayRow) -> dict[str, Any]:
            if terms_version not in {None, words.CARD_TERMS_VERSION}:
                raise Rejected("terms_changed")
            if not _is_free(autopay):
                raise Rejected("card_by_autopay", fix="change_card")
            return {"pending_cap_kopecks": None}

        return self.consents.order(Asked(who, wish, CARD, decide, shown=terms_version is not None))


def _is_free(autopay: AutopayRow) -> bool:
    return autopay.status in {"off", "stopped"}
