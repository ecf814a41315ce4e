"""The cash register behind both companies: numbers of fiscal documents, and a page that shows one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from html import escape
from zlib import crc32

from chalicelib.money import Kopecks, to_rubles

FN = "9999078900004321"
MOSCOW = timezone(timedelta(hours=3))


@dataclass(frozen=True)
class Document:
    fn: str
    fd: str
    fpd: str


def document(number: str, kopecks: int, kind: str) -> Document:
    """The same for the same receipt, as often as it is asked about."""
    digits = "".join(filter(str.isdigit, number)) or "0"
    place = {"payment": 0, "closing": 0, "refund": 500_000}[kind]
    return Document(FN, str(int(digits) % 500_000 + place), str(crc32(f"{number}:{kopecks}:{kind}".encode())))


def local_time(at: datetime) -> str:
    return at.astimezone(MOSCOW).strftime("%Y-%m-%dT%H:%M:%S")


def page(facts: Mapping[str, str]) -> str:
    """What an operator of fiscal data would show: the numbers that the link brings. None of it is believed."""
    known = [("ФН", facts.get("fn", "")), ("ФД", facts.get("fd", "")), ("ФПД", facts.get("fpd", ""))]
    rows = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in known)
    sum_ = escape(facts.get("sum", ""))
    return (
        '<!doctype html><html lang="ru"><meta charset="utf-8"><title>Чек</title>'
        '<link rel="stylesheet" href="/sandbox/style.css"><main><h1>Кассовый чек</h1>'
        f"<p>Песочница: так чек показал бы оператор фискальных данных. Сумма {sum_} ₽</p><dl>{rows}</dl></main></html>"
    )


def uniteller_receipts(fields: Mapping[str, object], number: str, kopecks: int, at: datetime,
                       returned: list[tuple[str, int]]) -> list[dict[str, object]]:  # fmt: skip
    """All of an order's: of the payment, and of each return by its number and sum."""
    made = [(document(number, kopecks, "payment"), 0, kopecks)]
    made += [(document(f"{number}{id}", sum_, "refund"), 1, sum_) for id, sum_ in returned]
    return [
        {
            **fields,
            "total": to_rubles(Kopecks(sum_)),
            "fiscal": {
                "id": each.fpd,
                "type": str(kind),
                "register": {"fiscal_number": each.fd, "fiscal_attr": each.fpd, "fiscal_date": local_time(at),
                             "fiscal_link": ""},
                "ecr": {"sn": "1", "rn": "0000000001000001", "fs": each.fn},
            },
        }
        for each, kind, sum_ in made
    ]  # fmt: skip
