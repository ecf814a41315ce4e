"""The opening of a billing period: what it would charge (pure), and the posting of it.

All recurring services except TV are charged in one entry with a leg per service, so an account is
never half opened. TV packages have months of their own.
"""

from dataclasses import dataclass
from datetime import date

from chalicelib.billing import AccountState, BillingPeriod, OperationKind, ServiceKind, ServicePeriod
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.ledger import Ledger, Posted
from chalicelib.billing.embedded.periods import period_of
from chalicelib.money import Kopecks, by_days

#: States in which a period can be opened; any other state stops the fees.
_OPENABLE = {AccountState.ACTIVE, AccountState.FINANCIAL_BLOCK}


@dataclass(frozen=True)
class Recurring:
    """A service that the openings charge; ``fee_kopecks`` is for a whole period."""

    service: str
    kind: ServiceKind
    title: str
    fee_kopecks: Kopecks


@dataclass(frozen=True)
class Standing:
    """Where an account stands: all that the planner and the forecast need to know.

    ``opened_until`` is the first day that no opening has paid for; ``promise_kopecks`` is the limit of an
    active promised payment, 0 without one.
    """

    account: str
    state: AccountState
    balance_kopecks: Kopecks
    promise_kopecks: Kopecks
    anchor_day: int
    opened_until: date | None
    recurring: tuple[Recurring, ...]

    @property
    def openable(self) -> bool:
        return self.state in _OPENABLE

    @property
    def available_kopecks(self) -> Kopecks:
        return Kopecks(self.balance_kopecks + self.promise_kopecks)


@dataclass(frozen=True)
class Fee:
    """What an opening takes for one service: a positive sum and where it comes from."""

    service: Recurring
    amount_kopecks: Kopecks
    rule: str
    formula: str


@dataclass(frozen=True)
class Opening:
    """The charge for the days from ``start`` to the end of ``period``."""

    account: str
    start: date
    period: BillingPeriod
    fees: tuple[Fee, ...]

    @property
    def total_kopecks(self) -> Kopecks:
        return Kopecks(sum(fee.amount_kopecks for fee in self.fees))

    @property
    def external_id(self) -> str:
        """Of the period, not of the day: a period is opened once, on whichever day it happens."""
        return f"opening:{self.account}:{self.period.start.isoformat()}"

    def entry(self) -> NewEntry:
        """:raises ValueError: nothing to charge."""
        span = ServicePeriod(start=self.start, end=self.period.end)
        legs = tuple(
            Leg(
                kind=OperationKind.CHARGE,
                amount_kopecks=Kopecks(-fee.amount_kopecks),
                title=fee.service.title,
                contra=f"revenue:{fee.service.kind}",
                service=fee.service.service,
                period=span,
                rule=fee.rule,
                formula=fee.formula,
            )
            for fee in self.fees
        )
        return NewEntry(self.account, self.external_id, legs, opened_until=self.period.next_start)


def plan(standing: Standing, on: date) -> Opening | None:
    """The opening that a day asks for: whole on the anchor day, by days after it.

    None if the day is paid for already or the account's state stops the fees. Whether the money is enough
    is not asked here. A fee that rounds to nothing has no leg.
    """
    if not standing.openable or (standing.opened_until is not None and on < standing.opened_until):
        return None
    period = period_of(on, standing.anchor_day)
    left, total = (period.next_start - on).days, (period.next_start - period.start).days
    fees = tuple(_fee(service, left, total) for service in standing.recurring)
    return Opening(standing.account, on, period, tuple(fee for fee in fees if fee.amount_kopecks))


def first_day(standing: Standing, today: date) -> date:
    """The day from which the next opening charges: where the last one ended, however late we are.

    A blocked account owes nothing for the days of the block, so its next opening starts today at the earliest.
    """
    if standing.opened_until is None:
        return today
    if standing.state is AccountState.FINANCIAL_BLOCK:
        return max(today, standing.opened_until)
    return standing.opened_until


def _fee(service: Recurring, left: int, total: int) -> Fee:
    """The formula is in kopecks and days: ``65000 * 12 / 30``."""
    rule = "opening" if left == total else "opening_by_days"
    formula = f"{service.fee_kopecks} * {left} / {total}"
    return Fee(service, by_days(service.fee_kopecks, left, total), rule, formula)


@dataclass(frozen=True)
class Openings:
    ledger: Ledger

    def post(self, opening: Opening, promise_kopecks: Kopecks) -> Posted:
        """Charge an opening once, if balance and promise cover it. Errors and store calls as ``Ledger.post``.

        NOT_ENOUGH_MONEY: nothing was charged. CONFLICT: this period was opened with another sum.
        """
        return self.ledger.post(opening.entry(), floor_kopecks=Kopecks(-promise_kopecks))
