"""Keeps out of the log what no log may hold, wherever it slipped in: the last net, not the first.

Facts are chosen with care where they are logged. The text of an exception is not: a library may have
put an address, a query string or a whole body into it.
"""

import base64
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, quote_plus

MASK = "***"

#: Settings whose names say that their values are secret, ours and those of AWS alike.
_SECRET_NAME = re.compile(r"SECRET|PASSWORD|TOKEN|KEY", re.I)
#: Shorter values are ordinary words somewhere; no deployment may have such a secret anyway.
_SHORTEST = 6

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    # pydantic repeats what it was given
    (re.compile(r"input_value=.*?(?=, input_type=|$)", re.S), f"input_value={MASK}"),
    # name=value, "name": "value", Name: value
    (
        re.compile(
            r"(?i)((?:pass(?:word|wd)?\d?|psw|secret|token|session|cookie|authorization|signature(?:value)?|code)"
            r"[\"']?\s*[=:]\s*[\"']?(?:basic |bearer )?)[^\s\"'&,;}\])]+"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"[^\s<>\"'=&,;:()]+@[\w-]+(?:\.[\w-]+)+"), MASK),
    # telephones and cards
    (re.compile(r"(?<![\w-])\+?\d(?:[ -]?\d){10,18}(?![\w-])"), MASK),
)


def values_hidden(environ: Mapping[str, str]) -> Callable[[str], str]:
    """Masks the values of secret settings in any text, also as URLs, JSON and base64 spell them."""
    values = {value for name, value in environ.items() if _SECRET_NAME.search(name) and len(value) >= _SHORTEST}
    spellings = {spelling for value in values for spelling in _spellings(value)}
    if not spellings:
        return lambda text: text
    # the longest first: a secret may begin like another
    pattern = re.compile("|".join(map(re.escape, sorted(spellings, key=len, reverse=True))))
    return lambda text: pattern.sub(MASK, text)


def shapes_hidden(text: str) -> str:
    """Masks what looks like a password, a code, an e-mail address, a telephone or a card."""
    for pattern, shown in _SHAPES:
        text = pattern.sub(shown, text)
    return text


def _spellings(value: str) -> set[str]:
    raw = value.encode()
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return {value, escaped, quote(value, safe=""), quote_plus(value), base64.b64encode(raw).decode(), raw.hex()}
