"""The bases of every typed value that crosses a border of the portal."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

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
