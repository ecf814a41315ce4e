"""From the portal's errors to a status and a body; the only place that knows both."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalice.app import Request as ChaliceRequest
from pydantic import BaseModel

from chalicelib import errors
from chalicelib.clock import to_text
from chalicelib.handlers import texts

if TYPE_CHECKING:
    from chalicelib.handlers.http import Answer


class BadJson(errors.PortalError):
    code = "bad_json"


class MethodNotAllowed(errors.PortalError):
    code = "method_not_allowed"


class UnsupportedMediaType(errors.PortalError):
    code = "unsupported_media_type"


class TooLarge(errors.PortalError):
    code = "too_large"


#: Specific before general: the first class that fits decides.
STATUSES: tuple[tuple[type[errors.PortalError], int], ...] = (
    (errors.InvalidRequest, 422),
    (errors.NotAuthenticated, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.TooManyAttempts, 429),
    (errors.Rejected, 409),
    (errors.UpstreamUnavailable, 503),
    (errors.UpstreamBroken, 502),
    (errors.OutcomeUnknown, 202),
    (errors.SignatureInvalid, 400),
    (errors.BadWebhook, 400),
    (errors.Quarantined, 409),
    (BadJson, 400),
    (MethodNotAllowed, 405),
    (UnsupportedMediaType, 415),
    (TooLarge, 413),
)


class ErrorBody(BaseModel):
    """The body of every refusal. Optional members are absent, not null."""

    code: str
    message: str
    fields: dict[str, str] | None = None
    available_from: str | None = None
    fix: str | None = None
    numbers: dict[str, int] | None = None


def answer(error: errors.PortalError, event: ChaliceRequest) -> "Answer":
    from chalicelib.handlers.http import Answer

    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
    return Answer(_body(error.code, event, **_extras(error, event)), status)


def unexpected(event: ChaliceRequest) -> "Answer":
    from chalicelib.handlers.http import Answer

    return Answer(_body("internal_error", event), 500)


def _body(code: str, event: ChaliceRequest, **extras: Any) -> dict[str, Any]:
    body = ErrorBody(code=code, message=texts.message(code, texts.language(event.headers)), **extras)
    return body.model_dump(exclude_none=True)


def _extras(error: errors.PortalError, event: ChaliceRequest) -> dict[str, Any]:
    language = texts.language(event.headers)
    if isinstance(error, errors.InvalidRequest):
        return {"fields": {name: texts.field(reason, language) for name, reason in error.fields.items()} or None}
    moment = getattr(error, "available_from", None)
    if isinstance(moment, datetime):
        moment = to_text(moment)
    return {
        "available_from": str(moment) if moment else None,
        "fix": getattr(error, "fix", None),
        "numbers": getattr(error, "numbers", None) or None,
    }
