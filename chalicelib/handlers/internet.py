"""The internet service: its tariff, its suspension, its password."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.billing import Start, SuspensionOffer, TariffChanged, TariffOffer, TariffStart
from chalicelib.errors import InvalidRequest
from chalicelib.handlers import texts
from chalicelib.handlers.http import Answer, Request, Views
from chalicelib.models import LocalDate
from chalicelib.money import Kopecks

views = Views(__name__)

NotNegative = Annotated[Kopecks, Field(ge=0, le=10**12)]
_SERVICE = "/api/accounts/{account}/services/{service}"


class TariffRequest(BaseModel):
    """With the sums that were on screen: what is taken at once and, if given, the fee of each period."""

    model_config = ConfigDict(extra="forbid", strict=True)

    tariff: Annotated[str, Field(min_length=1, max_length=64)]
    when: Start
    expected_charge_kopecks: NotNegative
    expected_fee_kopecks: NotNegative | None = None


class SuspensionRequest(BaseModel):
    """Local days, both inclusive; with the refund that was on screen, if any was."""

    model_config = ConfigDict(extra="forbid", strict=True)

    start: Annotated[LocalDate, Field(alias="from")]
    end: Annotated[LocalDate, Field(alias="to")]
    expected_refund_kopecks: NotNegative | None = None


class SuspensionQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: Annotated[LocalDate | None, Field(alias="from")] = None
    end: Annotated[LocalDate | None, Field(alias="to")] = None


class InternetPasswordRequest(BaseModel):
    """One of the two: a password of the subscriber's own, or the wish that one be made."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    new_password: Annotated[str, Field(max_length=1000)] | None = None
    generate: Literal[True] | None = None


class MadePassword(BaseModel):
    """Shown this once; nothing gives it again."""

    password: str


class ToldStart(TariffStart):
    """``message`` says a code in the caller's language, here and below."""

    message: str | None = None


class ToldTariff(TariffOffer):
    message: str | None = None
    starts: tuple[ToldStart, ...] = ()


class ToldSuspension(SuspensionOffer):
    message: str | None = None


@views.route("GET", _SERVICE + "/tariffs", "Tariffs to choose from, with sums", answers={200: list[ToldTariff]})
def tariffs(request: Request, account: str, service: str) -> Answer:
    language = request.client.language
    return Answer(
        [
            ToldTariff(
                **offer.model_dump(exclude={"starts"}),
                message=texts.refusal(offer.code, language),
                starts=tuple(
                    ToldStart(**dict(start), message=texts.refusal(start.code, language)) for start in offer.starts
                ),
            )
            for offer in bootstrap.internet().tariffs(request.who.subscriber_id, account, service)
        ]
    )


@views.route(
    "POST",
    _SERVICE + "/tariff-change",
    "Change the tariff now or from the next period; the same wish again is harmless",
    body=TariffRequest,
    answers={200: TariffChanged},
    errors=(409,),
)
def change_tariff(request: Request, account: str, service: str) -> Answer:
    wish = request.body
    changed = bootstrap.internet().change_tariff(
        request.who.subscriber_id,
        account,
        service,
        wish.tariff,
        wish.when,
        wish.expected_charge_kopecks,
        wish.expected_fee_kopecks,
    )
    return Answer(changed)


@views.route("DELETE", _SERVICE + "/tariff-change", "Cancel a planned change of the tariff", answers={204: None})
def cancel_tariff_change(request: Request, account: str, service: str) -> Answer:
    bootstrap.internet().cancel_tariff_change(request.who.subscriber_id, account, service)
    return Answer(status=204)


@views.route(
    "GET",
    _SERVICE + "/suspension",
    "Whether the service may be suspended, from when, for how long, and what that brings",
    query=SuspensionQuery,
    answers={200: ToldSuspension},
)
def suspension(request: Request, account: str, service: str) -> Answer:
    asked = request.query
    if (asked.start is None) != (asked.end is None):
        raise InvalidRequest({"to" if asked.end is None else "from": "missing"})
    who = request.who.subscriber_id
    offer = bootstrap.internet().suspension(who, account, service, asked.start, asked.end)
    return Answer(ToldSuspension(**dict(offer), message=texts.refusal(offer.code, request.client.language)))


@views.route(
    "POST",
    _SERVICE + "/suspension",
    "Suspend the service for some days; the same days again are harmless",
    body=SuspensionRequest,
    answers={201: SuspensionOffer},
    errors=(409,),
)
def suspend(request: Request, account: str, service: str) -> Answer:
    asked, who = request.body, request.who.subscriber_id
    offer = bootstrap.internet().suspend(who, account, service, asked.start, asked.end, asked.expected_refund_kopecks)
    return Answer(offer, 201)


@views.route(
    "DELETE",
    _SERVICE + "/suspension",
    "Cancel a planned suspension, or resume today",
    answers={204: None},
    errors=(409,),
)
def resume(request: Request, account: str, service: str) -> Answer:
    bootstrap.internet().resume(request.who.subscriber_id, account, service)
    return Answer(status=204)


@views.route(
    "PUT",
    _SERVICE + "/password",
    "Set the password of the internet service, or have one made; again is harmless",
    body=InternetPasswordRequest,
    answers={200: MadePassword, 204: None},
    step_up=True,
)
def set_password(request: Request, account: str, service: str) -> Answer:
    wish = request.body
    if wish.generate and wish.new_password is not None:
        raise InvalidRequest({"generate": "extra_forbidden"})
    if not wish.generate and wish.new_password is None:
        raise InvalidRequest({"new_password": "missing"})
    made = bootstrap.internet_password().set(request.who, account, service, wish.new_password, request.client)
    return Answer(status=204) if made is None else Answer(MadePassword(password=made))
