"""Ordering a voluntary suspension: what is allowed, what it brings and costs, and the decision. Pure.

Days are whole local days, both ends inclusive. What happens on the days themselves is ``pausing``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from chalicelib.billing import FIXES, AccountState, ServiceKind, Suspension, SuspensionOffer
from chalicelib.billing.embedded import pausing
from chalicelib.billing.embedded.forecast import steps
from chalicelib.billing.embedded.standing import Line, PastPause, Pause, Standing
from chalicelib.billing.embedded.steps import Said, Step
from chalicelib.config import Settings
from chalicelib.errors import InvalidRequest, NotFound, Rejected
from chalicelib.money import Kopecks

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rules:
    """All in days; ``a_year`` and ``free`` are of one service and calendar year."""

    shortest: int
    longest: int
    a_year: int
    free: int
    fee_per_day_kopecks: Kopecks
    cooldown: int
    ahead: int
    from_today: bool
    resume_after: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            shortest=settings.suspension_min_days,
            longest=settings.suspension_max_days,
            a_year=settings.suspension_days_a_year,
            free=settings.suspension_free_days,
            fee_per_day_kopecks=Kopecks(settings.suspension_fee_per_day_kopecks),
            cooldown=settings.suspension_cooldown_days,
            ahead=settings.suspension_ahead_days,
            from_today=settings.suspension_from_today,
            resume_after=settings.suspension_resume_after_days,
        )

    def earliest(self, today: date) -> date:
        return today if self.from_today else today + _DAY


@dataclass(frozen=True)
class Run:
    """The days that are asked for. :raises InvalidRequest: the last is before the first."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise InvalidRequest({"to": "bad_range"})

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def by_year(self) -> Iterator[tuple[int, int]]:
        """(year, how many of the days lie in it)."""
        for year in range(self.start.year, self.end.year + 1):
            yield year, _overlap(self.start, self.end, year)


def offer(standing: Standing, line: Line, today: date, rules: Rules, run: Run | None = None) -> SuspensionOffer:
    """:raises NotFound: a service that cannot be suspended."""
    if line.kind is not ServiceKind.INTERNET:
        raise NotFound(line.service)
    code, available_from = _refusal(standing, line, today, rules)
    earliest = _first_possible(standing, line, today, rules)
    if code is None and earliest is None:
        code, available_from = "no_days_left", date(today.year + 1, 1, 1)
    if code is None and run is not None:
        code, available_from = _refused_run(standing, line, today, rules, run)
    asked = run if run is not None else line.pause
    start = asked.start if asked is not None else earliest or rules.earliest(today)
    used = _used(standing, line, today.year)
    return SuspensionOffer(
        allowed=code is None,
        code=code,
        available_from=available_from,
        fix=FIXES.get(code or ""),
        earliest=earliest or rules.earliest(today),
        latest=today + timedelta(days=rules.ahead),
        min_days=rules.shortest,
        max_days=rules.longest,
        days_left_this_year=max(0, rules.a_year - used),
        free_days_left=max(0, rules.free - used),
        fee_per_day_kopecks=rules.fee_per_day_kopecks,
        refund_kopecks=_refund(standing, line, today, start),
        fee_kopecks=_fee(standing, line, rules, run) if run is not None else None,
        money_checked_on=start,
        keeps_charging=tuple(other.title for other in standing.lines if other.service != line.service),
        current=_shown(line.pause),
    )


def plan(
    standing: Standing, line: Line, run: Run, expected: Kopecks | None, id: str, today: date, rules: Rules
) -> Step | None:
    """Order a suspension; where today is allowed and asked for it starts in the same step. None for the same days
    again. :raises Rejected: a rule says no, or ``numbers_changed``. :raises NotFound: as ``offer``."""
    if line.pause is not None and (line.pause.start, line.pause.end) == (run.start, run.end):
        return None
    offered = offer(standing, line, today, rules, run)
    if offered.code is not None:
        raise Rejected(offered.code, offered.available_from, offered.fix)
    if expected is not None and expected != offered.refund_kopecks:
        now = {"refund_kopecks": offered.refund_kopecks}
        raise Rejected("numbers_changed", fix=FIXES["numbers_changed"], numbers=now)
    fee_days = _fee_days(standing, line, rules, run)
    pause = Pause(id=id, start=run.start, end=run.end, fee_days=fee_days, fee_per_day_kopecks=rules.fee_per_day_kopecks)
    planned = line.model_copy(update={"pause": pause})
    after = standing.with_line(planned)
    if run.start == today:
        return _started(after, planned, today)
    facts = {"account": standing.account, "service": line.title}
    days = {"start": run.start.isoformat(), "until": run.end.isoformat()}
    return Step(today, "suspension_plan", after, said=(Said("suspension_planned", id, {**facts, **days}),))


