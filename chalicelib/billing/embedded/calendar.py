"""What the calendar does to an account, day by day. Pure: the agenda executes these steps, the forecast shows them.

Everything happens at the first instant of a local day: a period opens, a suspension starts or ends, a promise
is over. One step is one transaction. A late step is dated by the day on which it was due.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from chalicelib.billing import AccountState
from chalicelib.billing.embedded import openings, pausing
from chalicelib.billing.embedded.standing import Line, Standing
from chalicelib.billing.embedded.steps import Said, Step
from chalicelib.money import Kopecks

#: Why an account is blocked whose promise ended in debt.
PROMISE_REASON = "promise_ended"

#: How long before its end a suspension is announced to be over: the start of the day three days before.
REMINDER = timedelta(days=3)


class _What(StrEnum):
    PROMISE_END = "promise_end"
    REMINDER = "reminder"
    PAUSE_END = "pause_end"
    PAUSE_START = "pause_start"
    OPENING = "opening"


@dataclass(frozen=True)
class _Due:
    on: date
    what: _What
    line: Line | None = None


def next_step(standing: Standing, by: date, *, promises: bool = False) -> Step | None:
    """The earliest thing that is due by the end of ``by``; None if there is nothing.

    ``promises`` also ends a promise that nobody has ended: for the forecast, because in truth the portal decides
    when that happens.
    """
    due = min(_due(standing, promises), key=lambda found: (found.on, list(_What).index(found.what)), default=None)
    if due is None or due.on > by:
        return None
    return _step(standing, due)


def step_due(standing: Standing, today: date) -> Step | None:
    """What is to be done now: the earliest step, unless it is a block that is held back for today."""
    step = next_step(standing, today)
    held = step is not None and step.kind == "financial_block" and standing.held_on == today
    return None if held else step


def next_day(standing: Standing) -> date | None:
    """The day for which the account stands in the agenda."""
    day = min((found.on for found in _due(standing, promises=False)), default=None)
    if day is not None and standing.held_on is not None and day == standing.held_on:
        # looked at on the day itself, and once more when it is over
        return day if step_due(standing, day) is not None else day + timedelta(days=1)
    return day


def _due(standing: Standing, promises: bool) -> list[_Due]:
    found = []
    if promises and standing.promise is not None:
        found.append(_Due(standing.promise.last_day + timedelta(days=1), _What.PROMISE_END))
    for line in standing.lines:
        if line.pause is None:
            continue
        if not line.pause.started:
            found.append(_Due(line.pause.start, _What.PAUSE_START, line))
            continue
        found.append(_Due(line.pause.end + timedelta(days=1), _What.PAUSE_END, line))
        reminder = line.pause.end - REMINDER + timedelta(days=1)
        if not line.pause.reminded and reminder > line.pause.start:
            found.append(_Due(reminder, _What.REMINDER, line))
    if standing.state is AccountState.ACTIVE and standing.charged:
        found.append(_Due(min(line.unpaid_from for line in standing.charged), _What.OPENING))
    return found


def _step(standing: Standing, due: _Due) -> Step:
    if due.what is _What.OPENING:
        return openings.open_period(standing, due.on)
    if due.what is _What.PROMISE_END:
        return end_promise(standing, due.on)
    assert due.line is not None
    if due.what is _What.PAUSE_START:
        return pausing.start(standing, due.line, due.on)
    if due.what is _What.PAUSE_END:
        return pausing.finish(standing, due.line, due.on)
    return pausing.remind(standing, due.line, due.on)


def end_promise(standing: Standing, on: date) -> Step:
    """The promise is over: the debt that it carried blocks, a balance that covers does not."""
    after = standing.without_promise(on)
    if after.balance_kopecks >= 0 or after.state is not AccountState.ACTIVE:
        return Step(on, "promise_end", after)
    blocked = after.model_copy(update={"state": AccountState.FINANCIAL_BLOCK, "state_reason": PROMISE_REASON})
    said = Said("blocked", f"{on.isoformat()}:promise", {"account": standing.account})
    return Step(on, "promise_end", blocked, said=(said,), needed_kopecks=Kopecks(0))
