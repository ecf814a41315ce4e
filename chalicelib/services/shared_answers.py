"""One answer of a company about many orders, for whoever else waits: where it allows few questions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from chalicelib.store.topups import TopUpRow

#: How long an answer serves others: one look of the agenda.
FRESH = timedelta(minutes=1)

Fact = TypeVar("Fact")


@dataclass(frozen=True)
class Answer(Generic[Fact]):
    """What a company said, by invoice, about all orders that it registered between two moments."""

    since: datetime
    until: datetime
    asked_at: datetime
    facts: Mapping[int, Fact]

    def holds(self, topup: TopUpRow, due_at: datetime, now: datetime) -> bool:
        """Whether it says something of this order too, no older than the moment at which the question was due."""
        fresh = due_at <= self.asked_at <= now <= self.asked_at + FRESH
        return fresh and self.since <= topup.created_at and (topup.paid_at or topup.created_at) <= self.until
