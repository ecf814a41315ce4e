"""What can go wrong, in the portal's own words. No error here knows an HTTP status.

``code`` goes to the browser; the text in the exception's arguments is for the log alone and never
holds a secret or another subscriber's data.
"""

from collections.abc import Mapping
from datetime import date, datetime


class PortalError(Exception):
    """The root; ``code`` is the stable word that the site and the tests read."""

    code = "internal_error"


class InvalidRequest(PortalError):
    """Our schema or a limit said no. ``fields`` names each bad field with a reason code."""

    code = "invalid_request"

    def __init__(self, fields: Mapping[str, str] | None = None, detail: str = "") -> None:
        super().__init__(detail or ", ".join(fields or ()))
        self.fields = dict(fields or {})


class NotAuthenticated(PortalError):
    code = "not_authenticated"


class Forbidden(PortalError):
    """Known who asks, and the answer is no. ``code`` says what is missing (``step_up_required``, ``bad_origin``)."""

    def __init__(self, code: str = "forbidden") -> None:
        super().__init__(code)
        self.code = code


class NotFound(PortalError):
    """Absent, or another subscriber's: the two must look alike to the byte."""

    code = "not_found"


class TooManyAttempts(PortalError):
    code = "too_many_attempts"

    def __init__(self, available_from: datetime) -> None:
        super().__init__(available_from.isoformat())
        self.available_from = available_from


class Rejected(PortalError):
    """A rule or a company said no, for good. ``available_from`` and ``fix`` tell the way out.

    ``numbers`` are the sums as they are now, where the refused request was decided on others (``numbers_changed``).
    """

    def __init__(
        self,
        code: str,
        available_from: datetime | date | None = None,
        fix: str | None = None,
        numbers: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.available_from = available_from
        self.fix = fix
        self.numbers = dict(numbers or {})


class UpstreamError(PortalError):
    """The three ways in which an outside system can fail us; ``upstream.py`` alone tells them apart."""


class UpstreamUnavailable(UpstreamError):
    """The request was certainly not executed: repeating it is safe."""

    code = "upstream_unavailable"


class NotYourTurn(UpstreamUnavailable):
    """The company allows a question only so often; nothing was sent. ``available_from`` is the next turn."""

    def __init__(self, available_from: datetime) -> None:
        super().__init__(available_from.isoformat())
        self.available_from = available_from


class UpstreamBroken(UpstreamError):
    """A read was answered by a 5xx or by nonsense."""

    code = "upstream_broken"


class OutcomeUnknown(UpstreamError):
    """A write was sent and its answer is lost or unreadable: it may have happened. Ask, never repeat blindly."""

    code = "outcome_unknown"


class SignatureInvalid(PortalError):
    """A webhook that is not theirs. Nothing may be touched."""

    code = "bad_signature"


class BadWebhook(PortalError):
    """A webhook that cannot be read at all: bad encoding, doubled keys, missing fields."""

    code = "bad_webhook"


class Quarantined(PortalError):
    """A validly signed notification that does not fit our order: an operator decides, the company gets no OK."""

    code = "quarantined"


class Conflict(Rejected):
    """The same id was used for something else."""

    def __init__(self) -> None:
        super().__init__("conflict")
