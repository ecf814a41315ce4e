"""Changing the portal's password: the new hash and the end of every other session, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from pynamodb.expressions.update import Action

from chalicelib.store.agenda import Kind, row as agenda_row
from chalicelib.store.messages import MessageRow
from chalicelib.store.sessions import SessionRow, pointed_session
from chalicelib.store.subscribers import JournalRow, Profile
from chalicelib.store.transaction import Transaction


@dataclass(frozen=True)
class PasswordChange:
    """Everything that one change writes; ``session_id`` is the session that goes on."""

    session_id: str
    password_hash: str
    others: Sequence[SessionRow]
    journal: JournalRow
    message: MessageRow


def commit(profile: Profile, change: PasswordChange, shards: int) -> None:
    """Provided that neither password nor sessions have changed since ``profile`` was read.

    A sign-in that races it is refused by the version, or finds this one refused by its own count. At most 24 items:
    19 other sessions, this one, the profile, the journal, the message and its agenda row.

    :raises ConditionFailed: changed meanwhile, this session has ended, or an earlier try was applied: look at the
        profile's hash.
    """
    tx = Transaction()
    for number, row in enumerate(change.others):
        tx.delete(f"other {number}", row)
    tx.put("journal", change.journal)
    due = agenda_row(Kind.DELIVER_MESSAGE, change.message.message_id, change.message.created_at, shards)
    change.message.agenda_key = due.key
    tx.put("message", change.message)
    tx.put("agenda", due)
    actions: list[Action] = [
        Profile.password_hash.set(change.password_hash),
        Profile.password_version.set(profile.password_version + 1),
        Profile.must_change_password.set(False),
    ]
    same = (Profile.password_version == profile.password_version) & (Profile.sign_ins == profile.sign_ins)
    tx.update("profile", Profile(profile.subscriber_id), actions, same)
    kept = pointed_session(profile.subscriber_id, change.session_id)
    tx.update("session", kept, [SessionRow.must_change_password.set(False)], SessionRow.item.exists())
    tx.commit()


def issue(profile: Profile, password_hash: str, ended: Sequence[SessionRow], journal: JournalRow) -> None:
    """A password from the provider's hand, to be replaced at the first sign-in; every session ends.

    :raises ConditionFailed: password or sessions changed since ``profile`` was read, or an earlier try was applied.
    """
    tx = Transaction()
    for number, row in enumerate(ended):
        tx.delete(f"ended {number}", row)
    tx.put("journal", journal)
    actions: list[Action] = [
        Profile.password_hash.set(password_hash),
        Profile.password_version.set(profile.password_version + 1),
        Profile.must_change_password.set(True),
    ]
    same = (Profile.password_version == profile.password_version) & (Profile.sign_ins == profile.sign_ins)
    tx.update("profile", Profile(profile.subscriber_id), actions, same)
    tx.commit()
