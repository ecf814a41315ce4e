"""Notifications on their way to the portal: kept, sent, repeated until the portal acknowledges them."""

import contextlib
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.clock import Clock
from local.sandbox.state import State, to_state

#: method, path, headers, body -> status and body of the portal's answer
Portal = Callable[[str, str, dict[str, str], bytes], tuple[int, bytes]]

PATH = "/api/webhooks/robokassa"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Robokassa sandbox"}
#: Minutes after the first attempt; the company's own schedule is not published.
REPEATS = (1, 5, 15, 60, *range(120, 24 * 60 + 1, 60))


class Deliveries:
    def __init__(self, state: State, clock: Clock, portal: Portal) -> None:
        self._state, self._clock, self._portal = state, clock, portal
        # a process killed in mid-delivery does not know whether the portal heard it: send again
        state.change("update delivery set state = 'waiting' where state = 'sending'")

    def next_due(self) -> datetime | None:
        row = self._state.row("select min(due_at) as due from delivery where state = 'waiting'")
        return datetime.fromisoformat(row["due"]) if row and row["due"] else None

    def send_due(self) -> int:
        """Everything that is due by the clock; how many were sent."""
        due = self._state.rows(
            "select id from delivery where state = 'waiting' and due_at <= ? order by due_at, id",
            to_state(self._clock()),
        )
        return len(self.send(row["id"] for row in due))

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
        if not self._state.change("update delivery set state = 'sending' where id = ? and state = 'waiting'", id):
            return None
        row = self._state.row("select * from delivery where id = ?", id)
        assert row is not None
        try:
            status, body = self._portal("POST", PATH, dict(HEADERS), row["body"].encode("ascii"))
        except BaseException as error:
            self._settle(row, type(error).__name__, acknowledged=False)
            if not isinstance(error, Exception):
                raise
            status, body = 0, b""
        else:
            acknowledged = status == 200 and body == f"OK{row['invoice']}".encode()
            self._settle(row, body[:100].decode("utf-8", "replace"), acknowledged)
        self._state.log_call(self._clock(), "robokassa", "webhook", "POST", PATH, status or "-")
        return {"status": status, "body": body[:100].decode("utf-8", "replace")}

    def _settle(self, row: dict[str, Any], answer: str, acknowledged: bool) -> None:
        first, attempts = datetime.fromisoformat(row["first_at"]), row["attempts"] + 1
        due = None if acknowledged else _next(first, self._clock())
        self._state.change(
            "update delivery set state = ?, attempts = ?, due_at = ?, answer = ? where id = ?",
            "done" if acknowledged else "waiting" if due else "given_up",
            attempts,
            to_state(due or self._clock()),
            answer,
            row["id"],
        )


def _next(first: datetime, now: datetime) -> datetime | None:
    """The first repeat that is still ahead; None a day after the first attempt."""
    planned = (first + timedelta(minutes=minutes) for minutes in REPEATS)
    return next((moment.astimezone(UTC) for moment in planned if moment > now), None)
