"""Wrong passwords, counted: each guess takes its place in the counters before the password is looked at.

A place is taken by one conditional write, so guesses made at once cannot together exceed a budget, and a
process that dies in between has spent its guess. A repeated request whose answer was lost may count a
guess twice; that errs on the side of refusing. Expiry is compared on read; ``ttl`` only lets the store sweep.
"""

import hashlib
import ipaddress
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PynamoDBException

from chalicelib.config import Settings
from chalicelib.errors import TooManyAttempts, UpstreamUnavailable
from chalicelib.store.tables import TABLE_PREFIX, Connected, InstantAttribute, Row, code_of, fetch
from chalicelib.store.transaction import ConditionFailed

log = logging.getLogger(__name__)

#: How long failures on an account stay counted; until then only a known device gets in once they are too many.
ACCOUNT_LASTS = timedelta(days=30)
#: A known device has few guesses of its own, so that a stolen one does not help much.
DEVICE_LIMIT, DEVICE_LASTS = 20, timedelta(days=1)
#: How often a writer that was overtaken tries again; each loss means that somebody else's guess was counted.
TRIES = 50


class GuessRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "guesses"

    scope = UnicodeAttribute(hash_key=True)
    failures = NumberAttribute()
    #: no guess before this; absent where only the number counts
    available_from = InstantAttribute(null=True)
    expires_at = InstantAttribute()
    ttl = NumberAttribute()


@dataclass(frozen=True)
class Budget:
    """So many failures in so long a window, which begins with the first of them."""

    scope: str
    limit: int
    lasts: timedelta


@dataclass(frozen=True)
class Guess:
    """What one guess is counted under. ``slowed`` grows its delay; ``shared`` are given back on success."""

    slowed: Budget
    shared: Sequence[Budget] = ()
    account: Budget | None = None

    @property
    def budgets(self) -> Sequence[Budget]:
        """The address first: a caller who has used his own up cannot use up everybody's."""
        return (*self.shared, *([self.account] if self.account else []))


@dataclass(frozen=True)
class Guesses:
    settings: Settings

    def sign_in(self, login: str, account: str, address: str) -> Guess:
        """A guess from a device that nobody knows. ``account`` is the login itself where there is no account,
        so that the counters cannot tell which logins exist; it caps the guesses made by all its names."""
        window = timedelta(minutes=self.settings.guess_window_minutes)
        limit = self.settings.guess_limit
        return Guess(
            Budget(f"login#{_digest(login)}", limit, ACCOUNT_LASTS),
            (
                Budget(f"address#{_network(address)}", self.settings.guess_per_address, window),
                Budget("overall", self.settings.guess_overall, window),
            ),
            Budget(f"account#{_digest(account)}", limit, ACCOUNT_LASTS),
        )

    def from_device(self, subscriber_id: str, device_token: str) -> Guess:
        """A guess from a known device, which others' guesses cannot lock out."""
        return Guess(Budget(f"device#{_digest(subscriber_id + device_token)}", DEVICE_LIMIT, DEVICE_LASTS))

    def step_up(self, subscriber_id: str) -> Guess:
        """A guess made inside a session: only somebody who has signed in can spend this budget."""
        return Guess(Budget(f"step_up#{_digest(subscriber_id)}", self.settings.guess_limit, ACCOUNT_LASTS))

    def reserve(self, guess: Guess, now: datetime) -> None:
        """Count a guess that is about to be made, as if it had failed already.

        :raises TooManyAttempts: it may not be made, and nothing is counted.
        :raises UpstreamUnavailable: the store did not count it.
        """
        taken: list[Budget] = []
        for budget in guess.budgets:
            refused_until = _count(budget, now)
            if refused_until is not None:
                self._refuse(taken, refused_until)
            taken.append(budget)
        refused_until = _slow_down(guess.slowed, now, self._delay)
        if refused_until is not None:
            self._refuse(taken, refused_until)

    def succeeded(self, guess: Guess) -> None:
        """The password was right: the account starts afresh, the shared budgets get this guess back.

        A failure to write is only logged: a counter that stays too high is not worth a refused sign-in.
        """
        _give_back(guess.shared)
        for budget in (guess.slowed, guess.account):
            if budget is not None:
                _forget(budget)

    def _refuse(self, taken: Sequence[Budget], available_from: datetime) -> None:
        _give_back(taken)
        raise TooManyAttempts(available_from)

    def _delay(self, failures: int) -> timedelta:
        """Nothing for the first few, then doubling up to a longest one."""
        beyond = failures - self.settings.guess_free
        if beyond < 0:
            return timedelta(0)
        seconds = self.settings.guess_delay_seconds * 2 ** min(beyond, 20)
        return timedelta(seconds=min(seconds, self.settings.guess_delay_max_seconds))


