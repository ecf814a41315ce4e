"""Which handler answers which path below ``/sandbox/``."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from typing import Any

from chalicelib.clock import to_text
from local.clock import MovableClock
from local.sandbox import fiscal
from local.sandbox.bodies import FORM, CancelBody, ClockBody, FaultBody, Refused, guard, read
from local.sandbox.company_routes import CompanyRoutes
from local.sandbox.deliveries import Deliveries
from local.sandbox.desk import Desk
from local.sandbox.faults import Faults
from local.sandbox.outbox import Outbox
from local.sandbox.panel import panel
from local.sandbox.payments import UnknownInvoice
from local.sandbox.robokassa import Robokassa
from local.sandbox.state import State
from local.sandbox.timeline import Timeline
from local.sandbox.uniteller import Uniteller
from local.web import Request, Response, error_response, html_response, json_response, see_other, text_response

PREFIX = "/sandbox"
#: How far the clock may be moved.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
Handler = Callable[[Request], Response]


class Routes:
    def __init__(
        self,
        state: State,
        clock: MovableClock,
        faults: Faults,
        deliveries: Deliveries,
        robokassa: Robokassa,
        uniteller: Uniteller,
        outbox: Outbox,
        timeline: Timeline,
    ) -> None:
        self._state, self._clock, self._faults, self._timeline = state, clock, faults, timeline
        self._deliveries, self._robokassa, self._uniteller, self._outbox = deliveries, robokassa, uniteller, outbox
        desks = {company.name: Desk(company, deliveries) for company in (robokassa, uniteller)}
        self._style = files("local.sandbox").joinpath("style.css").read_text("utf-8")
        #: what a person or a test does; guarded against other web pages
        self._ours: dict[str, dict[str, Handler]] = {
            "/": {"GET": self._panel},
            "/style.css": {"GET": lambda request: text_response(200, self._style, "text/css; charset=utf-8")},
            "/clock": {"POST": self._move_clock},
            "/receipt": {"GET": lambda request: html_response(200, fiscal.page(dict(request.query)))},
            "/run-due": {"POST": self._run_due},
            "/messages": {"GET": self._messages},
            "/calls-log": {"GET": lambda request: json_response(200, self._calls())},
            "/faults": {"GET": self._list_faults, "POST": self._add_fault, "DELETE": self._clear_faults},
            "/faults/clear": {"POST": self._clear_faults},
            "/uniteller/cancel": {"POST": self._cancel},
        }
        companies = CompanyRoutes(state, clock, faults, robokassa, uniteller)
        self._ours["/robokassa/card"] = {"POST": partial(companies.card, "robokassa")}
        self._ours["/uniteller/card"] = {"POST": partial(companies.card, "uniteller")}
        for name, desk in desks.items():
            self._ours[f"/{name}/pay"] = {"POST": partial(self._pay, desk)}
            self._ours[f"/{name}/decide"] = {"POST": desk.decide}
        #: what the companies offer; browsers come to the payment page from the portal's origin or any other
        self._theirs: dict[str, Mapping[str, Handler]] = {
            **companies.table(),
            "/smsc/sys/send.php": {"GET": outbox.smsc, "POST": outbox.smsc},
            "/smsc/sys/status.php": {"GET": outbox.smsc_status, "POST": outbox.smsc_status},
            "/ses/v2/email/outbound-emails": {"POST": outbox.ses},
        }

    def handle(self, request: Request) -> Response:
        path = request.path.removeprefix(PREFIX) or "/"
        methods = self._ours.get(path) or self._theirs.get(path)
        if methods is None:
            return error_response(404, "not_found", "Такой страницы в песочнице нет")
        method = "GET" if request.method == "HEAD" else request.method
        if method not in methods:
            return error_response(405, "method_not_allowed", "Этот метод здесь не принимается")
        try:
            if path in self._ours and method != "GET":
                guard(request)
            return methods[method](request)
        except Refused as refused:
            return refused.answer

    # the panel and its JSON

    def _panel(self, request: Request) -> Response:
        payments = [*self._robokassa.payments(), *self._uniteller.payments()]
        payments.sort(key=lambda row: str(row["opened_at"]), reverse=True)
        messages = self._outbox.messages()
        return panel(self._clock(), payments, messages, self._faults.active(), self._calls())

    def _move_clock(self, request: Request) -> Response:
        body = read(request, ClockBody)
        target = body.now or self._clock() + body.by
        if not EARLIEST <= target <= LATEST:
            # beyond, dates overflow: the clock is kept, so that a restart would not help either
            raise Refused(error_response(422, "invalid_request", "Часы ходят с 2000 по 2100 год"))
        counts = self._timeline.move(target, body.jump)
        return self._done(request, {"now": to_text(self._clock()), "ran": counts})

    def _run_due(self, request: Request) -> Response:
        return self._done(request, self._timeline.run_due())

    def _messages(self, request: Request) -> Response:
        return json_response(200, self._outbox.messages(dict(request.query).get("to")))

    def _calls(self) -> list[dict[str, Any]]:
        rows = self._state.rows("select at, target, call, method, path, status from call order by id")
        return [
            row | {"at": to_text(datetime.fromisoformat(row["at"])), "status": _number(row["status"])} for row in rows
        ]

    def _list_faults(self, request: Request) -> Response:
        return json_response(200, self._faults.active())

    def _add_fault(self, request: Request) -> Response:
        body = read(request, FaultBody)
        self._faults.add(body.target, body.call, body.kind, body.times)
        return self._done(request, {"faults": self._faults.active()})

    def _clear_faults(self, request: Request) -> Response:
        self._faults.clear()
        return self._done(request, None)

    def _done(self, request: Request, value: Any) -> Response:
        """A form goes back to the panel, a program gets its JSON."""
        if request.content_type == FORM:
            return see_other(f"{PREFIX}/")
        return Response(204) if value is None else json_response(200, value)

    # payers and payments

    def _pay(self, desk: Desk, request: Request) -> Response:
        return self._done(request, desk.pay(request))

    def _cancel(self, request: Request) -> Response:
        """A payment goes back to its payer without the portal; the answer comes after the notification was answered."""
        body = read(request, CancelBody)
        try:
            self._uniteller.cancel(body.invoice, body.webhook == "lost")
        except UnknownInvoice:
            raise Refused(error_response(404, "not_found", "Такого оплаченного счёта нет")) from None
        return self._done(request, {"webhooks": self._deliveries.send_for("uniteller", body.invoice)})


def _number(text: str) -> int | str:
    return int(text) if text.isdigit() else text