def resume(standing: Standing, line: Line, today: date, rules: Rules) -> Step | None:
    """Cancel what is planned, or end what runs: this day is on again and charged. None without a suspension.

    :raises Rejected: ``too_early``, the suspension has only just begun.
    """
    pause = line.pause
    if pause is None:
        return None
    if not pause.started:
        return Step(today, "suspension_cancel", standing.with_line(line.model_copy(update={"pause": None})))
    if today < pause.start + timedelta(days=rules.resume_after):
        raise Rejected("too_early", pause.start + timedelta(days=rules.resume_after))
    return pausing.finish(standing, line, today)


def _refusal(standing: Standing, line: Line, today: date, rules: Rules) -> tuple[str | None, date | None]:
    """Why no days at all can be ordered today. A block for lack of money is a debt of the days that are not paid."""
    if line.pause is not None:
        return "already_planned", None
    if standing.state is AccountState.ADMIN_BLOCK:
        return "not_offered", None
    if standing.promise is not None:
        return "promise_active", None
    if standing.balance_kopecks < 0 or standing.state is not AccountState.ACTIVE:
        return "debt", None
    last = max((past.end for past in _past(standing, line)), default=None)
    rested = last + _DAY + timedelta(days=rules.cooldown) if last is not None else today
    return ("cooldown", rested) if today < rested else (None, None)


def _refused_run(standing: Standing, line: Line, today: date, rules: Rules, run: Run) -> tuple[str | None, date | None]:
    if run.start < rules.earliest(today):
        return "too_early", rules.earliest(today)
    if run.start > today + timedelta(days=rules.ahead):
        return "too_early", run.start - timedelta(days=rules.ahead)
    if run.days < rules.shortest:
        return "too_short", None
    if run.days > rules.longest:
        return "too_long", None
    if not _within_year(standing, line, rules, run):
        return "no_days_left", date(run.start.year + 1, 1, 1)
    return None, None


def _first_possible(standing: Standing, line: Line, today: date, rules: Rules) -> date | None:
    """The first day from which the shortest suspension fits into its years; None within the days ahead."""
    day, last = rules.earliest(today), today + timedelta(days=rules.ahead)
    while day <= last:
        if _within_year(standing, line, rules, Run(day, day + timedelta(days=rules.shortest - 1))):
            return day
        day += _DAY
    return None


def _within_year(standing: Standing, line: Line, rules: Rules, run: Run) -> bool:
    return all(_used(standing, line, year) + days <= rules.a_year for year, days in run.by_year())


def _used(standing: Standing, line: Line, year: int) -> int:
    """Days of a calendar year that were suspended, or are going to be."""
    pause = line.pause
    ahead = (PastPause(service=line.service, start=pause.start, end=pause.end),) if pause is not None else ()
    return sum(_overlap(past.start, past.end, year) for past in (*_past(standing, line), *ahead))


def _past(standing: Standing, line: Line) -> tuple[PastPause, ...]:
    return tuple(past for past in standing.pauses if past.service == line.service)


def _overlap(start: date, end: date, year: int) -> int:
    first, last = max(start, date(year, 1, 1)), min(end, date(year, 12, 31))
    return max(0, (last - first).days + 1)


def _fee_days(standing: Standing, line: Line, rules: Rules, run: Run) -> int:
    """The days of a run that are not free; each year has its own free ones."""
    return sum(max(0, days - max(0, rules.free - _used(standing, line, year))) for year, days in run.by_year())


def _fee(standing: Standing, line: Line, rules: Rules, run: Run) -> Kopecks:
    return Kopecks(_fee_days(standing, line, rules, run) * rules.fee_per_day_kopecks)


def _refund(standing: Standing, line: Line, today: date, start: date) -> Kopecks:
    """What comes back on a day that may lie in a period that is still to be opened: the days until then are run."""
    if start < today:
        return Kopecks(0)
    for step in steps(standing, today, start - _DAY):
        standing = step.standing
    then = standing.line(line.service)
    if then is None or standing.state is not AccountState.ACTIVE:
        return Kopecks(0)
    back = pausing.unused(standing, then, start)
    return back.amount_kopecks if back is not None else Kopecks(0)


def _started(standing: Standing, line: Line, today: date) -> Step:
    step = pausing.start(standing, line, today)
    if step.kind == "suspension_dropped":
        raise Rejected("debt", fix=FIXES["debt"])
    return step


def _shown(pause: Pause | None) -> Suspension | None:
    return Suspension(start=pause.start, end=pause.end, started=pause.started) if pause is not None else None
