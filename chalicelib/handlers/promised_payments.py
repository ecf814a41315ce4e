"""Promised payment: what may be taken, and taking it."""

from pydantic import BaseModel, ConfigDict

from chalicelib import bootstrap
from chalicelib.handlers import texts
from chalicelib.handlers.http import Answer, Request, Views
from chalicelib.models import PositiveKopecks
from chalicelib.services.promised_payments import PastPromise, PromiseScreen

views = Views(__name__)


class TakeRequest(BaseModel):
    """The sum that was on screen; another one is not granted in its place."""

    model_config = ConfigDict(extra="forbid", strict=True)

    expected_amount_kopecks: PositiveKopecks


class ToldPromise(PromiseScreen):
    """``message`` says the code in the caller's language."""

    message: str | None = None


@views.route(
    "GET",
    "/api/accounts/{account}/promised-payment",
    "Whether a promised payment may be taken, the one that stands, and the past ones",
    answers={200: ToldPromise},
)
def screen(request: Request, account: str) -> Answer:
    who, language = request.who.subscriber_id, request.client.language
    found = bootstrap.promised_payments().screen(who, account, language)
    return Answer(ToldPromise(**dict(found), message=texts.refusal(found.code, language)))


@views.route(
    "POST",
    "/api/accounts/{account}/promised-payment",
    "Take one; the same click within a minute gets the same answer",
    body=TakeRequest,
    answers={201: PastPromise},
    errors=(409,),
)
def take(request: Request, account: str) -> Answer:
    who, language = request.who.subscriber_id, request.client.language
    taken = bootstrap.promised_payments().take(who, account, request.body.expected_amount_kopecks, language)
    return Answer(taken, 201)
