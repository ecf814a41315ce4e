"""What the port shows of an account: its summary, its services, its promise. Pure."""

from datetime import date
from zoneinfo import ZoneInfo

from chalicelib.billing import (
    AccountState,
    AccountSummary,
    NextCharge,
    PlannedChange,
    Promise,
    Service,
    ServiceKind,
    Suspension,
)
from chalicelib.billing.embedded.forecast import missing_for
from chalicelib.billing.embedded.standing import Line, Standing
from chalicelib.billing.embedded.tables import AccountRow
from chalicelib.clock import last_instant


def promised(standing: Standing, today: date, zone: ZoneInfo) -> Promise | None:
    """What is left of a promise; None from the day after its last, whether or not somebody has ended it."""
    limit = standing.promise
    if limit is None or today > limit.last_day:
        return None
    return Promise(amount_kopecks=limit.left_kopecks, until=last_instant(limit.last_day, zone))


def summary(own: AccountRow, standing: Standing) -> AccountSummary:
    return AccountSummary(
        account=own.account,
        label=own.label,
        address=own.address,
        balance_kopecks=standing.balance_kopecks,
        state=standing.shown_state,
    )


def service(line: Line, standing: Standing, today: date, next_charge: NextCharge | None) -> Service:
    """A service is off with its account, except TV, which stays on to its paid end."""
    state = AccountState.ACTIVE if line.kind is ServiceKind.TV else standing.state
    planned = line.planned
    return Service(
        id=line.service,
        kind=line.kind,
        title=line.title,
        state=AccountState.SUSPENDED if line.paused and state is AccountState.ACTIVE else state,
        tariff=line.tariff,
        next_charge=next_charge,
        planned_change=PlannedChange(
            tariff=planned.tariff, on=planned.on, missing=missing_for(standing, planned.on, today)
        )
        if planned
        else None,
        suspension=Suspension(start=line.pause.start, end=line.pause.end, started=line.pause.started)
        if line.pause
        else None,
    )
