"""Replacing the password of the portal by one's own hand, while signed in."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.clock import Clock
from chalicelib.config import Settings
from chalicelib.errors import Forbidden, NotAuthenticated, OutcomeUnknown, UpstreamUnavailable
from chalicelib.services.identity import Client, Identity
from chalicelib.services.passwords import Passwords
from chalicelib.services.sign_in import entry_of
from chalicelib.store import password_changes
from chalicelib.store.guesses import Guesses
from chalicelib.store.messages import MessageRow
from chalicelib.store.password_changes import PasswordChange
from chalicelib.store.sessions import SessionStore
from chalicelib.store.subscribers import JournalRow, Profile, SubscriberStore
from chalicelib.store.transaction import ConditionFailed

#: How often a change that a sign-in overtook is tried again.
TRIES = 10


@dataclass(frozen=True)
class PortalPassword:
    """``token`` makes an unguessable word, as for sessions."""

    settings: Settings
    passwords: Passwords
    guesses: Guesses
    now: Clock
    token: Callable[[], str]
    sessions: SessionStore = SessionStore()
    subscribers: SubscriberStore = SubscriberStore()

    def change(self, identity: Identity, current: str, new: str, client: Client) -> None:
        """From now on the new one counts; every other session ends, and an issued password is replaced.

        Repeating after a lost answer is harmless: it finds the old password wrong. Two hashes of work.

        :raises InvalidRequest: the new one may not be chosen. :raises Forbidden: the current one is wrong.
        :raises TooManyAttempts: not looked at. :raises NotAuthenticated: the session has ended, or another change won.
        :raises UpstreamUnavailable: try again.
        """
        profile = self._profile(identity)
        self.passwords.check_new(new, current=current, login=profile.login)
        guess = self.guesses.step_up(identity.subscriber_id)
        self.guesses.reserve(guess, self.now())
        try:
            if not self.passwords.matches(current, profile.password_hash):
                self.sessions.note(self._entry(identity, "password_change_failed", client))
                raise Forbidden("wrong_password")
            self.guesses.succeeded(guess)
            self._change(identity, profile, self.passwords.hash(new), client)
        except OutcomeUnknown as error:
            raise UpstreamUnavailable(str(error)) from error

    def _change(self, identity: Identity, verified: Profile, password_hash: str, client: Client) -> None:
        """Whoever overtook us is told apart from our own earlier try by the hash, whose salt is ours alone."""
        profile = verified
        for _ in range(TRIES):
            rows = self.sessions.list(identity.subscriber_id)
            others = [row for row in rows if row.session_id != identity.session_id]
            entry, said = self._entry(identity, "password_changed", client), self._message(identity, client)
            new = PasswordChange(identity.session_id, password_hash, others, entry, said)
            try:
                return password_changes.commit(profile, new, self.settings.agenda_shards)
            except (ConditionFailed, OutcomeUnknown) as error:
                profile = self._profile(identity)
                if profile.password_hash == password_hash:
                    return None
                if isinstance(error, OutcomeUnknown):
                    raise
                gone = self.sessions.get(identity.subscriber_id, identity.session_id) is None
                if gone or profile.password_version != verified.password_version:
                    raise NotAuthenticated from None
        raise UpstreamUnavailable("store: the subscriber keeps signing in")

    def _message(self, identity: Identity, client: Client) -> MessageRow:
        return MessageRow(
            f"password_changed:{identity.subscriber_id}:{self.token()}",
            subscriber_id=identity.subscriber_id,
            event="password_changed",
            facts={},
            language=client.language,
            created_at=self.now(),
        )

    def _profile(self, identity: Identity) -> Profile:
        profile = self.subscribers.get(identity.subscriber_id)
        if profile is None:
            raise NotAuthenticated
        return profile

    def _entry(self, identity: Identity, event: str, client: Client) -> JournalRow:
        return entry_of(identity.subscriber_id, event, client, self.now(), self.token())
