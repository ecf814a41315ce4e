"""One JSON object per line on standard output, each carrying what is known of the request or job it belongs to.

Written with the standard library rather than a logging package: see docs/decisions/006.
A module logs as usual, ``log.info("credit postponed", extra={"topup": id})``; whatever ``bind`` and ``add``
have said of the running request stands on every line of it.
"""

import json
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

from chalicelib import config
from chalicelib.redaction import shapes_hidden, values_hidden

LEVEL, STAGE = "PORTAL_LOG_LEVEL", "PORTAL_STAGE"
#: The end of a longer stack is cut off: the innermost frames, which tell the most, come last.
LONGEST_STACK = 8_000

#: What every record has; whatever else one has was given as a fact.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_bound: ContextVar[dict[str, object] | None] = ContextVar("bound", default=None)


@contextmanager
def bind(**facts: object) -> Iterator[None]:
    """Every line inside carries these facts, and those of the block around it."""
    token = _bound.set({**(_bound.get() or {}), **facts})
    try:
        yield
    finally:
        _bound.reset(token)


def add(**facts: object) -> None:
    """From now on the lines of the running request or job carry these too. Outside of one it does nothing."""
    bound = _bound.get()
    if bound is not None:
        bound.update(facts)


def configure(environ: Mapping[str, str], stream: TextIO | None = None) -> None:
    """This process logs JSON lines, and nothing else does: Lambda's own handler goes, so that no line comes twice.

    ``PORTAL_LOG_LEVEL`` rules our own modules; a library speaks from WARNING on, because in its debug lines
    stand whole requests. Metrics are lines too and pass at every level.
    """
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonLines(environ))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("chalicelib").setLevel(environ.get(LEVEL, "INFO"))
    logging.getLogger("chalicelib.metrics").setLevel(logging.INFO)
    logging.captureWarnings(True)


def configure_in_lambda(environ: Mapping[str, str]) -> None:
    """Elsewhere whoever started the process says how it logs: ``make run`` in words, the tests not at all."""
    if "AWS_LAMBDA_FUNCTION_NAME" in environ:
        configure(environ)


class JsonLines(logging.Formatter):
    """A record as one line: what every line has, then the bound facts, then its own; the own ones win."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._stage = environ.get(STAGE, "local")
        self._hide = values_hidden(config.environment(environ))

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _instant(record.created),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "stage": self._stage,
        }
        own = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        facts = {**(_bound.get() or {}), **own}
        line.update((name, value) for name, value in facts.items() if name not in line)
        if record.exc_info and record.exc_info[1]:
            line["exception"] = _exception(record.exc_info[1])
        # escaped to ASCII, so that no text of a caller can break a line or a terminal
        return self._hide(json.dumps(line, default=str))


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _exception(error: BaseException) -> dict[str, str]:
    stack = "".join(traceback.format_exception(error))
    return {
        "type": type(error).__name__,
        "message": shapes_hidden(str(error)),
        "stack": shapes_hidden(stack)[-LONGEST_STACK:],
    }
