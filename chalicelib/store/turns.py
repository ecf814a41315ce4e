"""Whose turn it is to call a company that may be called only so often: one queue for all workers on all machines."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import UpdateError

from chalicelib.clock import Clock
from chalicelib.errors import UpstreamUnavailable
from chalicelib.store.tables import TABLE_PREFIX, Connected, InstantAttribute, Row, code_of, fetch

_TURN = "turn"
#: Instants are kept in whole seconds: what is cut off at both ends must not make a turn shorter than it says.
_ROUNDING = timedelta(seconds=1)


class TurnRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "topups"

    topup_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default=_TURN)
    next_at = InstantAttribute()


@dataclass(frozen=True)
class Turns:
    now: Clock

    def take(self, company: str, every: timedelta, call: str = "") -> datetime | None:
        """One call of this name in ``every``, whoever makes it. None: it is ours; else when the next turn begins.

        A turn further ahead than anybody could have left it is from a clock that was set back, and is passed over.
        :raises UpstreamUnavailable: not known to be taken; so nobody may call.
        """
        now, following = self.now(), self.now() + every + _ROUNDING
        name = f"turn#{company}#{call}" if call else f"turn#{company}"
        free = TurnRow.next_at.does_not_exist() | (TurnRow.next_at <= now) | (TurnRow.next_at > following)
        try:
            TurnRow(name, _TURN).update([TurnRow.next_at.set(following)], condition=free)
        except UpdateError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise UpstreamUnavailable("the turn of a call") from error
            # somebody else's, or our own whose answer was lost: then it is let pass
            found = fetch(TurnRow, name, _TURN)
            return found.next_at if found else following
        return None
