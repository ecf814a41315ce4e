"""Unique values for every kind of secret, and the search for them in everything that leaves the portal.

A secret is searched as it is and as somebody may have wrapped it: in a URL, in hexadecimal, in JSON, and in
base64 at each of the three places where it can begin within longer data.
"""

import base64
import json
import logging
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus


def spellings(value: str) -> Mapping[str, str]:
    """How a value can stand in a text; the forms that would be too short to be unique are left out."""
    raw = value.encode()
    forms = {
        "plain": value,
        "upper": value.upper(),
        "double url": quote(quote(value, safe=""), safe=""),
        "url": quote(value, safe=""),
        "form": quote_plus(value),
        "percent": "".join(f"%{byte:02X}" for byte in raw),
        "hex": raw.hex(),
        "HEX": raw.hex().upper(),
        "json": json.dumps(value)[1:-1],
    }
    for shift in range(3):
        forms[f"base64 at {shift}"] = _base64_inside(raw, shift)
        forms[f"base64 for URLs at {shift}"] = _base64_inside(raw, shift).translate(str.maketrans("+/", "-_"))
    return forms


def _base64_inside(raw: bytes, shift: int) -> str:
    """The part of the code that does not depend on what stands before and after the value."""
    code = base64.b64encode(b"\0" * shift + raw).decode()
    return code[-(-8 * shift // 6) : 8 * (shift + len(raw)) // 6]


@dataclass(frozen=True)
class Leak:
    secret: str
    form: str
    sink: str
    context: str


@dataclass
class Sinks:
    """Everything that left the portal: which way, and what."""

    texts: list[tuple[str, str]] = field(default_factory=list)

    def take(self, sink: str, *parts: object) -> None:
        for part in parts:
            self.texts.append((sink, part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part)))

    def kinds(self) -> set[str]:
        return {sink for sink, _ in self.texts}

    def leaks(self, secrets: Mapping[str, str], allowed: Iterable[tuple[str, str]] = ()) -> list[Leak]:
        """Where a secret stands that may not; ``allowed`` are pairs of a sink and a secret's name."""
        excused, found = set(allowed), []
        for name, value in secrets.items():
            for sink, text in self.texts:
                if (sink, name) not in excused:
                    found += [
                        Leak(name, form, sink, _around(text, spelt))
                        for form, spelt in spellings(value).items()
                        if spelt in text
                    ]
        return found


def _around(text: str, spelt: str) -> str:
    at = text.index(spelt)
    return text[max(0, at - 120) : at + len(spelt) + 40]


#: The record's own clock, threads and processes: long numbers that change, where an account number may turn up.
_FIGURES = {"created", "msecs", "relativeCreated", "thread", "process"}


class LogSink(logging.Handler):
    """Every record as nobody would print it: message, facts, exception, chain of causes, nothing masked.

    Our own modules at every level. Libraries from WARNING on, as the product sets them up: in their debug
    lines stand whole requests.
    """

    def __init__(self, sinks: Sinks) -> None:
        super().__init__(logging.DEBUG)
        self._sinks = sinks

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno < logging.WARNING and not record.name.startswith(("chalicelib", "app", "ops")):
            return
        told = "".join(traceback.format_exception(record.exc_info[1])) if record.exc_info and record.exc_info[1] else ""
        facts = {name: fact for name, fact in vars(record).items() if name not in _FIGURES}
        self._sinks.take("log", f"{record.name} {record.getMessage()} {facts!r} {told}")