def _count(budget: Budget, now: datetime) -> datetime | None:
    """Take a place in a window; the window's end if it is full. One write while the window is open."""
    for _ in range(TRIES):
        try:
            with _counting():
                room = (GuessRow.failures < budget.limit) & (GuessRow.expires_at > now)
                GuessRow(budget.scope).update([GuessRow.failures.add(1)], condition=room)
            return None
        except ConditionFailed:
            row = fetch(GuessRow, budget.scope)
        if row is not None and row.expires_at > now:
            if row.failures >= budget.limit:
                return row.expires_at
            continue
        try:
            with _counting():
                stale = GuessRow.scope.does_not_exist() | (GuessRow.expires_at <= now)
                _row(budget, 1, now, None).save(condition=stale)
            return None
        except ConditionFailed:
            continue
    raise UpstreamUnavailable("store: a counter of guesses is too busy")


def _slow_down(budget: Budget, now: datetime, delay: Callable[[int], timedelta]) -> datetime | None:
    """Take a place among an account's or a device's failures; when the next guess may be made if it may not be now.

    The delay depends on the number, so the row is replaced only as it was read.
    """
    for _ in range(TRIES):
        row = fetch(GuessRow, budget.scope)
        live = row if row is not None and row.expires_at > now else None
        if live is not None and live.failures >= budget.limit:
            return live.expires_at
        if live is not None and live.available_from and live.available_from > now:
            return live.available_from
        failures = int(live.failures) + 1 if live else 1
        unchanged = GuessRow.scope.does_not_exist()
        if row is not None:
            unchanged = (GuessRow.failures == row.failures) & (GuessRow.expires_at == row.expires_at)
        try:
            with _counting():
                _row(budget, failures, now, now + delay(failures)).save(condition=unchanged)
            return None
        except ConditionFailed:
            continue
    raise UpstreamUnavailable("store: a counter of guesses is too busy")


def _row(budget: Budget, failures: int, now: datetime, available_from: datetime | None) -> GuessRow:
    ends = now + budget.lasts
    return GuessRow(
        budget.scope, failures=failures, available_from=available_from, expires_at=ends, ttl=int(ends.timestamp())
    )


def _give_back(budgets: Sequence[Budget]) -> None:
    for budget in budgets:
        with _best_effort():
            GuessRow(budget.scope).update([GuessRow.failures.add(-1)], condition=GuessRow.failures > 0)


def _forget(budget: Budget) -> None:
    with _best_effort():
        GuessRow(budget.scope).delete()


@contextmanager
def _counting() -> Iterator[None]:
    """Nobody but us sees a counter, so a write whose outcome is unknown may simply be tried again by the caller."""
    try:
        yield
    except PynamoDBException as error:
        if code_of(error) == "ConditionalCheckFailedException":
            raise ConditionFailed(frozenset({"guess"})) from error
        raise UpstreamUnavailable(f"store: {code_of(error)}") from error


@contextmanager
def _best_effort() -> Iterator[None]:
    try:
        yield
    except PynamoDBException as error:
        if code_of(error) != "ConditionalCheckFailedException":
            log.warning("a counter of guesses stays too high", extra={"code": code_of(error)})


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _network(address: str) -> str:
    """What one caller can have many of counts as one: an IPv6 subscriber holds a /64."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return _digest(address)
    if known.version == 6:
        return str(known.ipv4_mapped or ipaddress.ip_network((int(known), 64), strict=False).network_address)
    return str(known)
