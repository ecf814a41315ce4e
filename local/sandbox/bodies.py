"""The bodies that the sandbox takes, as JSON or from the panel's own forms, and who may send them."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from local.sandbox.faults import CALLS, Kind
from local.sandbox.payments import CardState, Outcome, Told, Webhook
from local.web import Request, Response, error_response, json_response, parse_form

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
MOST_DAYS = 20 * 366


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClockBody(Body):
    advance_days: int | None = Field(None, ge=-MOST_DAYS, le=MOST_DAYS)
    advance_seconds: int | None = Field(None, ge=-MOST_DAYS * 86400, le=MOST_DAYS * 86400)
    now: AwareDatetime | None = None
    jump: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        moves = self.advance_days is not None or self.advance_seconds is not None
        if moves == (self.now is not None):
            raise ValueError("either advance_days and advance_seconds, or now")
        return self

    @property
    def by(self) -> timedelta:
        return timedelta(days=self.advance_days or 0, seconds=self.advance_seconds or 0)


#: InvId of the one company, Order_IDP of the other
Invoice = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,127}$")]


class PayBody(Body):
    invoice: Invoice
    outcome: Outcome
    webhook: Webhook = "normal"
    card: str | None = Field(None, max_length=40)


class CancelBody(Body):
    invoice: Invoice
    webhook: Literal["normal", "lost"] = "normal"


class CardBody(Body):
    """How the card that this payment saved behaves from now on, and its last valid month where that is told."""

    invoice: Invoice
    state: CardState
    webhook: Told = "normal"
    expires: str | None = Field(None, pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")


class FaultBody(Body):
    target: str
    call: str
    kind: Kind
    times: int = Field(1, ge=1, le=1000)

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.call not in CALLS.get(self.target, ()):
            raise ValueError("no such target, or it has no such call")
        return self


Given = TypeVar("Given", bound=Body)


class Refused(Exception):
    """``answer`` is what the sender gets."""

    def __init__(self, answer: Response) -> None:
        super().__init__(str(answer.status))
        self.answer = answer


def guard(request: Request) -> None:
    """Any web page can make a browser post to this machine: only our own pages and programs may change anything.

    :raises Refused: 403.
    """
    host = request.headers.get("Host")
    if host and urlsplit(f"//{host}").hostname not in LOOPBACK:
        raise Refused(error_response(403, "bad_host", "Песочница отвечает только на этой машине"))
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    same = urlsplit(origin).netloc == host if origin else site in ("same-origin", "none")
    if same or (origin is None and site is None and request.content_type != FORM):
        return
    raise Refused(error_response(403, "bad_origin", "Запрос пришёл с чужой страницы"))


def read(request: Request, model: type[Given]) -> Given:
    """The body as the model. JSON is taken strictly, a form's texts are converted and its empty fields left out.

    :raises Refused: 400 unreadable, 415 another type, 422 not the model.
    """
    try:
        if request.content_type == JSON:
            return model.model_validate_json(request.body or b"{}", strict=True)
        if request.content_type == FORM:
            return model.model_validate(_form_values(request))
    except ValidationError as error:
        raise Refused(_invalid(error)) from None
    except ValueError:
        raise Refused(error_response(400, "bad_form", "Форма не читается")) from None
    raise Refused(error_response(415, "bad_content_type", "Нужен application/json"))


def _form_values(request: Request) -> dict[str, Any]:
    values = {name: value for name, value in parse_form(request.body) if value != ""}
    target_call = values.pop("target_call", None)  # the panel chooses both in one list
    if target_call is not None:
        values["target"], _, values["call"] = target_call.partition(" ")
    return values


def _invalid(error: ValidationError) -> Response:
    if any(detail["type"] == "json_invalid" for detail in error.errors()):
        return error_response(400, "bad_json", "Тело запроса не читается как JSON")
    fields = {".".join(str(part) for part in detail["loc"]) or "body": detail["type"] for detail in error.errors()}
    return json_response(422, {"code": "invalid_request", "message": "Запрос не подходит", "fields": fields})
