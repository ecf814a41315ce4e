"""Topping up: what can be chosen, ordering, and where the money is."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.errors import NotFound
from chalicelib.handlers.http import Answer, Request, Views
from chalicelib.models import Instant, PositiveKopecks, Value
from chalicelib.money import Kopecks
from chalicelib.providers.gateways import Checkout
from chalicelib.services import autopay_words as words
from chalicelib.services.autopay import Caller
from chalicelib.services.autopay_screen import Terms
from chalicelib.services.topups import Ordered, Wish
from chalicelib.store.topups import EventRow, Status, TopUpRow

views = Views(__name__)


def canonical(text: str) -> str:
    """A UUID in its one plain spelling, so that two spellings are never two top-ups."""
    if text != str(UUID(text)):
        raise ValueError("not a plain UUID")
    return text


class TopUpRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[str, AfterValidator(canonical)]
    amount_kopecks: PositiveKopecks
    gateway: str
    #: keep the card for autopay, which stays off; ``card_terms_version``: of the text that was on screen
    save_card: bool = False
    card_terms_version: Annotated[str, Field(max_length=64)] | None = None


class GatewayOption(Value):
    id: str
    title: str
    min_kopecks: Kopecks
    max_kopecks: Kopecks
    can_save_card: bool


class TopUpOptions(Value):
    """``card_terms`` is what keeping a card means; none where no card can be kept now."""

    gateways: tuple[GatewayOption, ...]
    suggested_kopecks: Kopecks
    card_terms: Terms | None = None


class TopUpOrdered(Value):
    id: str
    status: Status
    checkout: Checkout | None


class Step(Value):
    name: Status
    at: Instant


class TopUpDetails(Value):
    id: str
    account: str
    amount_kopecks: Kopecks
    gateway: str
    status: Status
    steps: tuple[Step, ...]
    receipt_url: str | None = None
    #: the way back to the page where it is paid, as long as it can be
    checkout: Checkout | None = None


class TopUpStatus(Value):
    status: Status


@views.route("GET", "/api/accounts/{account}/topup-options", "Gateways, limits and a sum", answers={200: TopUpOptions})
def options(request: Request, account: str) -> Answer:
    service = bootstrap.topups()
    gateways, suggested = service.options(request.who.subscriber_id, account)
    saving = any(gateway.can_save_card for gateway in gateways) and bootstrap.card_keeping().is_offered(account)
    language = request.client.language
    shown = [
        GatewayOption(
            id=gateway.name,
            title=gateway.titles[language],
            **service.limits_of(gateway).model_dump(),
            can_save_card=saving and gateway.can_save_card,
        )
        for gateway in gateways
    ]
    terms = Terms(version=words.CARD_TERMS_VERSION, text=words.card_terms(language)) if saving else None
    return Answer(TopUpOptions(gateways=tuple(shown), suggested_kopecks=suggested, card_terms=terms))


@views.route(
    "POST",
    "/api/accounts/{account}/topups",
    "Order a top-up; the same id again is harmless",
    body=TopUpRequest,
    answers={201: TopUpOrdered, 200: TopUpOrdered},
    errors=(409, 429),
)
def order(request: Request, account: str) -> Answer:
    wish = _wish(request, account, request.body)
    if wish.save_card:
        who = Caller(request.who, request.client, bootstrap.sessions().stepped_up(request.who))
        ordered = bootstrap.card_keeping().order(who, wish, request.body.card_terms_version)
    else:
        ordered = bootstrap.topups().order(request.who.subscriber_id, wish)
    return Answer(ordered_answer(ordered), 201 if ordered.created else 200)


@views.route("GET", "/api/topups/{id}", "One top-up with its steps", answers={200: TopUpDetails})
def details(request: Request, id: str) -> Answer:
    topup, events = bootstrap.topups().details(request.who.subscriber_id, _known(id))
    receipt_url = bootstrap.receipts().url_of(topup.topup_id) if topup.status == "credited" else None
    return Answer(_details(topup, events, receipt_url, bootstrap.topups().checkout_again(topup)))


@views.route(
    "GET", "/api/topups/{id}/status", "Where the money is, without a session", public=True, answers={200: TopUpStatus}
)
def status(request: Request, id: str) -> Answer:
    return Answer({"status": bootstrap.topups().status(_known(id))})


def _known(id: str) -> str:
    """Only a UUID can name a top-up; nothing else reaches the store, where other keys share the table."""
    try:
        return canonical(id)
    except ValueError:
        raise NotFound(id) from None


def _wish(request: Request, account: str, body: Any) -> Wish:
    return Wish(
        id=body.id,
        account=account,
        amount_kopecks=body.amount_kopecks,
        gateway=body.gateway,
        language=request.client.language,
        save_card=body.save_card,
    )


def ordered_answer(ordered: Ordered) -> TopUpOrdered:
    return TopUpOrdered(id=ordered.topup.topup_id, status=_status(ordered.topup), checkout=ordered.checkout)


def _details(topup: TopUpRow, events: Any, receipt_url: str | None, checkout: Checkout | None) -> TopUpDetails:
    return TopUpDetails(
        id=topup.topup_id,
        account=topup.account,
        amount_kopecks=Kopecks(topup.amount_kopecks),
        gateway=topup.gateway,
        status=_status(topup),
        steps=tuple(_step(event) for event in events),
        receipt_url=receipt_url,
        checkout=checkout,
    )


def _step(event: EventRow) -> Step:
    name: Any = event.name
    return Step(name=name, at=event.at)


def _status(topup: TopUpRow) -> Literal["created", "awaiting_payment", "paid", "credited", "declined", "expired"]:
    status: Any = topup.status
    return status  # type: ignore[no-any-return]
