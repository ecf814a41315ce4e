"""Uniteller's wire format: its three ways of hashing, the receipt, the CSV of /results/.

CSV, because it is the one format of all its calls: the XML of some declares a document type of its own.
"""

import base64
import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone

from chalicelib.errors import UpstreamBroken
from chalicelib.money import Kopecks, from_rubles, to_rubles
from chalicelib.providers import gateways as port
from chalicelib.providers.gateways.uniteller.codes import NEEDS_CONFIRMATION, STATUSES
from chalicelib.providers.gateways.uniteller.settings import Settings
from chalicelib.upstream import Answer

#: A way of hashing: the parts, the password last.
Way = Callable[..., str]
#: Dates on the wire have no zone; the company's office, and its documents elsewhere, are in Moscow.
MOSCOW = timezone(timedelta(hours=3))
#: What we ask to be told of an order (8.1): nothing personal, and nothing that may hold the delimiter.
COLUMNS = ("OrderNumber", "Status", "Total", "Response_Code", "BillNumber", "need_confirm", "CardNumber")
_NEEDED = frozenset(("ordernumber", "status", "total"))
#: How the company writes what it was not told: ``*НЕ ЗАДАВАЛСЯ*``, in whichever encoding it arrives.
_UNSET = re.compile(r"\*.*\*")


def md(*parts: str) -> str:
    """Of the payment form: an upper-case md5 over the lower-case md5s of all parts, joined by ampersands.

    A part that is not sent counts as an empty text. MD5 is the company's choice; so its signatures prove little,
    and no money moves on their word alone.
    """
    return _md5("&".join(_md5(part) for part in parts)).upper()


def cat(*parts: str) -> str:
    """Of notifications: the same over the parts as they stand, one after another."""
    return _md5("".join(parts)).upper()


def sh(*parts: str) -> str:
    """As ``md``, by sha256: receipts and cancellations."""
    return _sha256("&".join(_sha256(part) for part in parts)).upper()


def cat256(*parts: str) -> str:
    return _sha256("".join(parts)).upper()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def purpose(account: str) -> str:
    """For the payer and the receipt: no personal data, always Russian, within the 128 characters of a line."""
    return "Пополнение лицевого счёта " + re.sub(r"[^\w./-]", "", account)[:64]


def receipt_of(account: str, amount: Kopecks, settings: Settings, to: str | None = None) -> str:
    """The 54-FZ receipt in base64. Sums are written as digits: a float would not be money."""
    name, total = json.dumps(purpose(account), ensure_ascii=False), to_rubles(amount)
    whom = {"email": to, "id": to} if to else {}
    line = f'"name":{name},"price":{total},"qty":1,"sum":{total},"vat":{settings.vat}'
    line += f',"payattr":{settings.payattr},"lineattr":{settings.lineattr}'
    text = f'{{"customer":{json.dumps(whom, ensure_ascii=False)},"taxmode":{settings.taxmode},"lines":[{{{line}}}],'
    text += f'"payments":[{{"kind":1,"type":0,"amount":{total}}}],"total":{total}}}'
    return base64.b64encode(text.encode()).decode()


def day_and_time(prefix: str, moment: datetime) -> dict[str, str]:
    """The five parameters of one end of a range; all or none of them (table 34)."""
    local = moment.astimezone(MOSCOW)
    parts = {"Day": local.day, "Month": local.month, "Year": local.year, "Hour": local.hour, "Min": local.minute}
    return {f"{prefix}{name}": f"{value:02}" for name, value in parts.items()}


def orders(answer: Answer, prefix: str) -> Mapping[int, port.PaymentState]:
    """The orders of /results/ that begin with our prefix. :raises UpstreamBroken: an error text, HTML, nonsense."""
    found: dict[int, port.PaymentState] = {}
    for row in table(answer, prefix):
        number = re.fullmatch(r"[1-9][0-9]{0,9}", row["ordernumber"][len(prefix) :], re.ASCII)
        if number is not None:
            invoice, state = int(number[0]), _state(row)
            found[invoice] = _better(found.get(invoice), state)
    return found


