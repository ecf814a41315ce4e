"""Voluntary suspension by the calendar: start, reminder, end. Pure.

No subscription fee is charged for suspended days: at the start the unused days of the period come back as a
correction, openings pass the service by, and from the day of the resumption the days left are charged again.
"""

from datetime import date, timedelta

from chalicelib.billing import AccountState, OperationKind, ServicePeriod
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.openings import BLOCK_REASON, Opening, about_tariffs, candidates
from chalicelib.billing.embedded.periods import period_of
from chalicelib.billing.embedded.standing import PAUSES_KEPT, Line, PastPause, Pause, Standing
from chalicelib.billing.embedded.steps import Said, Step
from chalicelib.money import Kopecks, by_days


def unused(standing: Standing, line: Line, start: date) -> Leg | None:
    """What comes back for the paid days from ``start`` on; None if there are none. A free day brings nothing back."""
    start = max(start, line.free_until or start)
    if line.unpaid_from <= start:
        return None
    period = period_of(start, standing.anchor_day)
    left, total = (line.unpaid_from - start).days, (period.next_start - period.start).days
    amount = by_days(line.tariff.fee_kopecks, left, total)
    if not amount:
        return None
    return Leg(
        kind=OperationKind.CORRECTION,
        amount_kopecks=amount,
        title=f"{line.title}: возврат за дни приостановки",
        contra=f"revenue:{line.kind}",
        service=line.service,
        period=ServicePeriod(start=start, end=line.unpaid_from - timedelta(days=1)),
        rule="suspension_return",
        formula=f"{line.tariff.fee_kopecks} * {left} / {total}",
    )


def start(standing: Standing, line: Line, day: date) -> Step:
    """Start a planned suspension if the money allows it that day; else drop it and say so."""
    pause = _pause(line)
    facts = {"account": standing.account, "service": line.title, "until": pause.end.isoformat()}
    fee = _fee(line, pause, day)
    poor = standing.balance_kopecks < 0 or (fee is not None and standing.balance_kopecks < -fee.amount_kopecks)
    if standing.state is not AccountState.ACTIVE or standing.limit_on(day) or poor:
        dropped = standing.with_line(line.model_copy(update={"pause": None}))
        return Step(day, "suspension_dropped", dropped, said=(Said("suspension_dropped", pause.id, facts),))
    returned = unused(standing, line, day)
    legs = tuple(leg for leg in (returned, fee) if leg is not None)
    entry = NewEntry(standing.account, f"suspension:{pause.id}:start", legs) if legs else None
    paused = line.model_copy(
        update={"pause": pause.model_copy(update={"started": True}), "unpaid_from": min(line.unpaid_from, day)}
    )
    after = standing.with_line(paused).after(entry)
    said = (Said("suspension_started", pause.id, facts),)
    return Step(day, "suspension_start", after, (entry,) if entry else (), said)


def remind(standing: Standing, line: Line, day: date) -> Step:
    pause = _pause(line)
    told = standing.with_line(line.model_copy(update={"pause": pause.model_copy(update={"reminded": True})}))
    facts = {"account": standing.account, "service": line.title, "until": pause.end.isoformat()}
    return Step(day, "reminder", told, said=(Said("suspension_ends_soon", pause.id, facts),))


def finish(standing: Standing, line: Line, day: date) -> Step:
    """The service is on again from this day, which is charged; not covered, the account is blocked."""
    pause = _pause(line)
    days = PastPause(service=line.service, start=pause.start, end=day - timedelta(days=1))
    kept = tuple(past for past in standing.pauses if past.end >= day - PAUSES_KEPT)
    history = kept if days.end < days.start else (*kept, days)
    running = line.model_copy(update={"pause": None, "unpaid_from": max(line.unpaid_from, day, line.free_until or day)})
    resumed = standing.with_line(running).model_copy(update={"pauses": history})
    back = _unused_fee(line, pause, day)
    entries = []
    if back is not None:
        refund = NewEntry(standing.account, f"suspension:{pause.id}:fee", (back,))
        entries.append(refund)
        resumed = resumed.after(refund)
    facts = {"account": standing.account, "service": line.title}
    said = [Said("suspension_ended", pause.id, facts)]
    if resumed.state is not AccountState.ACTIVE:
        return Step(day, "suspension_end", resumed, tuple(entries), tuple(said))
    # a service that was connected free until its first opening has nothing to pay before it
    unpaid = (running,) if running.unpaid_from <= day else ()
    wished, plain = (_opening(resumed, lines, pause, day) for lines in candidates(resumed, unpaid, day))
    opening = wished if resumed.available_on(day) >= wished.total_kopecks else plain
    said += about_tariffs(standing, unpaid, opening.lines, day)
    resumed = resumed.with_lines(opening.lines)
    if resumed.available_on(day) < opening.total_kopecks:
        state = {"state": AccountState.FINANCIAL_BLOCK, "state_reason": BLOCK_REASON}
        said.append(Said("blocked", f"{day.isoformat()}:{pause.id}", {"account": standing.account}))
        blocked, needed = resumed.model_copy(update=state), wished.total_kopecks
        return Step(day, "suspension_end", blocked, tuple(entries), tuple(said), needed, wished.legs())
    entry = opening.entry()
    if entry is not None:
        entries.append(entry)
    after = resumed.with_lines(opening.paid()).after(entry)
    return Step(day, "suspension_end", after, tuple(entries), tuple(said), wished.total_kopecks)


def _opening(standing: Standing, lines: tuple[Line, ...], pause: Pause, day: date) -> Opening:
    period = period_of(day, standing.anchor_day)
    return Opening(standing.account, f"suspension:{pause.id}:end", day, period, lines, "resumption")


def _fee(line: Line, pause: Pause, day: date) -> Leg | None:
    """The days of a long suspension that are not free, charged at its start."""
    amount = pause.fee_days * pause.fee_per_day_kopecks
    if not amount:
        return None
    return Leg(
        kind=OperationKind.CHARGE,
        amount_kopecks=Kopecks(-amount),
        title=f"{line.title}: приостановка",
        contra=f"revenue:{line.kind}",
        service=line.service,
        period=ServicePeriod(start=day, end=pause.end),
        rule="suspension_fee",
        formula=f"{pause.fee_per_day_kopecks} * {pause.fee_days}",
    )


def _unused_fee(line: Line, pause: Pause, day: date) -> Leg | None:
    """An early resumption gives back what was charged for days that were not used; the paid days come last."""
    unused_days = min(pause.fee_days, (pause.end - day).days + 1) if pause.started else 0
    amount = max(unused_days, 0) * pause.fee_per_day_kopecks
    if not amount:
        return None
    return Leg(
        kind=OperationKind.CORRECTION,
        amount_kopecks=Kopecks(amount),
        title=f"{line.title}: возврат платы за приостановку",
        contra=f"revenue:{line.kind}",
        service=line.service,
        period=ServicePeriod(start=day, end=pause.end),
        rule="suspension_fee_return",
        formula=f"{pause.fee_per_day_kopecks} * {unused_days}",
    )


def _pause(line: Line) -> Pause:
    assert line.pause is not None, "only a line with a suspension is started or ended"
    return line.pause
