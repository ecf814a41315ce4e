"""Which handler answers which path below ``/sandbox/``."""

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from chalicelib.clock import to_text
from local.clock import MovableClock
from local.sandbox import pages
from local.sandbox.bodies import FORM, ClockBody, FaultBody, PayBody, Refused, guard, read
from local.sandbox.deliveries import Deliveries
from local.sandbox.faults import Faults
from local.sandbox.outbox import Outbox
from local.sandbox.panel import panel
from local.sandbox.robokassa import AlreadyPaid, Robokassa, UnknownInvoice
from local.sandbox.robokassa_wire import ERRORS, Order, StartError, state_xml
from local.sandbox.state import State
from local.sandbox.timeline import Timeline
from local.web import Pairs, Request, Response, error_response, json_response, parse_form, see_other, text_response

PREFIX = "/sandbox"
STATE_QUERY = "/robokassa/Merchant/WebService/Service.asmx/OpStateExt"
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
        outbox: Outbox,
        timeline: Timeline,
    ) -> None:
        self._state, self._clock, self._faults, self._timeline = state, clock, faults, timeline
        self._deliveries, self._robokassa, self._outbox = deliveries, robokassa, outbox
        self._style = files("local.sandbox").joinpath("style.css").read_text("utf-8")
        #: what a person or a test does; guarded against other web pages
        self._ours: dict[str, dict[str, Handler]] = {
            "/": {"GET": self._panel},
            "/style.css": {"GET": lambda request: text_response(200, self._style, "text/css; charset=utf-8")},
            "/clock": {"POST": self._move_clock},
            "/run-due": {"POST": self._run_due},
            "/messages": {"GET": self._messages},
            "/calls-log": {"GET": lambda request: json_response(200, self._calls())},
            "/faults": {"GET": self._list_faults, "POST": self._add_fault, "DELETE": self._clear_faults},
            "/faults/clear": {"POST": self._clear_faults},
            "/robokassa/pay": {"POST": self._pay},
            "/robokassa/decide": {"POST": self._decide},
        }
        #: what the companies offer; browsers come to the payment page from the portal's origin or any other
        self._theirs: dict[str, dict[str, Handler]] = {
            "/robokassa/Merchant/Index.aspx": {"GET": self._payment_page, "POST": self._payment_page},
            STATE_QUERY: {"GET": self._state_query, "POST": self._state_query},
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
        payments, messages = self._robokassa.payments(), self._outbox.messages()
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

    # Robokassa

    def _payment_page(self, request: Request) -> Response:
        try:
            order = self._robokassa.open(_fields(request))
        except StartError as error:
            return self._seen(request, pages.error_page(error.code))
        except ValueError:
            return self._seen(request, pages.error_page(30))
        return self._seen(request, pages.payment_page(order))

    def _seen(self, request: Request, answer: Response) -> Response:
        self._state.log_call(self._clock(), "robokassa", "payment_page", request.method, request.path, answer.status)
        return answer

    def _state_query(self, request: Request) -> Response:
        def work() -> Response:
            try:
                fields = _fields(request)
            except ValueError:
                fields = []
            return _xml(self._robokassa.operation_state(fields))

        answer = self._faults.around("robokassa", "get_payment", work, refusal=_xml(state_xml(2)))
        status = "-" if answer.dropped else answer.status
        self._state.log_call(self._clock(), "robokassa", "get_payment", request.method, request.path, status)
        return answer

    def _pay(self, request: Request) -> Response:
        """As a payer would, without a browser; the answer comes after the notification was answered."""
        body = read(request, PayBody)
        order = self._decided(body)
        told = self._robokassa.notify(order.invoice)
        back = self._robokassa.way_back(order, body.outcome)
        return self._done(request, {"invoice": body.invoice, "outcome": body.outcome, "webhooks": told, "return": back})

    def _decide(self, request: Request) -> Response:
        """The payment page's own form: the payer goes back to the portal."""
        body = read(request, PayBody)
        order = self._decided(body)
        if body.webhook == "normal":
            self._deliveries.send_soon()
        else:
            self._robokassa.notify(order.invoice)
        back = self._robokassa.way_back(order, body.outcome)
        return see_other(back) if back else pages.stay_page("Плательщик ушёл, ничего не заплатив.")

    def _decided(self, body: PayBody) -> Order:
        try:
            return self._robokassa.pay(int(body.invoice), body.outcome, body.webhook, body.card)
        except UnknownInvoice:
            raise Refused(error_response(404, "not_found", "Такого счёта нет")) from None
        except AlreadyPaid:
            raise Refused(error_response(409, "already_paid", "Счёт уже оплачен")) from None
        except StartError as error:
            text = f"{error.code}: {ERRORS[error.code]}"
            raise Refused(error_response(422, "checkout_refused", text)) from None


def _fields(request: Request) -> Pairs:
    """:raises ValueError: not readable as a form."""
    return [*request.query, *(parse_form(request.body) if request.content_type == FORM else [])]


def _xml(text: str) -> Response:
    return text_response(200, text, "text/xml; charset=utf-8")


def _number(text: str) -> int | str:
    return int(text) if text.isdigit() else text
