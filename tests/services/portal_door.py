"""What the tests of signing in share: one subscriber, cheap hashing, and a count of the calls to the store."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.clock import Clock
from chalicelib.config import Settings
from chalicelib.services.passwords import Passwords
from chalicelib.services.session import Client, Identity, Sessions
from chalicelib.store.guesses import Guesses
from chalicelib.store.subscribers import Profile, SubscriberStore, confirmed
from local.store import transport
from tests.embedded import embedded

PASSWORD = "correct horse battery"
CHEAP: dict[str, Any] = {"argon2_memory_kib": 8, "argon2_time_cost": 1}
HOME = Client("203.0.113.7", "Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36", "ru")
AWAY = Client("198.51.100.4", "curl/8.0", "ru")


def portal_door(clock: Clock, **chosen: Any) -> Sessions:
    settings = Settings(**{**CHEAP, **chosen})
    numbers = itertools.count(1)
    return Sessions(
        settings,
        embedded(clock),
        Passwords(settings),
        Guesses(settings),
        clock,
        lambda: f"{next(numbers):032x}",
    )


def subscriber(door: Sessions, name: str = "alice", phone: str = "+79000000011", email: str = "a@example.ru") -> str:
    at = door.now()
    contacts = [confirmed("sms", phone, at), confirmed("email", email, at)]
    stored = door.passwords.hash(PASSWORD)
    assert SubscriberStore().add(
        Profile(f"sub-{name}", login=name, name=name.title(), password_hash=stored, contacts=contacts)
    )
    return f"sub-{name}"


def change_password(subscriber_id: str) -> None:
    """What a change of the password does to the profile; ending the sessions is the other half."""
    profile = SubscriberStore().get(subscriber_id)
    assert profile is not None
    profile.update([Profile.password_version.set(profile.password_version + 1)])


def identified(door: Sessions, cookie: str) -> Identity:
    found = door.identify(cookie)
    assert found is not None
    return found


@contextmanager
def counted() -> Iterator[list[str]]:
    """The operations that reach the store meanwhile, in their order."""
    seen: list[str] = []

    def note(call: transport.Call, proceed: Any) -> Any:
        seen.append(call.operation)
        return proceed()

    transport.set_around(note)
    try:
        yield seen
    finally:
        transport.set_around(None)
