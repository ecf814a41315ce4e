"""What a process that logs as in Lambda writes, line by line."""

import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from chalicelib import logs

Lines = Callable[[], list[dict[str, Any]]]
_TOUCHED = ("", "chalicelib", "chalicelib.metrics")


@contextmanager
def logged(environ: Mapping[str, str] | None = None) -> Iterator[Lines]:
    """Inside, everything logged is a JSON line; the call gives them all, parsed."""
    loggers = [logging.getLogger(name) for name in _TOUCHED]
    before = [(logger, list(logger.handlers), logger.level) for logger in loggers]
    stream = io.StringIO()
    logs.configure(environ or {}, stream)
    try:
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        logging.captureWarnings(False)
        for logger, handlers, level in before:
            logger.handlers[:] = handlers
            logger.setLevel(level)