def table(answer: Answer, prefix: str) -> Iterator[Mapping[str, str]]:
    """The rows of /results/ whose orders begin with our prefix. :raises UpstreamBroken: as ``orders``."""
    text = _plain(answer)
    if answer.status != 200:
        raise UpstreamBroken(f"uniteller results answered {answer.status}")
    if text.startswith("ERROR:"):
        # the company's own words go no further than this, without anything that might be a value
        words = re.sub(r"[^A-Za-z ]", "", text[6:])[:60]
        raise UpstreamBroken(f"uniteller results: {words.strip()}")
    yield from _rows(text, prefix) if text else ()


def answered_row(answer: Answer) -> Mapping[str, str]:
    """The one row of an answer to a call, by the names of its head in lower case; empty if it is no such answer."""
    try:
        table = lines(answer)
    except UpstreamBroken:
        return {}
    if answer.status != 200 or len(table) < 2:
        return {}
    names, values = ([text.strip('" ') for text in line] for line in table[:2])
    return dict(zip((name.lower() for name in names), values, strict=False))


def lines(answer: Answer) -> list[list[str]]:
    """:raises UpstreamBroken: a value longer than any that they send."""
    return _split(_plain(answer))


def _split(text: str) -> list[list[str]]:
    try:
        return list(csv.reader(text.splitlines(), delimiter=";", quoting=csv.QUOTE_NONE))
    except csv.Error:
        raise UpstreamBroken("uniteller: a table that cannot be read") from None


def _plain(answer: Answer) -> str:
    return answer.text.lstrip("\ufeff").strip()


def _rows(text: str, prefix: str) -> Iterator[Mapping[str, str]]:
    """Rows of our orders. Someone else's order number may hold anything, a delimiter too: such a row is passed over."""
    head, *table = _split(text)
    names = [name.strip('" ').lower() for name in head]
    if not set(names) >= _NEEDED or len(set(names)) < len(names):
        raise UpstreamBroken("uniteller results: no table of orders")
    for line in table:
        values = [_value(text) for text in line]
        if not values or not values[0].startswith(prefix) and names[0] == "ordernumber":
            continue
        if len(values) != len(names):
            raise UpstreamBroken("uniteller results: a row of another length")
        row = dict(zip(names, values, strict=True))
        if row["ordernumber"].startswith(prefix):
            yield row


def _value(text: str) -> str:
    text = text.strip('" ')
    return "" if _UNSET.fullmatch(text) else text


def _state(row: Mapping[str, str]) -> port.PaymentState:
    status = STATUSES.get(row["status"].lower())
    if status is None:
        raise UpstreamBroken("uniteller results: a status that we do not know")
    if status is port.PaymentStatus.PAID and row.get("need_confirm") == NEEDS_CONFIRMATION:
        status = port.PaymentStatus.PROCESSING
    return port.PaymentState(
        status=status,
        amount_kopecks=_total(row["total"], status),
        reference=row.get("billnumber") or None,
        card=mask(row.get("cardnumber", "")),
    )


def mask(text: str) -> str | None:
    """The last four digits and no more, whatever the company shows."""
    digits = re.search(r"[0-9]{4}$", text, re.ASCII)
    return f"•• {digits[0]}" if digits else None


def _total(text: str, status: port.PaymentStatus) -> Kopecks | None:
    if not text and status is not port.PaymentStatus.PAID:
        return None
    try:
        return from_rubles(text)
    except ValueError:
        raise UpstreamBroken("uniteller results: Total is not a sum") from None


#: Of several rows of one order, tries of the same payer, the one that knows of money is told.
_RANK: Sequence[port.PaymentStatus] = (
    port.PaymentStatus.DECLINED,
    port.PaymentStatus.PENDING,
    port.PaymentStatus.PROCESSING,
    port.PaymentStatus.PAID,
    port.PaymentStatus.PARTLY_RETURNED,
    port.PaymentStatus.RETURNED,
)


def _better(one: port.PaymentState | None, other: port.PaymentState) -> port.PaymentState:
    if one is None:
        return other
    return max(one, other, key=lambda state: _RANK.index(state.status))
