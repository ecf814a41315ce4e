"""E-mail through Amazon SES v2, or anything that speaks its SendEmail (Yandex Cloud Postbox does)."""

import re
from collections.abc import Mapping
from typing import Any, Self

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
)
from pydantic import BaseModel, ConfigDict, Field

from chalicelib.errors import OutcomeUnknown, PortalError, Rejected, UpstreamUnavailable
from chalicelib.metrics import observed
from chalicelib.providers.messages import Text
from chalicelib.upstream import CONNECT_SECONDS, READ_SECONDS, Outgoing

PREFIX = "SES_"


class Settings(BaseModel):
    """``SES_<NAME>`` of the environment; AWS credentials come from where botocore finds them."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    sender: str = Field(min_length=3, description="the From address, verified at SES; may be «Name <address>»")
    region: str = "eu-central-1"
    endpoint_url: str | None = Field(None, description="another service with this API, or the local sandbox")
    configuration_set: str | None = None


#: Nothing has left: no connection, nobody to sign as.
NEVER_SENT = (
    EndpointConnectionError,
    ConnectTimeoutError,
    NoCredentialsError,
    PartialCredentialsError,
    NoRegionError,
)

#: This letter, for good (docs.aws.amazon.com: SES API v2, SendEmail, Errors). Every other 4xx is about our
#: account, rights or rate: not sent, and worth repeating once mended.
REFUSED = ("MessageRejected", "BadRequestException", "InvalidParameterValue", "ValidationException")

_TAG = re.compile(r"[^A-Za-z0-9_-]")
#: One address and no line break: a second address or header must not slip in.
_ADDRESS = re.compile(r"[^\s@,;<>\"()]{1,64}@[^\s@,;<>\"()]{1,253}")


class SesEmail:
    channel = "email"

    def __init__(self, settings: Settings, client: Any) -> None:
        """``client`` is a ``sesv2`` client without retries: each of them could be a second letter."""
        self._settings = settings
        self._client = client

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], http: Outgoing) -> Self:
        """``http`` belongs to the registry's signature; botocore has its own line.

        :raises pydantic.ValidationError: naming the setting.
        """
        given = {name[len(PREFIX) :].lower(): value for name, value in environ.items() if name.startswith(PREFIX)}
        settings = Settings.model_validate(given)
        return cls(settings, _client(settings))

    def send(self, to: str, kind: str, text: Text, id: str) -> None:
        """One plain text letter. Not idempotent: SES has no key for that. ``kind`` and ``id`` travel as tags.

        :raises Rejected: this address or letter is refused for good.
        :raises UpstreamUnavailable: not sent. :raises OutcomeUnknown: it may have been sent.
        """
        if not _ADDRESS.fullmatch(to):
            raise Rejected("refused")
        with observed("email", "send") as facts:
            try:
                self._client.send_email(**_letter(self._settings, to, kind, text, id))
            except (BotoCoreError, ClientError) as error:
                facts["status"] = type(error).__name__
                raise _meaning(error) from None

    def was_sent(self, to: str, id: str) -> bool | None:
        """SES finds no letter by an id of ours: always None."""
        return None


def _client(settings: Settings) -> Any:
    # imported only where letters are sent; botocore is in the package, the runtime's boto3 may not fit it
    from botocore.config import Config
    from botocore.session import get_session

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    return get_session().create_client(
        "sesv2", region_name=settings.region, endpoint_url=settings.endpoint_url, config=config
    )


def _letter(settings: Settings, to: str, kind: str, text: Text, id: str) -> dict[str, Any]:
    subject = " ".join(text.subject.split())
    letter: dict[str, Any] = {
        "FromEmailAddress": settings.sender,
        "Destination": {"ToAddresses": [to]},
        "Content": {
            "Simple": {
                "Subject": {"Data": subject, "Charset": "UTF-8"},
                "Body": {"Text": {"Data": text.body, "Charset": "UTF-8"}},
            }
        },
        "EmailTags": [{"Name": name, "Value": _TAG.sub("_", value)} for name, value in (("kind", kind), ("id", id))],
    }
    if settings.configuration_set:
        letter["ConfigurationSetName"] = settings.configuration_set
    return letter


def _meaning(error: BotoCoreError | ClientError) -> PortalError:
    """Which of the port's errors a botocore error is; its own text may hold the address and is dropped."""
    if isinstance(error, NEVER_SENT):
        return UpstreamUnavailable(f"email send: {type(error).__name__}")
    if isinstance(error, ParamValidationError):
        return Rejected("refused")
    if not isinstance(error, ClientError):
        return OutcomeUnknown(f"email send: {type(error).__name__}")
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in REFUSED:
        return Rejected("refused")
    if 400 <= status < 500:
        return UpstreamUnavailable(f"email send: {code}")
    return OutcomeUnknown(f"email send: {code or status}")
