"""Personal accounts: which are the subscriber's, what they hold, what happened on them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from chalicelib.billing import (
    AccountSummary,
    AccountView,
    BillingSystem,
    ForecastItem,
    Operation,
    OperationsPage,
    OperationsQuery,
)
from chalicelib.clock import Clock, local_date
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.models import Value

#: A range longer than this is a report, not a screen.
LONGEST_RANGE_DAYS = 3 * 366
EVENTS_DAYS = 60
LAST_OPERATIONS = 5


class AutopaySummary(Value):
    """Autopay as the account shows it; in this release there is none to connect."""

    status: Literal["off"] = "off"
    next_on: None = None
    amount_kopecks: None = None


class AccountScreen(AccountView):
    """What the billing knows of an account, and what the portal adds."""

    autopay: AutopaySummary = AutopaySummary()


@dataclass(frozen=True)
class Accounts:
    billing: BillingSystem
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
        view = self.billing.account(account)
        if view.subscriber_id != subscriber_id:
            raise NotFound(account)
        return AccountScreen(**dict(view))

    def operations(self, subscriber_id: str, account: str, query: OperationsQuery) -> OperationsPage:
        """:raises NotFound: as ``owned``. :raises InvalidRequest: an impossible range or a foreign cursor."""
        if query.date_from > query.date_to:
            raise InvalidRequest({"from": "bad_range"})
        if (query.date_to - query.date_from).days > LONGEST_RANGE_DAYS:
            raise InvalidRequest({"from": "too_long"})
        self.owned(subscriber_id, account)
        return self.billing.operations(account, query)

    def last_operations(self, account: str) -> tuple[Operation, ...]:
        """The newest few of an account that is known to be the caller's, over the last year."""
        today = self.today()
        query = OperationsQuery(date_from=today - timedelta(days=366), date_to=today, limit=LAST_OPERATIONS)
        return self.billing.operations(account, query).items

    def events(self, account: str, days: int = EVENTS_DAYS) -> tuple[ForecastItem, ...]:
        return self.billing.forecast(account, self.today() + timedelta(days=days))
