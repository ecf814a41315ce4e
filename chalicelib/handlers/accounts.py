"""Personal accounts: balance, state, services, operations."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.billing import (
    AccountSummary,
    ForecastItem,
    OperationKind,
    OperationsPage,
    OperationsQuery,
    Service,
)
from chalicelib.handlers.http import Answer, Request, Views
from chalicelib.models import LocalDate
from chalicelib.services.accounts import AccountScreen

views = Views(__name__)


class OperationsFilter(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    date_from: Annotated[LocalDate | None, Field(alias="from")] = None
    date_to: Annotated[LocalDate | None, Field(alias="to")] = None
    kind: OperationKind | None = None
    service: Annotated[str | None, Field(max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")] = None
    cursor: Annotated[str | None, Field(max_length=1000)] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class ForecastWindow(BaseModel):
    model_config = ConfigDict(extra="forbid")

    days: Annotated[int, Field(ge=1, le=366)] = 60


@views.route("GET", "/api/accounts", "The subscriber's accounts", answers={200: list[AccountSummary]}, errors=(502,))
def accounts(request: Request) -> Answer:
    return Answer(bootstrap.accounts().list(request.who.subscriber_id))


@views.route("GET", "/api/accounts/{account}", "One account", answers={200: AccountScreen})
def account(request: Request, account: str) -> Answer:
    view = bootstrap.accounts().view(request.who.subscriber_id, account)
    bootstrap.sessions().remember_account(request.who, account)
    return Answer(view)


@views.route("GET", "/api/accounts/{account}/services", "Connected services", answers={200: list[Service]})
def services(request: Request, account: str) -> Answer:
    return Answer(bootstrap.accounts().services(request.who.subscriber_id, account))


@views.route(
    "GET",
    "/api/accounts/{account}/operations",
    "Payments and charges of a period, newest first, with exact totals",
    query=OperationsFilter,
    answers={200: OperationsPage},
)
def operations(request: Request, account: str) -> Answer:
    return Answer(bootstrap.accounts().operations(request.who.subscriber_id, account, _asked(request.query)))


@views.route(
    "GET",
    "/api/accounts/{account}/forecast",
    "What will happen to the balance if nobody does anything",
    query=ForecastWindow,
    answers={200: list[ForecastItem]},
)
def forecast(request: Request, account: str) -> Answer:
    service = bootstrap.accounts()
    service.owned(request.who.subscriber_id, account)
    return Answer(service.events(account, request.query.days))


def _asked(wanted: Any) -> OperationsQuery:
    """Without dates: the current month up to today, in the provider's zone."""
    today = bootstrap.accounts().today()
    date_to = wanted.date_to or today
    return OperationsQuery(
        date_from=wanted.date_from or date_to.replace(day=1),
        date_to=date_to,
        kind=wanted.kind,
        service=wanted.service,
        cursor=wanted.cursor,
        limit=wanted.limit,
    )
