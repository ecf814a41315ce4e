"""SMS through SMSC.ru: one POST form to /sys/send.php, JSON back (smsc.ru: api/http/send/sms)."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from chalicelib.errors import OutcomeUnknown, PortalError, Rejected, UpstreamBroken, UpstreamUnavailable
from chalicelib.providers.messages import Text
from chalicelib.upstream import Answer, Outgoing

PREFIX = "SMSC_"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Settings(BaseModel):
    """``SMSC_<NAME>`` of the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    login: str = Field(min_length=1)
    password: SecretStr = Field(min_length=1)
    sender: str | None = Field(None, description="a sender name registered at SMSC; without it the account's default")
    base_url: str = "https://smsc.ru"

    @field_validator("base_url")
    @classmethod
    def _private_line(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ValueError("an https:// address, plain http only on this machine")
        return value.rstrip("/")


def _refused() -> PortalError:
    return Rejected("refused")


def _not_sent() -> PortalError:
    return UpstreamUnavailable("sms send: SMSC does not serve our account now")


def _perhaps_sent() -> PortalError:
    return OutcomeUnknown("sms send: the same request was made less than a minute ago")


#: error_code (smsc.ru: api/http/send/sms/sms_answer). What the staff can mend is not sent and may be repeated.
ERRORS = {
    1: _refused,  # wrong parameters
    2: _not_sent,  # wrong login or password, or our address is not allowed
    3: _not_sent,  # no money on our account at SMSC
    4: _not_sent,  # our address is blocked for a while
    5: _refused,  # wrong date
    6: _refused,  # the text or the sender name is forbidden
    7: _refused,  # not a phone number
    8: _refused,  # the number cannot be reached
    9: _perhaps_sent,  # an identical request was received a moment ago, or too many at once
}

#: ``status`` of a message that SMSC does not have (smsc.ru: api/http/status_messages)
NOT_FOUND = -3

#: One number in international form. A list or SMSC's group code (``G1``) would send to many.
_PHONE = re.compile(r"\+?([1-9][0-9]{9,14})", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9._-]{1,40}", re.ASCII)


class SmscSms:
    channel = "sms"

    def __init__(self, settings: Settings, http: Outgoing) -> None:
        self._settings = settings
        self._http = http

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], http: Outgoing) -> Self:
        """:raises pydantic.ValidationError: naming the setting, never the password."""
        given = {name[len(PREFIX) :].lower(): value for name, value in environ.items() if name.startswith(PREFIX)}
        return cls(Settings.model_validate(given), http)

    def send(self, to: str, kind: str, text: Text, id: str) -> None:
        """One SMS of ``text.body``. Not idempotent: SMSC sends a second one for the same id after a minute.

        :raises Rejected: this number or text is refused for good.
        :raises UpstreamUnavailable: not sent. :raises OutcomeUnknown: it may have been sent.
        """
        number = _PHONE.fullmatch(to)
        if number is None:
            raise Rejected("refused")
        settings = self._settings
        form = self._signed_in(id) | {
            "phones": f"+{number[1]}",  # with a plus SMSC does not try to correct the number
            "mes": text.body,
        }
        if settings.sender:
            form["sender"] = settings.sender
        # the kind is for logs on the way; SMSC has no parameter for it and ignores headers that it does not know
        headers = {"X-Message-Kind": re.sub(r"[^A-Za-z0-9._-]", "_", kind)}
        _settle(self._http.write("send", "POST", f"{settings.base_url}/sys/send.php", data=form, headers=headers))

    def was_sent(self, to: str, id: str) -> bool | None:
        """Whether SMSC took a message with this id for this number. Asked soon after a send it may be a little behind.

        :raises UpstreamUnavailable, UpstreamBroken: ask again.
        """
        form = self._signed_in(id) | {"phone": f"+{to.removeprefix('+')}"}
        answer = self._http.read("was_sent", "POST", f"{self._settings.base_url}/sys/status.php", data=form)
        status = (_json(answer) or {}).get("status")
        if type(status) is not int:
            raise UpstreamBroken(f"sms was_sent answered {answer.status} without a status")
        return status != NOT_FOUND

    def _signed_in(self, id: str) -> dict[str, str]:
        """What every call carries. The answer is wanted in JSON; the default charset would be windows-1251."""
        password = self._settings.password.get_secret_value()
        return {"login": self._settings.login, "psw": password, "id": _company_id(id), "fmt": "3", "charset": "utf-8"}


def _company_id(id: str) -> str:
    """Ours where SMSC takes it (40 letters, digits, ``._-``), else a digest of it that stays the same."""
    return id if _ID.fullmatch(id) else hashlib.sha256(id.encode()).hexdigest()[:40]


def _settle(answer: Answer) -> None:
    """Nothing if SMSC took the message, else the error that its answer stands for."""
    body = _json(answer)
    if body is None:
        raise OutcomeUnknown(f"sms send answered {answer.status}, not the documented JSON")
    error = ERRORS.get(body["error_code"]) if isinstance(body.get("error_code"), int) else None
    if error is not None:
        raise error()
    if "error" in body or "error_code" in body or "id" not in body:
        raise OutcomeUnknown("sms send answered something that we do not know")


def _json(answer: Answer) -> dict[str, Any] | None:
    """The JSON object of a 200, else None."""
    try:
        body: Any = json.loads(answer.text) if answer.status == 200 else None
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
