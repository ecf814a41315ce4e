"""Notifications of the payment companies. Their signature is their only right to come in."""

from chalicelib import bootstrap
from chalicelib.handlers.failures import MethodNotAllowed
from chalicelib.handlers.http import Answer, Request, Views

views = Views(__name__)

_FACTS = {"public": True, "takes": "form", "answers": {200: str}, "errors": (202, 400, 409, 502)}


@views.route("POST", "/api/webhooks/robokassa", "ResultURL of Robokassa", **_FACTS)
def robokassa(request: Request) -> Answer:
    return _received("robokassa", request)


@views.route("GET", "/api/webhooks/robokassa", "ResultURL of Robokassa, where the shop is set to GET", **_FACTS)
def robokassa_get(request: Request) -> Answer:
    if not bootstrap.webhooks().gateway("robokassa").webhook_get:
        raise MethodNotAllowed
    return _received("robokassa", request)


def _received(name: str, request: Request) -> Answer:
    acknowledgement = bootstrap.webhooks().receive(name, request.form)
    return Answer(text=acknowledgement.body, content_type=f"{acknowledgement.content_type}; charset=utf-8")
