"""Where an account stands: all that the planners, the forecast and the offers need to know. Pure values.

What is written here moves as one: the store keeps it in the account's head, and every change of it is
conditional on the revision that was read. So two changes can never be decided from the same standing.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from chalicelib.billing import AccountState, OperationKind, ServiceKind, Tariff
from chalicelib.billing.embedded.entries import NewEntry
from chalicelib.models import Value
from chalicelib.money import Kopecks


class Planned(Value):
    """A tariff that takes over at the opening of ``on``."""

    tariff: Tariff
    on: date


class Pause(Value):
    """A voluntary suspension, both days inclusive; ``fee_days`` of it were charged when it started."""

    id: str
    start: date
    end: date
    started: bool = False
    reminded: bool = False
    fee_days: int = 0
    fee_per_day_kopecks: Kopecks = Kopecks(0)


class Line(Value):
    """A service of the account. ``unpaid_from`` is the first day that nothing has paid for yet.

    ``changed_in`` is the first day of the period in which its tariff was last changed. Days before ``free_until``
    cost nothing although nobody paid for them: a service that was connected begins with the next opening.
    """

    service: str
    kind: ServiceKind
    title: str
    tariff: Tariff
    unpaid_from: date
    sort: int = 0
    planned: Planned | None = None
    changed_in: date | None = None
    #: the day on which the subscriber changed it at once: a second click that day finds its own change
    changed_on: date | None = None
    free_until: date | None = None
    pause: Pause | None = None
    #: the network's password, sealed for this subscriber, account and service
    password: str | None = None

    @property
    def paused(self) -> bool:
        return self.pause is not None and self.pause.started

    @property
    def charged(self) -> bool:
        """Whether an opening charges it: TV has months of its own, a suspended service costs nothing."""
        return self.kind is not ServiceKind.TV and not self.paused


class Limit(Value):
    """An active promised payment: not money, but how far below zero an opening may go, to the end of ``last_day``.

    ``payments_before`` is the running total of payments when it was taken.
    """

    id: str
    amount_kopecks: Kopecks
    left_kopecks: Kopecks
    taken_on: date
    last_day: date
    payments_before: Kopecks


class EndedLimit(Value):
    """The last promised payment, for the rules about the next one. ``ended_on`` is the first day without it."""

    id: str
    amount_kopecks: Kopecks
    ended_on: date
    payments_before: Kopecks


class PastPause(Value):
    """Days that a service was suspended, both inclusive."""

    service: str
    start: date
    end: date


class Standing(Value):
    account: str
    subscriber_id: str
    anchor_day: int
    contract_on: date
    balance_kopecks: Kopecks = Kopecks(0)
    payments_kopecks: Kopecks = Kopecks(0)
    state: AccountState = AccountState.ACTIVE
    state_reason: str | None = None
    lines: tuple[Line, ...] = ()
    promise: Limit | None = None
    last_promise: EndedLimit | None = None
    pauses: tuple[PastPause, ...] = ()
    #: on this day nothing is blocked for want of money: a charge of the subscriber's card is under way
    held_on: date | None = None

    def line(self, service: str) -> Line | None:
        return next((line for line in self.lines if line.service == service), None)

    @property
    def charged(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.charged)

    @property
    def shown_state(self) -> AccountState:
        """Suspended is an active account whose internet is suspended; a block says more than a suspension."""
        internet = [line for line in self.lines if line.kind is ServiceKind.INTERNET]
        if self.state is AccountState.ACTIVE and internet and all(line.paused for line in internet):
            return AccountState.SUSPENDED
        return self.state

    def limit_on(self, day: date) -> Kopecks:
        """What a promise allows on a day; over on the day after its last, whether or not somebody has ended it."""
        alive = self.promise is not None and day <= self.promise.last_day
        return self.promise.left_kopecks if alive and self.promise else Kopecks(0)

    def available_on(self, day: date) -> Kopecks:
        return Kopecks(self.balance_kopecks + self.limit_on(day))

    def with_line(self, changed: Line) -> "Standing":
        lines = tuple(changed if line.service == changed.service else line for line in self.lines)
        return self.model_copy(update={"lines": lines})

    def with_lines(self, changed: Iterable[Line]) -> "Standing":
        standing = self
        for line in changed:
            standing = standing.with_line(line)
        return standing

    def after(self, entry: NewEntry | None) -> "Standing":
        """With an entry posted; None leaves it as it is."""
        if entry is None:
            return self
        paid = sum(leg.amount_kopecks for leg in entry.legs if leg.kind is OperationKind.PAYMENT)
        return self.model_copy(
            update={
                "balance_kopecks": Kopecks(self.balance_kopecks + entry.amount_kopecks),
                "payments_kopecks": Kopecks(self.payments_kopecks + paid),
            }
        )

    def without_promise(self, on: date) -> "Standing":
        """The promise over from a day on; nothing changes without one."""
        if self.promise is None:
            return self
        ended = EndedLimit(
            id=self.promise.id,
            amount_kopecks=self.promise.amount_kopecks,
            ended_on=on,
            payments_before=self.promise.payments_before,
        )
        return self.model_copy(update={"promise": None, "last_promise": ended})


#: What the head keeps; the rest stands in the account's row and in the ledger's own totals.
KEPT = {"state", "state_reason", "lines", "promise", "last_promise", "pauses", "held_on"}

#: Suspended days are counted per calendar year; what ended longer ago than this is no longer needed.
PAUSES_KEPT = timedelta(days=2 * 366)
