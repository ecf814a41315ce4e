"""The subscriber's own data, as far as a screen may show it."""

from dataclasses import dataclass

from chalicelib.errors import NotAuthenticated
from chalicelib.models import Instant, Value
from chalicelib.store.subscribers import SubscriberStore


class MaskedContact(Value):
    channel: str
    address: str
    confirmed_at: Instant | None


class SubscriberView(Value):
    name: str
    login: str
    contacts: tuple[MaskedContact, ...]


@dataclass(frozen=True)
class Subscribers:
    store: SubscriberStore

    def view(self, subscriber_id: str) -> SubscriberView:
        """:raises NotAuthenticated: the subscriber was removed while signed in."""
        profile = self.store.get(subscriber_id)
        if profile is None:
            raise NotAuthenticated
        contacts = tuple(
            MaskedContact(channel=one.channel, address=masked(one.address), confirmed_at=one.confirmed_at)
            for one in profile.contacts
        )
        return SubscriberView(name=profile.name, login=profile.login, contacts=contacts)


def masked(address: str) -> str:
    """Enough to recognise one's own, too little to write to: ``+7 912 ***-**-45``, ``b***@example.ru``."""
    name, at, domain = address.rpartition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    if address.startswith("+7") and len(address) == 12:
        return f"+7 {address[2:5]} ***-**-{address[-2:]}"
    return f"{address[:2]}***{address[-2:]}"
