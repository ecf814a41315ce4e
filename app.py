"""The map of the portal: every route, schedule, queue and middleware of the deployment starts here."""

import os
from collections.abc import Mapping

from chalice.app import Chalice, CloudWatchEvent, Rate, SQSEvent

from chalicelib import logs
from chalicelib.handlers import (
    accounts,
    autopay as autopay_views,
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

logs.configure_in_lambda(os.environ)

# Chalice would add a handler of its own, and every line of its logger would come twice.
app = Chalice(app_name="portal", configure_logs=False)

for module in (home, session, subscriber, accounts, topups, autopay_views, promised_payments, internet, webhooks, meta):
    app.register_blueprint(module.views.blueprint())


# Schedules and queues are declared here and nowhere else: in a blueprint they would run in Lambda without this file.


@app.schedule(Rate(1, unit=Rate.MINUTES))
def ask_gateways(event: CloudWatchEvent) -> Mapping[str, int]:
    return jobs.run(Kind.ASK_GATEWAY, event.context)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def settle_topups(event: CloudWatchEvent) -> Mapping[str, int]:
    return jobs.run(Kind.SETTLE_TOPUP, event.context)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def deliver_messages(event: CloudWatchEvent) -> Mapping[str, int]:
    return jobs.run(Kind.DELIVER_MESSAGE, event.context)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def open_periods(event: CloudWatchEvent) -> Mapping[str, int]:
    return jobs.run(Kind.ACCOUNT_DAY, event.context)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def promised_payment_expiry(event: CloudWatchEvent) -> Mapping[str, int]:
    return jobs.run(Kind.PROMISED_PAYMENT, event.context)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def make_refunds(event: CloudWatchEvent) -> Mapping[str, int]:
    return jobs.run(Kind.REFUND, event.context)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def autopay(event: CloudWatchEvent) -> Mapping[str, int]:
    return jobs.run(Kind.AUTOPAY, event.context)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def send_receipts(event: CloudWatchEvent) -> Mapping[str, int]:
    return jobs.run(Kind.RECEIPT, event.context)


@app.schedule(Rate(15, unit=Rate.MINUTES))
def watch_cases(event: CloudWatchEvent) -> Mapping[str, int]:
    return jobs.watch_cases(event.context)


# The name is only a name: the deployment's template puts the real queue's ARN in its place.
@app.on_sqs_message(queue="portal-agenda", batch_size=1)
def work_agenda(event: SQSEvent) -> None:
    for message in event:
        jobs.work(message.body, event.context)
