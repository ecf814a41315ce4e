"""Reading what was sent, strictly: one spelling for each thing, limits on everything."""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote

from chalice.app import Request as ChaliceRequest
from pydantic import BaseModel, ValidationError

from chalicelib.errors import BadWebhook, InvalidRequest, NotFound
from chalicelib.handlers.failures import BadJson, TooLarge, UnsupportedMediaType

LARGEST_BODY = 64 * 1024
MOST_FORM_FIELDS = 100
#: Numbers of accounts, ids of services, UUIDs: whatever else comes in a path names nothing of ours.
_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}", re.ASCII)


def path(parameters: Mapping[str, str]) -> dict[str, str]:
    """Path parameters, decoded once: API Gateway leaves them encoded."""
    decoded = {name: unquote(value) for name, value in parameters.items()}
    if not all(_NAME.fullmatch(value) for value in decoded.values()):
        raise NotFound
    return decoded


def cookies(event: ChaliceRequest) -> Mapping[str, str]:
    """Name -> value, the first of each name. Cut by hand: one odd cookie of somebody else's must not hide ours."""
    found: dict[str, str] = {}
    for part in event.headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        found.setdefault(name, value)
    return found


def json_body(event: ChaliceRequest, model: type[BaseModel] | None) -> BaseModel | None:
    """:raises InvalidRequest: naming each bad field. Bad JSON, size and type have their own errors."""
    raw = _raw(event)
    if _media_type(event) != "application/json":
        raise UnsupportedMediaType
    try:
        data = json.loads(raw.decode("utf-8"), object_pairs_hook=_no_doubles, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadJson from None
    if model is None:
        return None
    try:
        return model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        raise InvalidRequest(_fields(error)) from None


def query(event: ChaliceRequest, model: type[BaseModel] | None) -> BaseModel | None:
    """Query parameters; an unknown or a doubled one is refused rather than guessed."""
    given = event.query_params
    pairs = {name: given.getlist(name) for name in given} if given else {}
    if model is None:
        return None
    doubled = {name: "duplicate" for name, values in pairs.items() if len(values) > 1}
    if doubled:
        raise InvalidRequest(doubled)
    try:
        return model.model_validate({name: values[0] for name, values in pairs.items()}, strict=False)
    except ValidationError as error:
        raise InvalidRequest(_fields(error)) from None


def form(event: ChaliceRequest, method: str) -> Mapping[str, str]:
    """A webhook's fields as the company hashed them: decoded once, nothing trimmed, nothing twice.

    :raises BadWebhook: not UTF-8, a doubled key, too many fields.
    """
    if method == "GET":
        given: Any = event.query_params or {}
        pairs = [(name, value) for name in given for value in given.getlist(name)]
        return _unique(pairs)
    raw = _raw(event)
    if _media_type(event) != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FORM_FIELDS)
    except ValueError:
        raise BadWebhook("unreadable form") from None
    return _unique(pairs)


def _unique(pairs: list[tuple[str, str]]) -> Mapping[str, str]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise BadWebhook("a doubled field")
    return fields


def _raw(event: ChaliceRequest) -> bytes:
    try:
        body = event.raw_body
    except ValueError:
        raise BadJson from None
    raw = body if isinstance(body, bytes) else str(body or "").encode("utf-8", "surrogatepass")
    if len(raw) > LARGEST_BODY:
        raise TooLarge
    return raw


def _media_type(event: ChaliceRequest) -> str:
    return str(event.headers.get("content-type", "")).partition(";")[0].strip().lower()


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a doubled key")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _fields(error: ValidationError) -> dict[str, str]:
    """Field -> pydantic's reason code; never the value, which may be a secret."""
    return {".".join(map(str, item["loc"])) or "body": item["type"] for item in error.errors()}
