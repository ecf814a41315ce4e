"""Notifications on their way to the portal: kept, sent, repeated until the portal acknowledges them."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.clock import Clock
from local.sandbox.state import State, to_state

#: method, path, headers, body -> status and body of the portal's answer
Portal = Callable[[str, str, dict[str, str], bytes], tuple[int, bytes]]

HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
FIRST = "insert into notice (target, ref, body, state, first_at, due_at) values (?, ?, ?, 'waiting', ?, ?)"


@dataclass(frozen=True)
class Terms:
    """How a company delivers: what it takes for heard (status and body of the answer, the order's number), and the
    minutes after the first attempt at which it tries again."""

    heard: Callable[[int, bytes, str], bool]
    repeats: Sequence[int]


TERMS: Mapping[str, Terms] = {
    # its own schedule is not published
    "robokassa": Terms(
        lambda status, body, ref: status == 200 and body == f"OK{ref}".encode(),
        (1, 5, 15, 60, *range(120, 24 * 60 + 1, 60)),
    ),
    # ten tries within about three and a half hours, at growing distances
    "uniteller": Terms(lambda status, body, ref: status == 200, (1, 3, 7, 15, 30, 60, 100, 150, 210)),
}


class Deliveries:
    def __init__(self, state: State, clock: Clock, portal: Portal) -> None:
        self._state, self._clock, self._portal = state, clock, portal
        # a process killed in mid-delivery does not know whether the portal heard it: send again
        state.change("update notice set state = 'waiting' where state = 'sending'")

    def next_due(self) -> datetime | None:
        row = self._state.row("select min(due_at) as due from notice where state = 'waiting'")
        return datetime.fromisoformat(row["due"]) if row and row["due"] else None

    def send_due(self) -> dict[str, int]:
        """Everything that is due by the clock; how many of each company were sent."""
        sent = dict.fromkeys(TERMS, 0)
        due = self._state.rows(
            "select id, target from notice where state = 'waiting' and due_at <= ? order by due_at, id",
            to_state(self._clock()),
        )
        for row in due:
            sent[row["target"]] += len(self.send([row["id"]]))
        return sent

    def send_for(self, target: str, ref: str) -> list[dict[str, Any]]:
        """What is due for this order now; what the portal answered."""
        due = self._state.rows(
            "select id from notice where target = ? and ref = ? and state = 'waiting' and due_at <= ? order by id",
            target,
            ref,
            to_state(self._clock()),
        )
        return self.send(row["id"] for row in due)

    def send(self, ids: Iterable[int]) -> list[dict[str, Any]]:
        """These ones now, one after another; what the portal answered to each."""
        return [answer for id in ids if (answer := self._send(id)) is not None]

    def send_soon(self, seconds: float = 0.7) -> None:
        """What is due now, from another thread: the payer's browser is back first."""
        timer = threading.Timer(seconds, self._send_quietly)
        timer.daemon = True
        timer.start()

    def _send_quietly(self) -> None:
        with contextlib.suppress(Exception):  # the row stays and the next tick sends it
            self.send_due()

    def _send(self, id: int) -> dict[str, Any] | None:
        """None if another thread has it already."""
        if not self._state.change("update notice set state = 'sending' where id = ? and state = 'waiting'", id):
            return None
        row = self._state.row("select * from notice where id = ?", id)
        assert row is not None
        path, terms = f"/api/webhooks/{row['target']}", TERMS[row["target"]]
        try:
            status, body = self._portal("POST", path, dict(HEADERS), row["body"].encode("ascii"))
        except BaseException as error:
            self._settle(row, type(error).__name__, acknowledged=False)
            if not isinstance(error, Exception):
                raise
            status, body = 0, b""
        else:
            self._settle(row, body[:100].decode("utf-8", "replace"), terms.heard(status, body, row["ref"]))
        self._state.log_call(self._clock(), row["target"], "webhook", "POST", path, status or "-")
        return {"status": status, "body": body[:100].decode("utf-8", "replace")}

    def _settle(self, row: dict[str, Any], answer: str, acknowledged: bool) -> None:
        first, attempts = datetime.fromisoformat(row["first_at"]), row["attempts"] + 1
        due = None if acknowledged else _next(first, self._clock(), TERMS[row["target"]].repeats)
        self._state.change(
            "update notice set state = ?, attempts = ?, due_at = ?, answer = ? where id = ?",
            "done" if acknowledged else "waiting" if due else "given_up",
            attempts,
            to_state(due or self._clock()),
            answer,
            row["id"],
        )


def _next(first: datetime, now: datetime, repeats: Sequence[int]) -> datetime | None:
    """The first repeat that is still ahead; None after the last one."""
    planned = (first + timedelta(minutes=minutes) for minutes in repeats)
    return next((moment.astimezone(UTC) for moment in planned if moment > now), None)
