"""When an autopay is announced, charged and tried again. Pure: days and hours in the provider's zone.

D is the first day of the next period. Announced at D-7, charged at D-3 at the earliest and never before 72 hours after
the notice; a soft decline is tried again on two days more; nothing is charged after the evening of D-1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: Between the notice, accepted by its channel, and the charge (rules: a notice of 72 hours before a recurring debit).
NOTICE = timedelta(hours=72)
_MORNING, _EVENING = time(10, 0), time(20, 0)
_ANNOUNCE = (7, _MORNING)
#: Days before D and the hour: the charge and what follows a soft decline.
_TRIES = ((3, _MORNING), (2, _MORNING), (1, _MORNING), (1, _EVENING))


@dataclass(frozen=True)
class Plan:
    """The plan of one period of one account."""

    period_start: date
    zone: ZoneInfo

    @property
    def announce_at(self) -> datetime:
        return self._at(*_ANNOUNCE)

    @property
    def tries(self) -> Sequence[datetime]:
        return [self._at(days, hour) for days, hour in _TRIES]

    @property
    def last_at(self) -> datetime:
        return self.tries[-1]

    @property
    def ask_by_hand_at(self) -> datetime:
        """An outcome that is still unknown then is the subscriber's to make up for."""
        return self._at(1, _MORNING)

    def first_charge(self, noticed_at: datetime) -> datetime | None:
        """When a charge that was announced then may leave; None: not in this period."""
        at = max(self.tries[0], noticed_at + NOTICE)
        return at if at <= self.last_at else None

    def next_try(self, after: datetime) -> datetime | None:
        """When a soft decline is tried again; None: not any more."""
        return next((at for at in self.tries if at > after), None)

    def _at(self, days: int, hour: time) -> datetime:
        return datetime.combine(self.period_start - timedelta(days=days), hour, tzinfo=self.zone)
