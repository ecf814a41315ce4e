"""A provider's file of subscribers and accounts, read with suspicion: CSV as Excel and other billings write it.

Every line is looked at before anything is written. What a cell holds is data, also if it looks like a formula.
"""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.billing.embedded.catalogue import Catalogue, CatalogueTariff
from chalicelib.billing.embedded.entries import MAX_LEGS
from chalicelib.billing.embedded.tables import is_account
from chalicelib.money import Kopecks, from_rubles
from chalicelib.store.subscribers import contact_address, normalized
from ops.enrolment import Enrolment

#: Column -> whether it may be empty or absent.
COLUMNS: dict[str, bool] = {
    "login": False, "name": False, "phone": True, "email": True, "account": False, "label": True, "address": True,
    "anchor_day": False, "contract_on": False, "tariffs": True, "opening_balance": True,
}  # fmt: skip
LONGEST = 200
_DELIMITERS = (";", ",", "\t")
_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LARGEST = 10**11


class Unreadable(ValueError):
    """The file as a whole: encoding, quoting, header. The text says what and where."""


@dataclass(frozen=True)
class Refusal:
    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class _Bad(ValueError):
    """A cell that is refused; the text names its column, and never repeats what it holds."""


def parse(content: bytes, catalogue: Catalogue, today: date) -> tuple[list[tuple[int, Enrolment]], list[Refusal]]:
    """The good lines with their numbers, and the bad ones with reasons. :raises Unreadable: nothing could be read."""
    good: list[tuple[int, Enrolment]] = []
    bad: list[Refusal] = []
    seen = _Seen()
    for line, cells in _rows(_text(content)):
        try:
            new = _enrolment(cells, catalogue, today)
            seen.add(new)
            good.append((line, new))
        except _Bad as refused:
            bad.append(Refusal(line, str(refused)))
    return good, bad


def _text(content: bytes) -> str:
    """UTF-8 with or without its mark, else the Russian Windows code page, in which any byte but one means something."""
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("the file is neither UTF-8 nor Windows-1251")


def _rows(text: str) -> list[tuple[int, dict[str, str] | str]]:
    """Line number -> cells by column, or what is wrong with the line as a whole."""
    if "\x00" in text:
        raise Unreadable("the file is no text: save it as CSV in UTF-8")
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, dict[str, str] | str]] = []
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
        _check(header)
        start = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                fits = len(cells) == len(header)
                found = dict(zip(header, cells, strict=True)) if fits else f"{len(cells)} cells, {len(header)} columns"
                rows.append((start, found))
            start = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num}: {error}") from None
    return rows


def _check(header: list[str]) -> None:
    missing = [name for name, optional in COLUMNS.items() if not optional and name not in header]
    unknown = sorted(set(header) - set(COLUMNS))
    if missing or unknown or len(set(header)) != len(header):
        raise Unreadable(f"the first line must name columns of: {', '.join(COLUMNS)}; these are needed: "
                         f"{', '.join(name for name, optional in COLUMNS.items() if not optional)}")  # fmt: skip


def _enrolment(cells: dict[str, str] | str, catalogue: Catalogue, today: date) -> Enrolment:
    if isinstance(cells, str):
        raise _Bad(cells)
    values = {name: cells.get(name, "").replace("\u00a0", " ").strip() for name in COLUMNS}
    for name, value in values.items():
        if not value and not COLUMNS[name]:
            raise _Bad(f"{name}: missing")
        if len(value) > LONGEST or _CONTROL.search(value):
            raise _Bad(f"{name}: too long, or with control characters")
    return Enrolment(
        login=values["login"] if len(values["login"]) <= 100 else _refuse("login: longer than 100"),
        name=values["name"],
        phone=_contact("phone", values["phone"], "+"),
        email=_contact("email", values["email"], "@"),
        account=values["account"] if is_account(values["account"]) else _refuse("account: letters, digits and - only"),
        label=values["label"] or values["account"],
        address=values["address"] or "—",
        anchor_day=_anchor_day(values["anchor_day"]),
        contract_on=_date(values["contract_on"], today),
        tariffs=_tariffs(values["tariffs"], catalogue),
        opening_balance_kopecks=_balance(values["opening_balance"]),
    )


def _refuse(reason: str) -> str:
    raise _Bad(reason)


def _contact(name: str, value: str, sign: str) -> str | None:
    """As the portal spells it; None where the cell is empty."""
    if not value:
        return None
    found = contact_address(value)
    if found is None or sign not in found:
        raise _Bad(f"{name}: not one")
    return found


def _anchor_day(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,2}", value, re.ASCII) or not 1 <= int(value) <= 31:
        raise _Bad("anchor_day: 1 to 31")
    return int(value)


def _date(value: str, today: date) -> date:
    """``2024-03-01`` or ``01.03.2024``, not after today."""
    try:
        found = _DATE.fullmatch(value)
        day = date(*map(int, reversed(found.groups()))) if found else datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a date
    except ValueError:
        raise _Bad("contract_on: a date like 2024-03-01 or 01.03.2024") from None
    if not date(1990, 1, 1) <= day <= today:
        raise _Bad("contract_on: between 1990 and today")
    return day


def _tariffs(value: str, catalogue: Catalogue) -> tuple[CatalogueTariff, ...]:
    """Ids, separated by blanks, commas, semicolons or bars."""
    found = []
    for id in re.split(r"[\s,;|]+", value) if value else []:
        tariff = catalogue.tariff(id)
        if tariff is None:
            raise _Bad("tariffs: not in the catalogue")
        found.append(tariff)
    if len(found) > MAX_LEGS:
        raise _Bad(f"tariffs: more than {MAX_LEGS}")
    return tuple(found)


def _balance(value: str) -> Kopecks:
    """Roubles with a dot or a comma, blanks between the thousands; minus is a debt."""
    if not value:
        return Kopecks(0)
    plain = value.replace(" ", "").replace("\u2212", "-").replace(",", ".")
    try:
        kopecks = from_rubles(plain)
    except ValueError:
        raise _Bad("opening_balance: roubles like -120.50") from None
    if abs(kopecks) > _LARGEST:
        raise _Bad("opening_balance: too large")
    return kopecks


class _Seen:
    """The lines above: an account stands once, a subscriber is described in one way."""

    def __init__(self) -> None:
        self._accounts: set[str] = set()
        self._people: dict[str, tuple[str | None, ...]] = {}

    def add(self, new: Enrolment) -> None:
        described = new.name, new.phone, new.email
        if new.account in self._accounts:
            raise _Bad("account: stands in the file already")
        if self._people.setdefault(normalized(new.login), described) != described:
            raise _Bad("login: another line describes this subscriber otherwise")
        self._accounts.add(new.account)
