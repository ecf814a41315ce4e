"""The map of the portal: every route, schedule and middleware of the deployment starts here."""

from typing import Any

from chalice.app import Chalice, CloudWatchEvent, Rate

from chalicelib.handlers import (
    accounts,
    home,
    internet,
    jobs,
    meta,
    promised_payments,
    session,
    subscriber,
    topups,
    webhooks,
)
from chalicelib.store.agenda import Kind

app = Chalice(app_name="portal")

for module in (home, session, subscriber, accounts, topups, promised_payments, internet, webhooks, meta):
    app.register_blueprint(module.views.blueprint())


def _remaining(event: CloudWatchEvent) -> Any:
    """How long the running function still has; Lambda's own context knows."""
    context: Any = event.context
    return context.get_remaining_time_in_millis


# Schedules are declared here and nowhere else: in a blueprint they would run in Lambda without this file.


@app.schedule(Rate(1, unit=Rate.MINUTES))
def ask_gateways(event: CloudWatchEvent) -> dict[str, int]:
    return jobs.run(Kind.ASK_GATEWAY, _remaining(event))


@app.schedule(Rate(1, unit=Rate.MINUTES))
def settle_topups(event: CloudWatchEvent) -> dict[str, int]:
    return jobs.run(Kind.SETTLE_TOPUP, _remaining(event))


@app.schedule(Rate(1, unit=Rate.MINUTES))
def deliver_messages(event: CloudWatchEvent) -> dict[str, int]:
    return jobs.run(Kind.DELIVER_MESSAGE, _remaining(event))


@app.schedule(Rate(1, unit=Rate.MINUTES))
def open_periods(event: CloudWatchEvent) -> dict[str, int]:
    return jobs.run(Kind.ACCOUNT_DAY, _remaining(event))


@app.schedule(Rate(1, unit=Rate.MINUTES))
def promised_payment_expiry(event: CloudWatchEvent) -> dict[str, int]:
    return jobs.run(Kind.PROMISED_PAYMENT, _remaining(event))
