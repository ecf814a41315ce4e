"""Firing the schedules of ``app.py`` as the cloud does, by their name there."""

import json
from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from chalice.app import SQSEventConfig

from chalicelib.store.agenda import AgendaRow
from tests.product import Product

#: The schedules that were fired in this process: what no flow fires fails the build.
fired: set[str] = set()


def names() -> set[str]:
    """Every scheduled function of the deployment."""
    return set(jobs()) - set(queues())


def queues() -> list[str]:
    """Every function that works off a queue."""
    import app

    return [source.name for source in app.app.event_sources if isinstance(source, SQSEventConfig)]


def jobs() -> list[str]:
    """Everything that runs without a request."""
    import app

    return [source.name for source in app.app.event_sources]


def fire(name: str) -> dict[str, int]:
    counts: dict[str, int] = _call(name, _EVENT)
    return counts


def receive(name: str, body: Mapping[str, object]) -> None:
    """One message of a queue, as its function gets it."""
    _call(name, {"Records": [{"body": json.dumps(body), "receiptHandle": "1", "eventSourceARN": name}]})


def _call(name: str, event: Mapping[str, object]) -> Any:
    import app

    fired.add(name)
    handler: Any = getattr(app, name)
    return handler(event, SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000, aws_request_id=name))


_EVENT = {
    "version": "0", "account": "1", "region": "r", "detail": {}, "detail-type": "", "source": "aws.events",
    "time": "", "id": "1", "resources": [],
}  # fmt: skip


def waiting() -> list[AgendaRow]:
    """The agenda's rows, without the places of workers, which mean nothing once their time is over."""
    return [row for row in AgendaRow.scan() if not row.partition.startswith("worker#")]


#: Far more rounds than a day of one flow has; what still comes due then comes for ever.
MOST_ROUNDS = 300


def let_pass(shop: Product, **by: float) -> None:
    """Time goes by, and every schedule fires whenever something is due: everything at its own moment."""
    until = shop.clock() + timedelta(**by)
    for _ in range(MOST_ROUNDS):
        due = min((max(row.due_at, row.lease_until or row.due_at) for row in waiting()), default=until)
        if due >= until:
            break
        shop.clock.advance(max((due - shop.clock()).total_seconds(), 0))
        for name in sorted(names()):
            fire(name)
    else:
        raise AssertionError(f"the agenda is never done: {[row.key for row in waiting()]}")
    shop.clock.advance((until - shop.clock()).total_seconds())
