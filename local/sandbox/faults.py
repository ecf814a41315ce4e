"""Faults that are switched on for the next calls of one kind, and what they look like on an HTTP line."""

from collections.abc import Callable, Mapping
from typing import Literal

from chalicelib.billing import BillingSystem
from local.sandbox.state import State
from local.web import Response, text_response

Kind = Literal["timeout_before", "timeout_after", "http_500", "nonsense", "refused"]

#: target -> the port's verbs that reach it
CALLS: Mapping[str, frozenset[str]] = {
    "robokassa": frozenset({"get_payment", "charge_saved", "refund", "get_refund", "get_receipt", "send_receipt"}),
    "uniteller": frozenset(
        {"get_payment", "get_payments", "charge_saved", "saved_card", "refund", "get_receipt", "get_receipts"}
    ),
    "sms": frozenset({"send", "was_sent"}),
    "email": frozenset({"send"}),
    "billing": frozenset(name for name in vars(BillingSystem) if not name.startswith("_")),
}


class Faults:
    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, target: str, call: str, kind: Kind, times: int) -> None:
        """The next ``times`` calls fail; a new fault for the same call replaces the old one."""
        self._state.change("insert or replace into fault values (?, ?, ?, ?)", target, call, kind, times)

    def clear(self) -> None:
        self._state.change("delete from fault")

    def active(self) -> list[dict[str, object]]:
        return list(self._state.rows("select target, call, kind, times from fault order by target, call"))

    def take(self, target: str, call: str) -> str | None:
        """The fault of this call, used up by one."""
        with self._state.transaction() as connection:
            found = connection.execute("select kind, times from fault where target = ? and call = ?", (target, call))
            row = found.fetchone()
            if row is None:
                return None
            left = "delete from fault" if row["times"] <= 1 else "update fault set times = times - 1"
            connection.execute(f"{left} where target = ? and call = ?", (target, call))
            return str(row["kind"])

    def around(self, target: str, call: str, work: Callable[[], Response], refusal: Response) -> Response:
        """Answer an HTTP call as its fault says. A timeout is a broken line; who cannot break one sends a 504."""
        kind = self.take(target, call)
        if kind == "timeout_before":
            return Response(504, dropped=True)
        if kind == "refused":
            return refusal
        answer = work()
        if kind == "timeout_after":
            return Response(504, dropped=True)
        if kind == "http_500":
            return text_response(500, "Internal Server Error")
        if kind == "nonsense":
            return text_response(200, "<html><body>Технические работы</body></html>", "text/html; charset=utf-8")
        return answer
