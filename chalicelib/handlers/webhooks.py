"""Notifications of the payment companies. Their signature is their only right to come in."""

from collections.abc import Callable

from chalicelib import bootstrap
from chalicelib.handlers.failures import MethodNotAllowed
from chalicelib.handlers.http import Answer, Request, Views
from chalicelib.providers.gateways import ADAPTERS

views = Views(__name__)


def _receiver(name: str) -> Callable[[Request], Answer]:
    def receive(request: Request) -> Answer:
        acknowledgement = bootstrap.webhooks().receive(name, request.form)
        return Answer(text=acknowledgement.body, content_type=f"{acknowledgement.content_type}; charset=utf-8")

    receive.__name__ = name
    return receive


def _receiver_by_get(name: str) -> Callable[[Request], Answer]:
    """A company whose cabinet is set to GET; closed unless this provider's settings say so."""
    receive = _receiver(name)

    def receive_by_get(request: Request) -> Answer:
        if not bootstrap.webhooks().gateway(name).webhook_get:
            raise MethodNotAllowed
        return receive(request)

    receive_by_get.__name__ = f"{name}_by_get"
    return receive_by_get


# One address for each company of the registry: a new adapter needs no line here.
for _name in ADAPTERS:
    for _method, _handler in (("POST", _receiver(_name)), ("GET", _receiver_by_get(_name))):
        views.route(
            _method,
            f"/api/webhooks/{_name}",
            f"Notification of {_name}, answered as its documents demand",
            public=True,
            takes="form",
            answers={200: str},
            errors=(400, 404, 409),
        )(_handler)
