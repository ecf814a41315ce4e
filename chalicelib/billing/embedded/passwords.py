"""Passwords of the network: kept sealed in the account's standing, opened for its export alone."""

from datetime import date

from chalicelib.billing import ServiceKind
from chalicelib.billing.embedded.standing import Line, Standing
from chalicelib.billing.embedded.steps import Said, Step
from chalicelib.errors import NotFound


def context(subscriber_id: str, account: str, service: str) -> dict[str, str]:
    """What a sealed password belongs to; with any other it does not open."""
    return {"subscriber": subscriber_id, "account": account, "service": service}


def internet_line(standing: Standing, service: str) -> Line:
    """:raises NotFound: no such service, or none that signs in to the network."""
    line = standing.line(service)
    if line is None or line.kind is not ServiceKind.INTERNET:
        raise NotFound(service)
    return line


def put(standing: Standing, service: str, sealed: str, stamp: str, today: date) -> Step:
    """``stamp`` makes the message the only one of this change."""
    line = internet_line(standing, service)
    facts = {"account": standing.account, "service": line.title}
    said = Said("internet_password_changed", f"{service}:{stamp}", facts, at_once=True)
    changed = standing.with_line(line.model_copy(update={"password": sealed}))
    return Step(today, "password", changed, said=(said,))
