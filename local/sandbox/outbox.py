"""The sandboxes of the message companies: whatever they accept is kept for a person or a test to read."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalicelib.clock import Clock, to_text
from local.sandbox.faults import Faults
from local.sandbox.state import State, to_state
from local.web import Request, Response, json_response, parse_form

#: A code as a person would find it in the text: a number of 4 to 8 digits soon after the word.
_CODE = re.compile(r"(?:\bкод|\bcode)[^\d\n]{0,40}(\d{4,8})(?!\d)", re.IGNORECASE)

SMS_NOT_OURS = json_response(200, {"error": "authorise error", "error_code": 2})


class Outbox:
    """``sms_login`` and ``sms_password`` are what SMSC would know of our account."""

    def __init__(self, state: State, clock: Clock, faults: Faults, sms_login: str, sms_password: str) -> None:
        self._state, self._clock, self._faults = state, clock, faults
        self._sms = (sms_login, sms_password)

    def messages(self, to: str | None = None) -> list[dict[str, Any]]:
        """Oldest first; ``to`` may be written with or without the plus of a phone number."""
        found = self._state.rows("select * from message order by at, id")
        wanted = to and _bare(to)
        return [_shown(row) for row in found if not wanted or _bare(row["recipient"]) == wanted]

    def smsc(self, request: Request) -> Response:
        """POST or GET /sys/send.php with ``fmt=3`` (smsc.ru: api/http/send/sms)."""
        refusal = json_response(200, {"error": "message is denied", "error_code": 6, "id": 0})
        return self._answer(request, "sms", "send", self._send_sms, refusal)

    def smsc_status(self, request: Request) -> Response:
        """POST or GET /sys/status.php with ``fmt=3`` (smsc.ru: api/http/status_messages)."""
        refusal = json_response(200, {"error": "ip blocked", "error_code": 4})
        return self._answer(request, "sms", "was_sent", self._sms_status, refusal)

    def ses(self, request: Request) -> Response:
        """POST /v2/email/outbound-emails (docs.aws.amazon.com: SES API v2, SendEmail)."""
        refusal = _aws_error("MessageRejected", "Email address is not verified.")
        return self._answer(request, "email", "send", self._mail, refusal)

    def _answer(
        self, request: Request, target: str, call: str, work: Callable[[Request], Response], refusal: Response
    ) -> Response:
        answer = self._faults.around(target, call, lambda: work(request), refusal)
        status = "-" if answer.dropped else answer.status
        self._state.log_call(self._clock(), target, call, request.method, request.path, status)
        return answer

    def _send_sms(self, request: Request) -> Response:
        form = _form(request)
        if (form.get("login"), form.get("psw")) != self._sms:
            return SMS_NOT_OURS
        if not form.get("phones") or not form.get("mes") or form.get("fmt") != "3" or form.get("charset") != "utf-8":
            return json_response(200, {"error": "parameters error", "error_code": 1})
        if not re.fullmatch(r"\+?\d{10,15}", form["phones"]):
            return json_response(200, {"error": "invalid number", "error_code": 7, "id": form.get("id", "")})
        event = request.headers.get("X-Message-Kind", "")
        id = self._store("sms", form.get("id", ""), form["phones"], event, "", form["mes"])
        return json_response(200, {"id": id, "cnt": 1})

    def _sms_status(self, request: Request) -> Response:
        form = _form(request)
        if (form.get("login"), form.get("psw")) != self._sms:
            return SMS_NOT_OURS
        row = self._state.row("select * from message where channel = 'sms' and id = ?", form.get("id", ""))
        known = row is not None and _bare(row["recipient"]) == _bare(form.get("phone", ""))
        return json_response(200, {"status": 1 if known else -3})

    def _mail(self, request: Request) -> Response:
        try:
            letter = json.loads(request.body)
            simple = letter["Content"]["Simple"]
            to, text = letter["Destination"]["ToAddresses"][0], simple["Body"]["Text"]["Data"]
            subject = simple["Subject"]["Data"]
            tags = {tag["Name"]: tag["Value"] for tag in letter.get("EmailTags", ())}
        except (ValueError, LookupError, TypeError):
            return _aws_error("BadRequestException", "The request is not a simple text letter.")
        id = self._store("email", tags.get("id", ""), to, tags.get("kind", ""), subject, text)
        return json_response(200, {"MessageId": id})

    def _store(self, channel: str, id: str, to: str, event: str, subject: str, text: str) -> str:
        """A repeat of the same id is the same message: it is kept once, and the calls log shows both."""
        now = self._clock()
        id = id or f"{channel}-{to_state(now)}"
        code = _CODE.search(text)
        row = (id, channel, to_state(now), to, event, subject, text, code[1] if code else None)
        self._state.change("insert or ignore into message values (?, ?, ?, ?, ?, ?, ?, ?)", *row)
        return id


def _form(request: Request) -> dict[str, str]:
    try:
        return dict(parse_form(request.body)) | dict(request.query)
    except ValueError:
        return {}


def _aws_error(code: str, message: str) -> Response:
    return json_response(400, {"message": message}, **{"x-amzn-ErrorType": code})


def _bare(address: str) -> str:
    return address.strip().lstrip("+").lower()


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    names = {
        "id": "id",
        "channel": "channel",
        "to": "recipient",
        "event": "event",
        "subject": "subject",
        "text": "text",
    }
    shown = {name: row[column] for name, column in names.items() if row[column] != "" or name != "subject"}
    shown["at"] = to_text(datetime.fromisoformat(row["at"]))
    return shown | ({"code": row["code"]} if row["code"] else {})
