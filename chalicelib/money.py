"""Integer kopecks and the two doors through which roubles come in and go out.

Inside the portal money is always a whole number of kopecks. A text or a Decimal in roubles exists
only at the wire of an outside company; adapters turn it here and nowhere else. No float ever.
"""

import re
from decimal import Decimal
from typing import NewType

Kopecks = NewType("Kopecks", int)

_NO_BREAK = "\u00a0"

#: Plain ASCII digits; a company may pad with zeros (``100.000000``), nothing else is money.
_ROUBLES = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,12}))?", re.ASCII)


def from_rubles(text: str | Decimal) -> Kopecks:
    """Kopecks of an amount in roubles.

    :raises ValueError: anything that is not a whole number of kopecks written in plain ASCII
        digits with a dot (fractions of a kopeck, exponents, NaN, spaces, underscores, a comma).
    """
    if isinstance(text, Decimal):
        if not text.is_finite():
            raise ValueError("not an amount in roubles")
        text = format(text, "f")
    match = _ROUBLES.fullmatch(text)
    if match is None:
        raise ValueError("not an amount in roubles")
    sign, whole, fraction = match.group(1), match.group(2), match.group(3) or ""
    if fraction[2:].strip("0"):
        raise ValueError("a fraction of a kopeck")
    kopecks = int(whole) * 100 + int((fraction + "00")[:2])
    return Kopecks(-kopecks if sign else kopecks)


def to_rubles(kopecks: Kopecks) -> str:
    """The amount in roubles with a dot and exactly two decimals: ``123450`` is ``1234.50``."""
    sign = "-" if kopecks < 0 else ""
    whole, fraction = divmod(abs(kopecks), 100)
    return f"{sign}{whole}.{fraction:02d}"


def by_days(fee: Kopecks, left: int, total: int) -> Kopecks:
    """The part of a fee for ``left`` days of ``total``: half a kopeck rounds up. The only rounding there is."""
    if not 0 <= left <= total or total <= 0 or fee < 0:
        raise ValueError("days left must lie within the period and a fee is never negative")
    return Kopecks((2 * fee * left + total) // (2 * total))


def round_up_to_ruble(kopecks: Kopecks) -> Kopecks:
    """The next whole rouble, for sums that are suggested to a person."""
    return Kopecks(-(-kopecks // 100) * 100)


def shown(kopecks: Kopecks) -> str:
    """As a person reads it: ``1 234,50 ₽`` with no-break spaces; whole roubles go without kopecks."""
    whole, fraction = divmod(abs(kopecks), 100)
    grouped = f"{whole:,}".replace(",", _NO_BREAK)
    tail = f",{fraction:02d}" if fraction else ""
    return f"{'−' if kopecks < 0 else ''}{grouped}{tail}{_NO_BREAK}₽"
