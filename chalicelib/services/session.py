"""Sessions: who is signed in, from where, and for how long."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.errors import Forbidden, NotAuthenticated, NotFound, OutcomeUnknown, UpstreamError, UpstreamUnavailable
from chalicelib.services.identity import Client as Client, Identity as Identity, Overview, SessionItem, identity_of
from chalicelib.services.sign_in import SignIns, entry_of, overview_of
from chalicelib.store.sessions import DEVICE_LASTS, SessionRow, fingerprint, pointed_session
from chalicelib.store.subscribers import JournalRow, Profile
from chalicelib.store.transaction import ConditionFailed

log = logging.getLogger(__name__)

_COOKIE = re.compile(r"([A-Za-z0-9_-]{1,64})\.([0-9a-f]{32,128})", re.ASCII)
#: How often ending sessions that a sign-in overtook is tried again.
TRIES = 10


@dataclass(frozen=True)
class Sessions(SignIns):
    """Everything about signed-in subscribers."""

    @property
    def cookie_name(self) -> str:
        return "__Host-session" if self.settings.secure else "session"

    @property
    def device_cookie_name(self) -> str:
        return "__Host-device" if self.settings.secure else "device"

    @property
    def device_lasts(self) -> timedelta:
        return DEVICE_LASTS

    def identify(self, cookie: str | None) -> Identity | None:
        """The live session behind a cookie: one consistent read, and at times a write that may fail.

        :raises UpstreamUnavailable: the store did not answer.
        """
        parts = _COOKIE.fullmatch(cookie or "")
        if parts is None:
            return None
        row = self.store.get(parts[1], fingerprint(parts[2]))
        now = self.now()
        if row is None or not row.is_live(now, self.idle, self.lasts):
            return None
        if now - row.last_seen_at >= timedelta(minutes=self.settings.session_seen_minutes):
            self.store.touch(row, now)
        return identity_of(row)

    def overview(self, identity: Identity) -> Overview:
        return overview_of(self._profile(identity), self.billing)

    def stepped_up(self, identity: Identity) -> bool:
        """Whether this very session was confirmed with the password a short while ago."""
        return identity.step_up_until is not None and self.now() < identity.step_up_until

    def step_up(self, identity: Identity, password: str, client: Client) -> None:
        """Confirm a session with the password. Repeatable.

        :raises Forbidden: a wrong password. :raises NotAuthenticated: the session has ended.
        :raises TooManyAttempts: not looked at.
        """
        now = self.now()
        profile = self._profile(identity)
        guess = self.guesses.step_up(identity.subscriber_id)
        self.guesses.reserve(guess, now)
        if not self.passwords.matches(password, profile.password_hash):
            with _repeatable():
                self.store.note(self._entry(identity, "step_up_failed", client))
            raise Forbidden("wrong_password")
        self.guesses.succeeded(guess)
        until = now + timedelta(minutes=self.settings.step_up_minutes)
        entry = self._entry(identity, "step_up", client)
        with _repeatable():
            try:
                self.store.step_up(profile, identity.session_id, until, entry)
            except ConditionFailed:
                raise NotAuthenticated from None

    def log_out(self, identity: Identity, client: Client) -> None:
        """End this session on the server. Repeatable."""
        row = pointed_session(identity.subscriber_id, identity.session_id)
        with _repeatable():
            self.store.close(row, self._entry(identity, "signed_out", client))

    def sessions(self, identity: Identity) -> tuple[SessionItem, ...]:
        """The live sessions of the subscriber, the one in use first, then as they were last seen."""
        now = self.now()
        rows = [row for row in self.store.list(identity.subscriber_id) if row.is_live(now, self.idle, self.lasts)]
        rows.sort(key=lambda row: (row.session_id == identity.session_id, row.last_seen_at), reverse=True)
        return tuple(_item(row, identity.session_id) for row in rows)

    def end(self, identity: Identity, session_id: str, client: Client) -> None:
        """End one session of the same subscriber. :raises NotFound: absent, dead, or another subscriber's."""
        row = self.store.get(identity.subscriber_id, session_id)
        if row is None or not row.is_live(self.now(), self.idle, self.lasts):
            raise NotFound(session_id)
        with _repeatable():
            self.store.close(row, self._entry(identity, "session_ended", client))

    def end_others(self, identity: Identity, client: Client) -> None:
        """End every session but this one, also those that begin while this runs. Repeatable."""
        entry = self._entry(identity, "other_sessions_ended", client)
        for _ in range(TRIES):
            profile = self._profile(identity)
            rows = self.store.list(identity.subscriber_id)
            others = [row for row in rows if row.session_id != identity.session_id]
            with suppress(ConditionFailed), _repeatable():
                return self.store.close_all(profile, others, entry)
        raise UpstreamUnavailable("store: the subscriber keeps signing in")

    def remember_account(self, identity: Identity, account: str) -> None:
        """The account to show first next time. A convenience: nothing fails because it could not be kept."""
        if identity.last_account == account:
            return
        try:
            self.store.remember_account(identity.subscriber_id, identity.session_id, account)
        except (ConditionFailed, UpstreamError):
            log.warning("last account not written", exc_info=True)

    def _profile(self, identity: Identity) -> Profile:
        profile = self.subscribers.get(identity.subscriber_id)
        if profile is None:
            raise NotAuthenticated
        return profile

    def _entry(self, identity: Identity, event: str, client: Client) -> JournalRow:
        return entry_of(identity.subscriber_id, event, client, self.now(), self.token())


def _item(row: SessionRow, current: str) -> SessionItem:
    return SessionItem(
        id=row.session_id,
        device=row.device,
        started_at=row.started_at,
        last_seen_at=row.last_seen_at,
        current=row.session_id == current,
    )


@contextmanager
def _repeatable() -> Iterator[None]:
    """What may be repeated without harm is never "being checked": the caller simply tries again."""
    try:
        yield
    except OutcomeUnknown as error:
        raise UpstreamUnavailable(str(error)) from error
