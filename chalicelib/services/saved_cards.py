"""What is known of a saved card: asking its company when it expires, and telling its owner in time.

Nothing here stands in the way of a charge or of the card's taking over: a question is a read, and a company that does
not answer is asked again later, then no more.
"""

import logging
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.billing import Runway
from chalicelib.clock import Clock
from chalicelib.config import Settings
from chalicelib.errors import NotYourTurn, UpstreamError
from chalicelib.providers.gateways import CardFacts, PaymentGateway
from chalicelib.services.autopay_notices import Notices
from chalicelib.services.autopay_plan import Plan
from chalicelib.store.autopays import AutopayRow, AutopayStore

log = logging.getLogger(__name__)

#: A company that did not answer, or does not know the card yet, is asked again after this, and so long.
AGAIN, GIVEN_UP = timedelta(hours=3), timedelta(days=3)


@dataclass(frozen=True)
class SavedCards:
    store: AutopayStore
    gateways: Mapping[str, PaymentGateway]
    notices: Notices
    now: Clock
    settings: Settings

    def first_question(self, gateway: str) -> datetime | None:
        """When to ask about a card that has just been saved; None: its company tells nothing of cards."""
        found = self.gateways.get(gateway)
        return self.now() if found is not None and found.tells_card else None

    def is_due(self, autopay: AutopayRow) -> bool:
        return autopay.ask_card_at is not None and autopay.ask_card_at <= self.now()

    def ask(self, autopay: AutopayRow) -> None:
        """Agenda: find out when the card expires; whatever else is due is looked at right after. Repeatable."""
        facts, again = self._asked(autopay)
        learnt = {"expires": facts.expires, "mask": autopay.mask or facts.mask, "ask_card_at": again}
        # nothing is written if the card has been replaced or forgotten meanwhile: the commit knows the revision
        self.store.commit(autopay, self.now(), changes=learnt)

    def _asked(self, autopay: AutopayRow) -> tuple[CardFacts, datetime | None]:
        """What the company says, and when to ask again."""
        now = self.now()
        again: datetime | None = now + AGAIN if now - (autopay.saved_at or now) < GIVEN_UP else None
        facts = CardFacts()
        try:
            facts = self.gateways[autopay.gateway or ""].saved_card(autopay.parent_invoice or 0)
        except NotYourTurn as wait:
            again = wait.available_from if again else None
        except (UpstreamError, KeyError) as error:
            # a gateway that was switched off is as silent as one whose line is down
            log.warning("card not asked about", extra={"account": autopay.account, "error": type(error).__name__})
        return facts, None if facts.expires else again

    def is_untold(self, autopay: AutopayRow, runway: Runway) -> bool:
        return not autopay.expiry_told and is_ending(autopay, runway, self.settings)

    def tell(self, autopay: AutopayRow, runway: Runway) -> bool:
        """Agenda, from the day of an announcement on: say once that the card is at its end; True if it was said now."""
        if not self.is_untold(autopay, runway):
            return False
        said = self.notices.card_expires(autopay, str(autopay.expires))
        return self.store.commit(autopay, self.now(), messages=said, changes={"expiry_told": True})


def is_ending(autopay: AutopayRow, runway: Runway, settings: Settings) -> bool:
    """The coming charge may be the card's last, or it is over: it is not good on the day of the charge after that."""
    if autopay.expires is None:
        return False
    following = Plan(runway.period_end + timedelta(days=1), settings.zone)
    return last_day(autopay.expires) < following.tries[0].date()


def last_day(month: str) -> date:
    """To the end of this day, in the provider's zone, a card of this month (``YYYY-MM``) is good."""
    first = date.fromisoformat(f"{month}-01")
    return first.replace(day=monthrange(first.year, first.month)[1])
