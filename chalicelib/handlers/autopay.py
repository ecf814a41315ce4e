"""Autopay: what it will do, connecting, its limit, skipping, disconnecting."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.handlers.http import Answer, Request, Views
from chalicelib.handlers.topups import canonical, ordered_answer
from chalicelib.models import LocalDate, PositiveKopecks, Value
from chalicelib.providers.gateways import Checkout
from chalicelib.services.autopay import Caller, InFlight
from chalicelib.services.autopay_screen import AutopayScreen
from chalicelib.services.topups import Wish
from chalicelib.store.topups import Status as TopUpStatusName

views = Views(__name__)
_PATH = "/api/accounts/{account}/autopay"


class FirstPayment(BaseModel):
    """An ordinary top-up that saves the card; the browser makes the id."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[str, AfterValidator(canonical)]
    amount_kopecks: PositiveKopecks
    gateway: str


class ConnectRequest(BaseModel):
    """``terms_version`` is the version of the text that was on screen when the box was ticked.

    Without ``topup`` it is turned on by the card that is kept already.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    terms_version: Annotated[str, Field(max_length=64)]
    cap_kopecks: PositiveKopecks | None = None
    topup: FirstPayment | None = None


class CapRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    cap_kopecks: PositiveKopecks


class SkipRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    period_start: LocalDate


class Connecting(Value):
    """The first payment; by a card that is kept there is none, and it is ``active`` at once."""

    id: str | None
    status: TopUpStatusName | Literal["active"]
    checkout: Checkout | None


class StillInFlight(Value):
    in_flight: InFlight


@views.route("GET", _PATH, "Autopay: card, cap, next charge, history", answers={200: AutopayScreen})
def screen(request: Request, account: str) -> Answer:
    return _screen(request, account)


@views.route(
    "POST",
    _PATH,
    "Agree to the terms, and order the first payment, which saves the card, or go by the card that is kept",
    body=ConnectRequest,
    answers={201: Connecting, 200: Connecting},
    errors=(409, 429),
    step_up=True,
)
def connect(request: Request, account: str) -> Answer:
    body = request.body
    first, language = body.topup, request.client.language
    if first is None:
        turned = bootstrap.connecting().by_card(_caller(request), account, body.terms_version, body.cap_kopecks)
        return Answer(Connecting(id=None, status="active", checkout=None), 201 if turned else 200)
    wish = Wish(first.id, account, first.amount_kopecks, first.gateway, language, save_card=True)
    ordered = bootstrap.connecting().by_payment(_caller(request), wish, body.terms_version, body.cap_kopecks)
    return Answer(Connecting(**dict(ordered_answer(ordered))), 201 if ordered.created else 200)


@views.route(
    "PATCH",
    _PATH,
    "Change the cap; raising it wants the password again",
    body=CapRequest,
    answers={200: AutopayScreen},
    errors=(409,),
)
def change(request: Request, account: str) -> Answer:
    bootstrap.autopay().change_cap(_caller(request), account, request.body.cap_kopecks)
    return _screen(request, account)


@views.route(
    "POST",
    f"{_PATH}/skip",
    "No charge for the period that begins on this day",
    body=SkipRequest,
    answers={200: AutopayScreen},
    errors=(409,),
)
def skip(request: Request, account: str) -> Answer:
    bootstrap.autopay().skip(_caller(request), account, request.body.period_start)
    return _screen(request, account)


@views.route(
    "DELETE",
    _PATH,
    "Withdraw the consent and forget the card; 200 tells of a charge that is under way",
    answers={204: None, 200: StillInFlight},
)
def disconnect(request: Request, account: str) -> Answer:
    flying = bootstrap.autopay().disconnect(_caller(request), account)
    return Answer(StillInFlight(in_flight=flying)) if flying is not None else Answer(None, 204)


def _screen(request: Request, account: str) -> Answer:
    language: Literal["ru", "en"] = request.client.language
    return Answer(bootstrap.autopay_view().screen(request.who.subscriber_id, account, language))


def _caller(request: Request) -> Caller:
    return Caller(request.who, request.client, bootstrap.sessions().stepped_up(request.who))
