"""Subscribers: who they are, the names they sign in by, and the journal of what they did.

Everything of one subscriber shares a partition. Two kinds of rows stand outside it and lead into it:
``login#<name>`` (the contract number) and ``contact#<address>`` (one row per subscriber who has
confirmed that address: it works as a login only while there is exactly one).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from pynamodb.attributes import BooleanAttribute, ListAttribute, MapAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.clock import to_text
from chalicelib.store.tables import TABLE_PREFIX, Connected, InstantAttribute, Row, fetch, reading
from chalicelib.store.transaction import ConditionFailed, Transaction

TABLE = TABLE_PREFIX + "subscribers"
PROFILE = "profile"
_LOGIN = "login"
#: A partition that is nobody's: an unknown login reads from it, so that it costs what a known one does.
NOBODY = "-"
_PHONE_NOISE = re.compile(r"[\s()\u2010-\u2015-]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class Contact(MapAttribute[str, object]):
    channel = UnicodeAttribute()
    address = UnicodeAttribute()
    confirmed_at = InstantAttribute(null=True)


class Profile(Row):
    class Meta(Connected):
        table_name = TABLE

    subscriber_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default=PROFILE)
    login = UnicodeAttribute()
    name = UnicodeAttribute()
    password_hash = UnicodeAttribute(null=True)
    #: counts the changes of the password; who verified an older one may not act on it
    password_version = NumberAttribute(default=1)
    must_change_password = BooleanAttribute(default=False)
    #: counts the sign-ins: whoever deletes sessions proves by it that no new one came in between
    sign_ins = NumberAttribute(default=0)
    last_account = UnicodeAttribute(null=True)
    contacts: ListAttribute[Contact] = ListAttribute(of=Contact, default=list)


class LoginRow(Row):
    class Meta(Connected):
        table_name = TABLE

    subscriber_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default=_LOGIN)
    owner = UnicodeAttribute()


class ContactRow(Row):
    """``subscriber_id`` holds the address, ``item`` the subscriber who has confirmed it."""

    class Meta(Connected):
        table_name = TABLE

    subscriber_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)


class JournalRow(Row):
    class Meta(Connected):
        table_name = TABLE

    subscriber_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    event = UnicodeAttribute()
    at = InstantAttribute()
    address = UnicodeAttribute()
    device = UnicodeAttribute()


class SubscriberStore:
    def get(self, subscriber_id: str) -> Profile | None:
        return fetch(Profile, subscriber_id, PROFILE)

    def find(self, login: str) -> Profile | None:
        """The subscriber behind a contract number, or behind a confirmed contact that is only one's.

        The reads depend on the shape of the text alone, never on whether it is known.
        """
        owner = self.owner_of(login)
        address = contact_address(login)
        if address is not None:
            owners = self._confirmed_by(address)
            owner = owner or (owners[0] if len(owners) == 1 else None)
        return self.get(owner or NOBODY)

    def owner_of(self, login: str) -> str | None:
        """Whose contract number it is; a telephone or an address is nobody's here."""
        found = fetch(LoginRow, _login_key(login), _LOGIN)
        return found.owner if found else None

    def confirmed(self, subscriber_id: str) -> Mapping[str, str]:
        """Channel -> address; of several confirmed addresses of a channel the one confirmed last."""
        profile = self.get(subscriber_id)
        contacts = [contact for contact in profile.contacts if contact.confirmed_at] if profile else []
        return {contact.channel: contact.address for contact in sorted(contacts, key=lambda one: one.confirmed_at)}

    def add(self, profile: Profile) -> bool:
        """A new subscriber with the rows that lead to it; False if the id or the login is taken. Repeatable."""
        tx = Transaction()
        tx.put("subscriber", profile, Profile.item.does_not_exist())
        login = LoginRow(_login_key(profile.login), owner=profile.subscriber_id)
        tx.put("login", login, LoginRow.item.does_not_exist())
        for contact in profile.contacts:
            if contact.confirmed_at:
                key = _contact_key(contact_address(contact.address) or contact.address)
                tx.put(f"contact {contact.channel}", ContactRow(key, profile.subscriber_id))
        try:
            tx.commit()
        except ConditionFailed:
            return False
        return True

    def journal(self, subscriber_id: str) -> Iterator[JournalRow]:
        """Newest first."""
        with reading():
            mine = JournalRow.item.startswith("journal#")
            yield from JournalRow.query(subscriber_id, mine, scan_index_forward=False, consistent_read=True)

    def _confirmed_by(self, address: str) -> list[str]:
        with reading():
            return [row.item for row in ContactRow.query(_contact_key(address), limit=2, consistent_read=True)]


def confirmed(channel: str, address: str, at: datetime) -> Contact:
    return Contact(channel=channel, address=address, confirmed_at=at)  # type: ignore[no-untyped-call]


def journal_row(subscriber_id: str, at: datetime, entry_id: str, event: str, address: str, device: str) -> JournalRow:
    """A line of the journal, to be put in the transaction of what it tells. It never holds a secret."""
    item = f"journal#{to_text(at)}#{entry_id}"
    return JournalRow(subscriber_id, item, event=event, at=at, address=address, device=device)


def normalized(login: str) -> str:
    """One spelling of a login: surrounding blanks and letter case do not matter."""
    return login.strip().casefold()


def canonical(login: str) -> str:
    """One text for all spellings of a login, for counting: a telephone can be written in many ways."""
    return contact_address(login) or normalized(login)


def contact_address(text: str) -> str | None:
    """A telephone as ``+79001234567``, an e-mail in lower case; None for what is neither."""
    text = normalized(text)
    if _EMAIL.fullmatch(text):
        return text
    digits = _PHONE_NOISE.sub("", text)
    if re.fullmatch(r"\+?[0-9]{10,15}", digits) is None:
        return None
    if digits.startswith("+"):
        return digits
    if len(digits) == 10 and digits.startswith("9"):
        return "+7" + digits
    return "+7" + digits[1:] if len(digits) == 11 and digits[0] in "78" else "+" + digits


def _login_key(login: str) -> str:
    return f"login#{normalized(login)}"


def _contact_key(address: str) -> str:
    return f"contact#{address}"
