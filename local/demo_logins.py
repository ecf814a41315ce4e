"""The demo subscribers' logins: alice, bob and charlie, each with the same password."""

from chalicelib.clock import Clock
from chalicelib.config import Settings
from chalicelib.services.passwords import Passwords
from chalicelib.store.subscribers import Profile, SubscriberStore, confirmed

PASSWORD = "demo-password-1"
PEOPLE = (
    ("alice", "Алиса Воронцова", "+79000000011", "alice@example.ru"),
    ("bob", "Борис Кузнецов", "+79000000022", "bob@example.ru"),
    ("charlie", "Чеслав Романов", "+79000000033", "charlie@example.ru"),
)


def seed(now: Clock, settings: Settings) -> None:
    """Add those that are missing; an existing one keeps what its owner has changed. Idempotent."""
    store, passwords = SubscriberStore(), Passwords(settings)
    for login, name, phone, email in PEOPLE:
        subscriber_id = f"sub-{login}"
        if store.get(subscriber_id) is not None:
            continue
        contacts = [
            confirmed("sms", phone, now()),
            confirmed("email", email, now()),
        ]
        stored = passwords.hash(PASSWORD)
        store.add(Profile(subscriber_id, login=login, name=name, password_hash=stored, contacts=contacts))
