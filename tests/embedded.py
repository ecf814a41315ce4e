"""The embedded billing by itself, for tests that need no product around it."""

import secrets
from datetime import date

from chalicelib.billing import ServiceKind, Tariff
from chalicelib.billing.embedded import EmbeddedBilling
from chalicelib.billing.embedded.standing import Line, Standing
from chalicelib.clock import Clock
from chalicelib.config import load
from chalicelib.money import Kopecks


def embedded(now: Clock) -> EmbeddedBilling:
    """In Moscow, with the default settings and real chance."""
    return EmbeddedBilling(load({}), now, lambda: secrets.token_hex(16))


def tariff(fee: int, id: str = "t") -> Tariff:
    return Tariff(id=id, title=id, fee_kopecks=Kopecks(fee))


def line(service: str, fee: int, unpaid_from: date, kind: ServiceKind = ServiceKind.INTERNET, **more: object) -> Line:
    title = {ServiceKind.INTERNET: "Интернет", ServiceKind.TELEPHONY: "Телефон"}.get(kind, service)
    given = {"service": service, "kind": kind, "title": title, "tariff": tariff(fee), "unpaid_from": unpaid_from}
    return Line.model_validate({**given, **more})


def standing(balance: int, *lines: Line, anchor: int = 10, **more: object) -> Standing:
    """Of account 1, whose contract began on 1 January 2026."""
    given = {"account": "1", "subscriber_id": "s", "anchor_day": anchor, "contract_on": date(2026, 1, 1)}
    return Standing.model_validate({**given, "balance_kopecks": balance, "lines": lines, **more})
