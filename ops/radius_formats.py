"""How an export for the network is spelled: FreeRADIUS' ``users`` file, CSV, JSON. Pure."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from chalicelib.billing import AccountState

_MEGABIT = 1_000_000
#: RADIUS' integers have 32 bits.
_LARGEST = 2**32 - 1


@dataclass(frozen=True)
class Entry:
    login: str
    account: str
    service: str
    state: AccountState
    speed_mbps: int | None
    password: str | None


@dataclass(frozen=True)
class Style:
    """``garden``: the filter that a financial block is let in with; None turns it away.

    ``reply``: the reply items of everybody else who is let in; one that names a speed is left out where there is none.
    """

    garden: str | None = None
    reply: tuple[str, ...] = ("WISPr-Bandwidth-Max-Down := {bps}", "WISPr-Bandwidth-Max-Up := {bps}")


Write = Callable[[Sequence[Entry], Style], Iterator[str]]


def freeradius(entries: Sequence[Entry], style: Style) -> Iterator[str]:
    """Check items on the login's line, reply items below it, a comma after each but the last."""
    yield "# Written by `python -m ops radius-export`; changes by hand are lost.\n"
    for entry in entries:
        if entry.login == "DEFAULT":
            yield "# the account DEFAULT is left out: in this file its number stands for everybody\n\n"
            continue
        let_in, replies = _verdict(entry, style)
        check = f"Cleartext-Password := {quoted(entry.password or '')}" if let_in else "Auth-Type := Reject"
        yield f"{entry.login}\t{check}\n"
        yield ",\n".join(f"\t{reply}" for reply in replies) + ("\n\n" if replies else "\n")


def _verdict(entry: Entry, style: Style) -> tuple[bool, list[str]]:
    """Whether the user is let in, and the reply items."""
    garden = entry.state is AccountState.FINANCIAL_BLOCK and style.garden is not None
    if entry.password is None or (entry.state is not AccountState.ACTIVE and not garden):
        why = "no_password" if entry.state is AccountState.ACTIVE else entry.state.value
        return False, [f"Reply-Message := {quoted(why)}"]
    if garden:
        return True, [f"Filter-Id := {quoted(style.garden or '')}"]
    if entry.speed_mbps is None:
        return True, [item for item in style.reply if "{" not in item]
    speeds = {"{mbps}": entry.speed_mbps, "{bps}": min(entry.speed_mbps * _MEGABIT, _LARGEST)}
    return True, [_filled(item, speeds) for item in style.reply]


def _filled(item: str, speeds: Mapping[str, int]) -> str:
    for name, speed in speeds.items():
        item = item.replace(name, str(speed))
    return item


def quoted(text: str) -> str:
    """In single quotes nothing is expanded: in double ones the server would read ``%{...}`` in a password as a
    command. Only the quote and the backslash are escaped."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def table(entries: Sequence[Entry], style: Style) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["login", "account", "service", "state", "speed_mbps", "password"])
    writer.writerows([*asdict(entry).values()] for entry in entries)
    yield text.getvalue()


def objects(entries: Sequence[Entry], style: Style) -> Iterator[str]:
    yield json.dumps([asdict(entry) for entry in entries], ensure_ascii=False, indent=1) + "\n"


FORMATS: Mapping[str, Write] = {"freeradius": freeradius, "csv": table, "json": objects}
