"""The subscriber's own data."""

from chalicelib import bootstrap
from chalicelib.handlers.http import Answer, Request, Views
from chalicelib.services.subscriber import SubscriberView

views = Views(__name__)


@views.route("GET", "/api/subscriber", "Name, login and masked contacts", answers={200: SubscriberView})
def subscriber(request: Request) -> Answer:
    return Answer(bootstrap.subscribers().view(request.who.subscriber_id))
