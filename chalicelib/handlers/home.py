"""The main screen in one call."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.billing import ForecastItem, Operation
from chalicelib.errors import NotFound
from chalicelib.handlers.http import Answer, Request, Views
from chalicelib.handlers.session import SessionAnswer, session_answer
from chalicelib.models import Value
from chalicelib.services.accounts import AccountScreen

views = Views(__name__)


class HomeQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    account: Annotated[str | None, Field(max_length=64)] = None


class Home(Value):
    session: SessionAnswer
    account: AccountScreen | None
    operations: tuple[Operation, ...]
    events: tuple[ForecastItem, ...]


@views.route(
    "GET",
    "/api/home",
    "Everything the main screen needs",
    query=HomeQuery,
    answers={200: Home},
    errors=(404, 502),
)
def home(request: Request) -> Answer:
    """Without ``account`` the one used last, else the first; a subscriber without accounts gets none."""
    session = session_answer(request.who)
    mine = [summary.account for summary in session.accounts]
    wanted = request.query.account or request.who.last_account
    if request.query.account and wanted not in mine:
        raise NotFound(wanted)
    chosen = wanted if wanted in mine else next(iter(mine), None)
    if chosen is None:
        return Answer(Home(session=session, account=None, operations=(), events=()))
    accounts = bootstrap.accounts()
    bootstrap.sessions().remember_account(request.who, chosen)
    view = accounts.view(request.who.subscriber_id, chosen)
    return Answer(
        Home(
            session=session,
            account=view,
            operations=accounts.last_operations(chosen),
            events=accounts.events(chosen, autopay=view.autopay),
        )
    )
