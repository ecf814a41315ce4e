"""Facts about the service itself: is it alive, and what can be asked of it."""

from typing import Any

from chalicelib import bootstrap
from chalicelib.handlers import openapi
from chalicelib.handlers.http import Answer, Request, Views
from chalicelib.models import Value

views = Views(__name__)


class Health(Value):
    status: str
    version: str


@views.route("GET", "/api/health", "Whether the service answers", public=True, answers={200: Health})
def health(request: Request) -> Answer:
    return Answer(Health(status="ok", version=bootstrap.settings().version))


@views.route("GET", "/api/openapi.json", "This document", public=True, answers={200: dict[str, Any]})
def document(request: Request) -> Answer:
    return Answer(openapi.document(all_routes(), bootstrap.settings().version))


def all_routes() -> list[Any]:
    """Every route of the portal, in the order of ``app.py``."""
    from chalicelib.handlers import (
        accounts,
        autopay,
        home,
        internet,
        promised_payments,
        session,
        subscriber,
        topups,
        webhooks,
    )

    modules = (home, session, subscriber, accounts, topups, autopay, promised_payments, internet, webhooks)
    return [route for module in modules for route in module.views.routes] + views.routes
