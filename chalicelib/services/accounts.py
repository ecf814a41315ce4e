"""Personal accounts: which are the subscriber's, what they hold, what happened on them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from chalicelib.billing import (
    AccountSummary,
    AccountView,
    BillingSystem,
    ForecastItem,
    Operation,
    OperationsPage,
    OperationsQuery,
    Service,
)
from chalicelib.clock import Clock, local_date
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.services.autopay_screen import AutopaySummary
from chalicelib.services.receipts import Receipts

#: A range longer than this is a report, not a screen.
LONGEST_RANGE_DAYS = 3 * 366
EVENTS_DAYS = 60
LAST_OPERATIONS = 5


class AccountScreen(AccountView):
    """What the billing knows of an account, and what the portal adds."""

    autopay: AutopaySummary = AutopaySummary()


@dataclass(frozen=True)
class Accounts:
    billing: BillingSystem
    autopay: Callable[[str], AutopaySummary]
    receipts: Receipts
    zone: ZoneInfo
    now: Clock

    def today(self) -> date:
        return local_date(self.now(), self.zone)

    def list(self, subscriber_id: str) -> tuple[AccountSummary, ...]:
        return self.billing.accounts(subscriber_id)

    def owned(self, subscriber_id: str, account: str) -> None:
        """:raises NotFound: no such account, or another subscriber's: the two look alike."""
        if not self.billing.owns(subscriber_id, account):
            raise NotFound(account)

    def view(self, subscriber_id: str, account: str) -> AccountScreen:
        """:raises NotFound: as ``owned``."""
        return AccountScreen(**dict(self._view(subscriber_id, account)), autopay=self.autopay(account))

    def services(self, subscriber_id: str, account: str) -> tuple[Service, ...]:
        """:raises NotFound: as ``owned``."""
        return self._view(subscriber_id, account).services

    def _view(self, subscriber_id: str, account: str) -> AccountView:
        view = self.billing.account(account)
        if view.subscriber_id != subscriber_id:
            raise NotFound(account)
        return view

    def operations(self, subscriber_id: str, account: str, query: OperationsQuery) -> OperationsPage:
        """:raises NotFound: as ``owned``. :raises InvalidRequest: an impossible range or a foreign cursor."""
        if query.date_from > query.date_to:
            raise InvalidRequest({"from": "bad_range"})
        if (query.date_to - query.date_from).days > LONGEST_RANGE_DAYS:
            raise InvalidRequest({"from": "too_long"})
        self.owned(subscriber_id, account)
        page = self.billing.operations(account, query)
        return page.model_copy(update={"items": self.receipts.linked(page.items)})

    def last_operations(self, account: str) -> tuple[Operation, ...]:
        """The newest few of an account that is known to be the caller's, over the last year."""
        today = self.today()
        query = OperationsQuery(date_from=today - timedelta(days=366), date_to=today, limit=LAST_OPERATIONS)
        return self.receipts.linked(self.billing.operations(account, query).items)

    def events(
        self, account: str, days: int = EVENTS_DAYS, autopay: AutopaySummary | None = None
    ) -> tuple[ForecastItem, ...]:
        """With the next autopay among them; ``autopay`` if it has been read already."""
        coming = (autopay or self.autopay(account)).coming
        return self.billing.forecast(account, self.today() + timedelta(days=days), coming)
