"""Signing in: counting the guess, comparing the password, and starting the session in one transaction."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.billing import BillingSystem
from chalicelib.clock import Clock
from chalicelib.config import Settings
from chalicelib.errors import NotAuthenticated, OutcomeUnknown, UpstreamUnavailable
from chalicelib.services import devices
from chalicelib.services.identity import Client, Identity, Named, Overview, SignedIn, identity_of
from chalicelib.services.passwords import Passwords
from chalicelib.store.guesses import Guess, Guesses
from chalicelib.store.sessions import SessionRow, SessionStore, SignIn, new_session, pointed_session, used_device
from chalicelib.store.subscribers import (
    NOBODY,
    JournalRow,
    Profile,
    SubscriberStore,
    canonical,
    journal_row,
    normalized,
)
from chalicelib.store.transaction import ConditionFailed

_DEVICE_TOKEN = re.compile(r"[0-9a-f]{32,128}", re.ASCII)
#: How often a sign-in that another sign-in of the same subscriber overtook is tried again.
TRIES = 10


@dataclass(frozen=True)
class SignIns:
    """Starts sessions; ``Sessions`` adds everything that is done with one.

    ``token`` makes an unguessable word of at least 128 bits in lower-case hex.
    """

    settings: Settings
    billing: BillingSystem
    passwords: Passwords
    guesses: Guesses
    now: Clock
    token: Callable[[], str]
    store: SessionStore = SessionStore()
    subscribers: SubscriberStore = SubscriberStore()

    def log_in(
        self,
        login: str,
        password: str,
        client: Client,
        device_token: str | None = None,
        replaced: Identity | None = None,
    ) -> SignedIn:
        """Start a session under a new id; the ``replaced`` one, presented with the login, ends.

        An unknown login costs the same store calls and one hash, and answers the same. Repeating after a
        lost answer makes one more session, whose token nobody holds.

        :raises NotAuthenticated: unknown login or wrong password. :raises TooManyAttempts: not looked at.
        :raises UpstreamUnavailable: nobody was told a token; try again.
        """
        now = self.now()
        profile = self.subscribers.find(login)
        known = self._known_device(profile, device_token, now)
        guess = self._guess(login, profile, client, known)
        self.guesses.reserve(guess, now)
        if not self.passwords.matches(password, profile.password_hash if profile else None) or profile is None:
            raise NotAuthenticated
        self.guesses.succeeded(guess)
        overview = overview_of(profile, self.billing)
        device = known or self.token()
        cookie, row = self._open(profile, password, client, device, replaced, now)
        return SignedIn(cookie, device, identity_of(row), overview)

    def _known_device(self, profile: Profile | None, token: str | None, now: datetime) -> str | None:
        """The token if this subscriber has signed in with it before; the store is asked for unknown logins too."""
        if token is None or _DEVICE_TOKEN.fullmatch(token) is None:
            return None
        owner = profile.subscriber_id if profile else NOBODY
        return token if self.store.known_device(owner, token, now) else None

    def _guess(self, login: str, profile: Profile | None, client: Client, device: str | None) -> Guess:
        if profile is not None and device is not None:
            return self.guesses.from_device(profile.subscriber_id, device)
        account = normalized(profile.login) if profile else canonical(login)
        return self.guesses.sign_in(canonical(login), account, client.address)

    def _open(
        self, profile: Profile, password: str, client: Client, device: str, replaced: Identity | None, now: datetime
    ) -> tuple[str, SessionRow]:
        """Write the session; whoever overtook us is told apart from our own earlier try by the session itself."""
        token = self.token()
        entry = entry_of(profile.subscriber_id, "signed_in", client, now, self.token())
        new_hash = self._new_hash(profile, password)
        for _ in range(TRIES):
            row = new_session(profile, token, now, self.lasts, devices.label(client.user_agent))
            ended = self._make_room(profile.subscriber_id, replaced, now)
            used = used_device(profile.subscriber_id, device, now)
            try:
                self.store.open(profile, SignIn(row, used, entry, ended, new_hash))
            except (ConditionFailed, OutcomeUnknown) as error:
                if self.store.get(profile.subscriber_id, row.session_id) is None:
                    if isinstance(error, OutcomeUnknown):
                        raise UpstreamUnavailable(str(error)) from error
                    profile = self._same_password(profile)
                    continue
            return f"{profile.subscriber_id}.{token}", row
        raise UpstreamUnavailable("store: the subscriber keeps signing in")

    def _same_password(self, verified: Profile) -> Profile:
        """The profile of now. :raises NotAuthenticated: the password that was verified is not the one any more."""
        found = self.subscribers.get(verified.subscriber_id)
        if found is None or found.password_version != verified.password_version:
            raise NotAuthenticated
        return found

    def _make_room(self, subscriber_id: str, replaced: Identity | None, now: datetime) -> list[SessionRow]:
        """The rows that a new session removes: dead ones, the replaced one, and the oldest beyond the limit."""
        rows = sorted(self.store.list(subscriber_id), key=lambda row: row.started_at)
        gone = replaced.session_id if replaced else None
        kept = [row for row in rows if row.is_live(now, self.idle, self.lasts) and row.session_id != gone]
        kept = kept[max(0, len(kept) + 1 - self.settings.sessions_per_subscriber) :]
        ended = [row for row in rows if row not in kept]
        if replaced and replaced.subscriber_id != subscriber_id:
            ended.append(pointed_session(replaced.subscriber_id, replaced.session_id))
        return ended

    def _new_hash(self, profile: Profile, password: str) -> str | None:
        """The password hashed at today's cost, if it was stored at another."""
        if profile.password_hash and self.passwords.outdated(profile.password_hash):
            return self.passwords.hash(password)
        return None

    @property
    def idle(self) -> timedelta:
        return timedelta(days=self.settings.session_idle_days)

    @property
    def lasts(self) -> timedelta:
        return timedelta(days=self.settings.session_absolute_days)


def overview_of(profile: Profile, billing: BillingSystem) -> Overview:
    return Overview(
        subscriber=Named(id=profile.subscriber_id, login=profile.login, name=profile.name),
        accounts=billing.accounts(profile.subscriber_id),
        must_change_password=profile.must_change_password,
    )


def entry_of(subscriber_id: str, event: str, client: Client, now: datetime, entry_id: str) -> JournalRow:
    """What the journal says of an event: when, from which address, on which device."""
    return journal_row(subscriber_id, now, entry_id, event, client.address, devices.label(client.user_agent))
