"""The addresses of the payment companies: their payment pages and their status queries, with faults and a log."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

from chalicelib.clock import Clock
from local.sandbox import pages
from local.sandbox.bodies import FORM, CardBody, read
from local.sandbox.faults import Faults
from local.sandbox.payments import CannotOpen
from local.sandbox.recurring import Cards, RobokassaCards, UnitellerCards
from local.sandbox.robokassa import Robokassa
from local.sandbox.robokassa_receipts import Receipts
from local.sandbox.robokassa_refunds import Refunds
from local.sandbox.robokassa_wire import ERRORS, StartError, state_xml
from local.sandbox.state import State
from local.sandbox.uniteller import TooOften, Uniteller
from local.sandbox.uniteller_cards import CardService
from local.sandbox.uniteller_refunds import Cancellations
from local.sandbox.uniteller_wire import ResultsError
from local.web import Pairs, Request, Response, json_response, parse_form, text_response

Handler = Callable[[Request], Response]
STATE_QUERY = "/robokassa/Merchant/WebService/Service.asmx/OpStateExt"
REFUSED = "ERROR: Authentication error"
NOT_ENABLED = "ErrorCode;ErrorMessage\r\n22;not allowed\r\n"


class CompanyRoutes:
    def __init__(self, state: State, clock: Clock, faults: Faults, robokassa: Robokassa, uniteller: Uniteller) -> None:
        self._state, self._clock, self._faults = state, clock, faults
        self._robokassa, self._uniteller = robokassa, uniteller
        self._refunds = Refunds(state, clock, robokassa.shop)
        self._receipts = Receipts(state, clock, robokassa.shop)
        self._cancellations = Cancellations(state, clock, uniteller)
        self._card_service = CardService(state, clock, uniteller)
        cards = Cards(state)
        self._charges: dict[str, RobokassaCards | UnitellerCards] = {
            "robokassa": RobokassaCards(state, clock, cards, robokassa),
            "uniteller": UnitellerCards(state, clock, cards, uniteller),
        }

    def table(self) -> Mapping[str, Mapping[str, Handler]]:
        """Both methods everywhere, as the companies take them."""
        handlers: dict[str, Handler] = {
            "/robokassa/Merchant/Index.aspx": self._robokassa_page,
            STATE_QUERY: self._operation_state,
            "/uniteller/wpay/pay/": lambda request: self._uniteller_page(request, fiscal=False),
            "/uniteller/fpay/v2/pay": lambda request: self._uniteller_page(request, fiscal=True),
            "/uniteller/wpay/results/": self._results,
            "/uniteller/fpay/v2/results": self._results,
            "/robokassa/Merchant/Recurring": partial(self._charge, "robokassa", "ERROR: 34"),
            "/uniteller/wpay/recurrent/": partial(self._charge, "uniteller", NOT_ENABLED),
            "/uniteller/fpay/v2/recurrent": partial(self._charge, "uniteller", NOT_ENABLED),
            "/uniteller/wpay/cardv3/": self._card_list,
            "/uniteller/wpay/unblock/": self._unblock,
            "/uniteller/fpay/v2/cancel": self._cancel,
            "/robokassa/services/RefundService/Refund/Create": self._refund,
            "/robokassa/services/RefundService/Refund/GetState": self._refund_state,
            "/robokassa/fiscal/RoboFiscal/Receipt/Status": self._receipt,
            "/robokassa/fiscal/RoboFiscal/Receipt/Attach": self._closing_receipt,
        }
        return {path: {"GET": handler, "POST": handler} for path, handler in handlers.items()}

    def _robokassa_page(self, request: Request) -> Response:
        try:
            order = self._robokassa.open(_fields(request))
            shown = pages.payment_page(pages.robokassa_bill(order))
        except StartError as error:
            shown = pages.error_page("Робокасса", f"Ошибка {error.code}", ERRORS.get(error.code, ""))
        except ValueError:
            shown = pages.error_page("Робокасса", "Ошибка 30", ERRORS[30])
        return self._seen(request, "robokassa", "payment_page", shown)

    def _uniteller_page(self, request: Request, fiscal: bool) -> Response:
        try:
            order = self._uniteller.open(_fields(request), fiscal)
            shown = pages.payment_page(pages.uniteller_bill(order))
        except CannotOpen as error:
            shown = pages.error_page("Uniteller", "Ошибка", "", f"MERCHANT ERROR: {error}")
        except ValueError:
            shown = pages.error_page("Uniteller", "Ошибка", "", "MERCHANT ERROR: unreadable")
        return self._seen(request, "uniteller", "payment_page", shown)

    def _operation_state(self, request: Request) -> Response:
        def work() -> Response:
            return _xml(self._robokassa.operation_state(_readable(request)))

        answer = self._faults.around("robokassa", "get_payment", work, refusal=_xml(state_xml(2)))
        return self._seen(request, "robokassa", "get_payment", answer)

    def _results(self, request: Request) -> Response:
        fields = dict(_readable(request))
        call = "get_payment" if "ShopOrderNumber" in fields else "get_payments"
        call = call.replace("payment", "receipt") if "Receipt" in fields.get("S_FIELDS", "").split(";") else call

        def work() -> Response:
            try:
                return text_response(200, self._uniteller.results(fields), "text/csv; charset=utf-8")
            except ResultsError as error:
                return text_response(200, f"ERROR: {error}")
            except TooOften:
                return text_response(429, "Too Many Connections")

        answer = self._faults.around("uniteller", call, work, refusal=text_response(200, REFUSED))
        return self._seen(request, "uniteller", call, answer)

    def _card_list(self, request: Request) -> Response:
        def work() -> Response:
            try:
                return text_response(200, self._card_service.cards(dict(_readable(request))), "text/csv; charset=utf-8")
            except TooOften:
                return text_response(429, "Too Many Connections")

        refusal = text_response(200, "ErrorCode;ErrorMessage\r\n1;Authentication error\r\n")
        answer = self._faults.around("uniteller", "saved_card", work, refusal)
        return self._seen(request, "uniteller", "saved_card", answer)

    def _charge(self, company: Literal["robokassa", "uniteller"], refused: str, request: Request) -> Response:
        def work() -> Response:
            return text_response(200, self._charges[company].charge(dict(_readable(request))))

        answer = self._faults.around(company, "charge_saved", work, refusal=text_response(200, refused))
        return self._seen(request, company, "charge_saved", answer)

    def card(self, company: Literal["robokassa", "uniteller"], request: Request) -> Response:
        """A person or a test decides how a saved card behaves; what has waited is decided with it."""
        body = read(request, CardBody)
        Cards(self._state).put(company, body.invoice, body.state, body.webhook)
        if body.expires is not None:
            self._card_service.put(body.invoice, body.expires)
        self._charges[company].settle(body.invoice)
        return json_response(200, {})

    def _refund(self, request: Request) -> Response:
        refusal = json_response(200, {"success": False, "message": "NotEnoughOperationFunds", "requestId": None})
        answer = self._faults.around(
            "robokassa", "refund", lambda: json_response(*self._refunds.create(request.body)), refusal
        )
        return self._seen(request, "robokassa", "refund", answer)

    def _refund_state(self, request: Request) -> Response:
        def work() -> Response:
            return json_response(*self._refunds.state(dict(request.query).get("id", "")))

        refusal = json_response(200, {"message": "Id is invalid or request id does not exist"})
        answer = self._faults.around("robokassa", "get_refund", work, refusal)
        return self._seen(request, "robokassa", "get_refund", answer)

    def _receipt(self, request: Request) -> Response:
        answer = self._faults.around(
            "robokassa",
            "get_receipt",
            lambda: json_response(200, self._receipts.status(request.body)),
            json_response(200, {"Code": "3", "Description": "refused"}),
        )
        return self._seen(request, "robokassa", "get_receipt", answer)

    def _closing_receipt(self, request: Request) -> Response:
        answer = self._faults.around(
            "robokassa",
            "send_receipt",
            lambda: json_response(200, self._receipts.attach(request.body)),
            json_response(200, {"ResultCode": "3", "ResultDescription": "refused"}),
        )
        return self._seen(request, "robokassa", "send_receipt", answer)

    def _unblock(self, request: Request) -> Response:
        def work() -> Response:
            return text_response(200, self._cancellations.unblock(dict(_readable(request))), "text/csv; charset=utf-8")

        refusal = text_response(200, "ErrorCode;ErrorMessage\r\n17;Authorization reversal is not allowed\r\n")
        return self._seen(request, "uniteller", "refund", self._faults.around("uniteller", "refund", work, refusal))

    def _cancel(self, request: Request) -> Response:
        def work() -> Response:
            return json_response(200, self._cancellations.fiscal(dict(_readable(request))))

        refusal = json_response(200, {"Code": "17", "Note": "Authorization reversal is not allowed"})
        return self._seen(request, "uniteller", "refund", self._faults.around("uniteller", "refund", work, refusal))

    def _seen(self, request: Request, target: str, call: str, answer: Response) -> Response:
        status = "-" if answer.dropped else answer.status
        self._state.log_call(self._clock(), target, call, request.method, request.path, status)
        return answer


def _fields(request: Request) -> Pairs:
    """:raises ValueError: not readable as a form."""
    return [*request.query, *(parse_form(request.body) if request.content_type == FORM else [])]


def _readable(request: Request) -> Pairs:
    try:
        return _fields(request)
    except ValueError:
        return []


def _xml(text: str) -> Response:
    return text_response(200, text, "text/xml; charset=utf-8")
