"""Sessions: who is signed in, from where, and for how long."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


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
