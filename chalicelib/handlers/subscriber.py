"""The subscriber's own data and password."""

from pydantic import BaseModel, ConfigDict

from chalicelib import bootstrap
from chalicelib.handlers.http import Answer, Request, Views
from chalicelib.handlers.session import Password
from chalicelib.services.subscriber import SubscriberView

views = Views(__name__)


class PasswordRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    current_password: Password
    new_password: Password


@views.route("GET", "/api/subscriber", "Name, login and masked contacts", answers={200: SubscriberView})
def subscriber(request: Request) -> Answer:
    return Answer(bootstrap.subscribers().view(request.who.subscriber_id))


@views.route(
    "PUT",
    "/api/subscriber/password",
    "Replace the password of the portal; every other session ends",
    body=PasswordRequest,
    answers={204: None},
    errors=(429,),
    with_issued_password=True,
)
def change_password(request: Request) -> Answer:
    wish = request.body
    bootstrap.portal_password().change(request.who, wish.current_password, wish.new_password, request.client)
    return Answer(status=204)
