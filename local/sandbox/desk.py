"""What a payer does, for every payment company alike: through the panel or a program, or on the payment page."""

from typing import Any

from local.sandbox import pages
from local.sandbox.bodies import PayBody, Refused, read
from local.sandbox.deliveries import Deliveries
from local.sandbox.payments import AlreadyPaid, CannotOpen, Company, UnknownInvoice
from local.web import Request, Response, error_response, see_other


class Desk:
    def __init__(self, company: Company, deliveries: Deliveries) -> None:
        self._company, self._deliveries = company, deliveries

    def pay(self, request: Request) -> dict[str, Any]:
        """As a payer would, without a browser; the answer comes after the notification was answered."""
        body = read(request, PayBody)
        order = self._decided(body)
        told = self._deliveries.send_for(self._company.name, body.invoice)
        back = self._company.way_back(order, body.outcome)
        return {"invoice": body.invoice, "outcome": body.outcome, "webhooks": told, "return": back}

    def decide(self, request: Request) -> Response:
        """The payment page's own form: the payer goes back to the portal."""
        body = read(request, PayBody)
        order = self._decided(body)
        if body.webhook == "normal":
            self._deliveries.send_soon()
        else:
            self._deliveries.send_for(self._company.name, body.invoice)
        back = self._company.way_back(order, body.outcome)
        return see_other(back) if back else pages.stay_page("Плательщик ушёл, ничего не заплатив.")

    def _decided(self, body: PayBody) -> Any:
        try:
            return self._company.pay(body.invoice, body.outcome, body.webhook, body.card)
        except UnknownInvoice:
            raise Refused(error_response(404, "not_found", "Такого счёта нет")) from None
        except AlreadyPaid:
            raise Refused(error_response(409, "already_paid", "Счёт уже оплачен")) from None
        except CannotOpen as error:
            raise Refused(error_response(422, "checkout_refused", str(error))) from None
