"""Who calls and who is signed in: the values that the services of sessions hand out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chalicelib.billing import AccountSummary
from chalicelib.models import Instant, Value
from chalicelib.store.sessions import SessionRow


@dataclass(frozen=True)
class Client:
    """The caller as the network shows it."""

    address: str
    user_agent: str
    language: Literal["ru", "en"]


@dataclass(frozen=True)
class Identity:
    """A live session of a subscriber."""

    subscriber_id: str
    session_id: str
    started_at: datetime
    step_up_until: datetime | None
    last_account: str | None
    must_change_password: bool


class Named(Value):
    id: str
    login: str
    name: str


class Overview(Value):
    """Who is signed in, and what is theirs."""

    subscriber: Named
    accounts: tuple[AccountSummary, ...]
    must_change_password: bool


class SessionItem(Value):
    id: str
    device: str
    started_at: Instant
    last_seen_at: Instant
    current: bool


@dataclass(frozen=True)
class SignedIn:
    """``cookie`` and ``device_token`` are the two secrets that the browser keeps; nobody else ever sees them."""

    cookie: str
    device_token: str
    identity: Identity
    overview: Overview


def identity_of(row: SessionRow) -> Identity:
    return Identity(
        subscriber_id=row.subscriber_id,
        session_id=row.session_id,
        started_at=row.started_at,
        step_up_until=row.step_up_until,
        last_account=row.last_account,
        must_change_password=row.must_change_password,
    )
