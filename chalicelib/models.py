"""The bases of every typed value that crosses a border of the portal."""

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from chalicelib.clock import to_text
from chalicelib.money import Kopecks


class Value(BaseModel):
    """An immutable value that ports and services hand around; no surprise fields, no silent coercion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _as_text(instant: datetime) -> str:
    return to_text(instant.astimezone(UTC))


#: In JSON an instant is whole seconds of UTC with a ``Z``.
Instant = Annotated[datetime, PlainSerializer(_as_text, return_type=str, when_used="json")]

#: A sum of money in a body that somebody sends us: positive, whole, within 2**53 of any browser.
PositiveKopecks = Annotated[Kopecks, Field(gt=0, le=10**12)]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _plain_day(given: object) -> object:
    if not isinstance(given, str):
        return given
    if not _DAY.fullmatch(given):
        raise ValueError("not a plain date")
    return date.fromisoformat(given)


#: A day in a query or a body: ``2026-12-01`` and nothing else. Left to pydantic, an instant of any zone at midnight
#: and a number of seconds would be days too.
LocalDate = Annotated[date, BeforeValidator(_plain_day)]
