"""What a decision about an account is: the standing after it, the money it moves, what is said about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.standing import Standing
from chalicelib.money import Kopecks


@dataclass(frozen=True)
class Said:
    """A message to the subscriber; ``key`` makes it the only one of its event and account.

    ``at_once``: at night too. Only what somebody else may have done in his name is worth waking him.
    """

    event: str
    key: str
    facts: Mapping[str, object] = field(default_factory=dict)
    at_once: bool = False


@dataclass(frozen=True)
class Step:
    """``on`` is the day that it belongs to, ``kind`` what the forecast calls it.

    ``needed_kopecks`` is what the balance should be at that moment, with everything that is planned; None where
    nothing is asked of it. ``refused`` is what was not charged because the money was not there.
    """

    on: date
    kind: str
    standing: Standing
    entries: tuple[NewEntry, ...] = ()
    said: tuple[Said, ...] = ()
    needed_kopecks: Kopecks | None = None
    refused: tuple[Leg, ...] = ()

    def then(self, later: "Step | None") -> "Step":
        """Both in one: decided together, committed together. ``later`` was decided from this one's standing."""
        if later is None:
            return self
        entries, said = self.entries + later.entries, self.said + later.said
        return Step(self.on, self.kind, later.standing, entries, said, self.needed_kopecks, self.refused)
