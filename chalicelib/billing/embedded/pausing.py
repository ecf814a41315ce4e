"""Voluntary suspension by the calendar: start, reminder, end. Pure.

No subscription fee is charged for suspended days: at the start the unused days of the period come back as a
correction, openings pass the service by, and from the day of the resumption the days left are charged again.
"""

from datetime import date, timedelta

from chalicelib.billing import AccountState, OperationKind, ServicePeriod
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.openings import BLOCK_REASON, Opening, opening_of
from chalicelib.billing.embedded.periods import period_of
from chalicelib.billing.embedded.standing import Line, PastPause, Pause, Standing
from chalicelib.billing.embedded.steps import Said, Step
from chalicelib.money import Kopecks, by_days


def unused(standing: Standing, line: Line, start: date) -> Leg | None:
    """What comes back for the paid days from ``start`` on; None if there are none."""
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
    history = standing.pauses if days.end < days.start else (*standing.pauses, days)
    running = line.model_copy(update={"pause": None, "unpaid_from": max(line.unpaid_from, day)})
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
    opening = _opening(resumed, running, pause, day)
    if resumed.available_on(day) < opening.total_kopecks:
        state = {"state": AccountState.FINANCIAL_BLOCK, "state_reason": BLOCK_REASON}
        said.append(Said("blocked", f"{day.isoformat()}:{pause.id}", {"account": standing.account}))
        blocked = resumed.model_copy(update=state)
        return Step(day, "suspension_end", blocked, tuple(entries), tuple(said), opening.total_kopecks)
    entry = opening.entry()
    if entry is not None:
        entries.append(entry)
    after = resumed.with_lines(opening.paid()).after(entry)
    return Step(day, "suspension_end", after, tuple(entries), tuple(said), opening.total_kopecks)


def _opening(standing: Standing, line: Line, pause: Pause, day: date) -> Opening:
    opening = opening_of(standing, (line,), day)
    return Opening(opening.account, f"suspension:{pause.id}:end", day, opening.period, (line,), "resumption")


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
