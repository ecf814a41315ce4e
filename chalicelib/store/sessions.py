"""Sessions and known devices: rows in the subscriber's partition, found by the SHA-256 of their token.

The token itself is never stored. Expiry is decided by whoever reads; ``ttl`` only lets the store sweep.
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.update import Action

from chalicelib.store.subscribers import PROFILE, TABLE, JournalRow, Profile
from chalicelib.store.tables import Connected, InstantAttribute, Row, code_of, fetch, reading
from chalicelib.store.transaction import ConditionFailed, Transaction

log = logging.getLogger(__name__)

_SESSION, _DEVICE = "session#", "device#"
#: A device that was not used for so long has to earn its place again.
DEVICE_LASTS = timedelta(days=365)


class SessionRow(Row):
    class Meta(Connected):
        table_name = TABLE

    subscriber_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    started_at = InstantAttribute()
    last_seen_at = InstantAttribute()
    step_up_until = InstantAttribute(null=True)
    last_account = UnicodeAttribute(null=True)
    must_change_password = BooleanAttribute(default=False)
    device = UnicodeAttribute()
    ttl = NumberAttribute()

    @property
    def session_id(self) -> str:
        """What the browser may be shown: the fingerprint opens nothing."""
        return self.item.removeprefix(_SESSION)

    def is_live(self, now: datetime, idle: timedelta, absolute: timedelta) -> bool:
        """The row may outlive the session: what counts is the time of reading."""
        return now < self.last_seen_at + idle and now < self.started_at + absolute


class DeviceRow(Row):
    class Meta(Connected):
        table_name = TABLE

    subscriber_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    used_at = InstantAttribute()
    ttl = NumberAttribute()


@dataclass(frozen=True)
class SignIn:
    """Everything that one sign-in writes; ``ended`` are the sessions that make room or are replaced."""

    session: SessionRow
    device: DeviceRow
    journal: JournalRow
    ended: Sequence[SessionRow]
    password_hash: str | None


class SessionStore:
    def get(self, subscriber_id: str, session_id: str) -> SessionRow | None:
        return fetch(SessionRow, subscriber_id, _SESSION + session_id)

    def list(self, subscriber_id: str) -> Sequence[SessionRow]:
        """All rows, dead ones included."""
        with reading():
            mine = SessionRow.item.startswith(_SESSION)
            return list(SessionRow.query(subscriber_id, mine, consistent_read=True))

    def known_device(self, subscriber_id: str, token: str, now: datetime) -> bool:
        row = fetch(DeviceRow, subscriber_id, _DEVICE + fingerprint(token))
        return row is not None and now < row.used_at + DEVICE_LASTS

    def open(self, profile: Profile, new: SignIn) -> None:
        """Start a session, provided that neither password nor sessions have changed since ``profile`` was read.

        A session therefore cannot outlive a change of the password that races it, and two sign-ins at once
        cannot together exceed the number of sessions. At most 25 items: 20 rows of the subscriber, a replaced
        session of somebody else, and the four of the sign-in.

        :raises ConditionFailed: changed meanwhile, or an earlier try of this call was applied: look for the session.
        """
        tx = Transaction()
        for number, row in enumerate(new.ended):
            tx.delete(f"ended {number}", row)
        tx.put("session", new.session, SessionRow.item.does_not_exist())
        tx.put("device", new.device)
        tx.put("journal", new.journal)
        actions: list[Action] = [Profile.sign_ins.set(profile.sign_ins + 1)]
        if new.password_hash is not None:
            actions.append(Profile.password_hash.set(new.password_hash))
        same = (Profile.password_version == profile.password_version) & (Profile.sign_ins == profile.sign_ins)
        tx.update("profile", Profile(profile.subscriber_id), actions, same)
        tx.commit()

    def touch(self, row: SessionRow, now: datetime) -> None:
        """Note that the session is in use. A failure is logged and forgotten: the next request notes it."""
        try:
            row.update([SessionRow.last_seen_at.set(now)], condition=SessionRow.item.exists())
        except PynamoDBException as error:
            log.warning("last seen not written", extra={"code": code_of(error)})

    def remember_account(self, subscriber_id: str, session_id: str, account: str) -> None:
        """For this session and for later ones. A session that has ended meanwhile stays ended."""
        tx = Transaction()
        row = SessionRow(subscriber_id, _SESSION + session_id)
        tx.update("session", row, [SessionRow.last_account.set(account)], SessionRow.item.exists())
        tx.update("profile", Profile(subscriber_id), [Profile.last_account.set(account)], Profile.item.exists())
        tx.commit()

    def step_up(self, profile: Profile, session_id: str, until: datetime, journal: JournalRow) -> None:
        """:raises ConditionFailed: the session has ended or the password was changed since ``profile`` was read."""
        tx = Transaction()
        tx.check(
            "profile", Profile, profile.subscriber_id, PROFILE, Profile.password_version == profile.password_version
        )
        row = SessionRow(profile.subscriber_id, _SESSION + session_id)
        tx.put("journal", journal)
        tx.update("session", row, [SessionRow.step_up_until.set(until)], SessionRow.item.exists())
        tx.commit()

    def note(self, journal: JournalRow) -> None:
        """A line of the journal about something that changed nothing else."""
        tx = Transaction()
        tx.put("journal", journal)
        tx.commit()

    def close(self, row: SessionRow, journal: JournalRow) -> None:
        """End one session. Idempotent: one that is gone already is not journalled twice."""
        tx = Transaction()
        tx.delete("session", row, SessionRow.item.exists())
        tx.put("journal", journal)
        try:
            tx.commit()
        except ConditionFailed:
            log.info("session had ended already")

    def close_all(self, profile: Profile, rows: Iterable[SessionRow], journal: JournalRow) -> None:
        """End these sessions, provided that nobody signed in since ``profile`` was read.

        :raises ConditionFailed: somebody did: read the sessions again.
        """
        tx = Transaction()
        tx.check("profile", Profile, profile.subscriber_id, PROFILE, Profile.sign_ins == profile.sign_ins)
        for number, row in enumerate(rows):
            tx.delete(f"session {number}", row)
        tx.put("journal", journal)
        tx.commit()


def fingerprint(token: str) -> str:
    """SHA-256 in hex. A token is 128 random bits, so neither salt nor a slow hash would add anything."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_session(profile: Profile, token: str, now: datetime, lasts: timedelta, device: str) -> SessionRow:
    return SessionRow(
        profile.subscriber_id,
        _SESSION + fingerprint(token),
        started_at=now,
        last_seen_at=now,
        last_account=profile.last_account,
        must_change_password=profile.must_change_password,
        device=device,
        ttl=int((now + lasts).timestamp()),
    )


def pointed_session(subscriber_id: str, session_id: str) -> SessionRow:
    """The row's key alone, enough to delete it."""
    return SessionRow(subscriber_id, _SESSION + session_id)


def used_device(subscriber_id: str, token: str, now: datetime) -> DeviceRow:
    ttl = int((now + DEVICE_LASTS).timestamp())
    return DeviceRow(subscriber_id, _DEVICE + fingerprint(token), used_at=now, ttl=ttl)
