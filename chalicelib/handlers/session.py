"""Signing in and out, and looking over where one is signed in."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.handlers.http import Answer, Request, Views
from chalicelib.models import Value
from chalicelib.services.identity import Identity, Overview, SessionItem, SignedIn

views = Views(__name__)

#: Hashing is what costs us, so a longer one is refused before it is hashed.
Password = Annotated[str, Field(min_length=1, max_length=1000)]


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    login: Annotated[str, Field(min_length=1, max_length=100)]
    password: Password


class Confirmation(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    password: Password


class SessionAnswer(Overview):
    signed_in: Literal[True] = True


class NobodySignedIn(Value):
    signed_in: Literal[False] = False


def session_answer(who: Identity) -> SessionAnswer:
    return _answer(bootstrap.sessions().overview(who))


@views.route(
    "POST",
    "/api/session",
    "Sign in",
    body=Credentials,
    answers={200: SessionAnswer},
    errors=(401, 429, 502),
    public=True,
    reads_session=True,
)
def sign_in(request: Request) -> Answer:
    """The session that the browser still holds ends: a session planted before the sign-in is worth nothing."""
    sessions = bootstrap.sessions()
    signed_in = sessions.log_in(
        request.body.login,
        request.body.password,
        request.client,
        device_token=request.cookies.get(sessions.device_cookie_name),
        replaced=request.session,
    )
    return Answer(_answer(signed_in.overview), cookies=_cookies(signed_in))


@views.route(
    "GET",
    "/api/session",
    "Who is signed in",
    answers={200: SessionAnswer | NobodySignedIn},
    errors=(502,),
    public=True,
    reads_session=True,
)
def who_is_signed_in(request: Request) -> Answer:
    return Answer(session_answer(request.session) if request.session else NobodySignedIn())


@views.route("DELETE", "/api/session", "Sign out", answers={204: None}, with_issued_password=True)
def sign_out(request: Request) -> Answer:
    sessions = bootstrap.sessions()
    sessions.log_out(request.who, request.client)
    return Answer(status=204, cookies=(_cookie(sessions.cookie_name, "", timedelta(0)),))


@views.route("GET", "/api/sessions", "Where the subscriber is signed in", answers={200: list[SessionItem]})
def list_sessions(request: Request) -> Answer:
    return Answer(bootstrap.sessions().sessions(request.who))


@views.route("DELETE", "/api/sessions", "Sign out everywhere else", answers={204: None})
def end_other_sessions(request: Request) -> Answer:
    bootstrap.sessions().end_others(request.who, request.client)
    return Answer(status=204)


@views.route("DELETE", "/api/sessions/{id}", "Sign out somewhere else", answers={204: None})
def end_session(request: Request, id: str) -> Answer:
    bootstrap.sessions().end(request.who, id, request.client)
    return Answer(status=204)


@views.route(
    "POST", "/api/session/step-up", "Confirm with the password", body=Confirmation, answers={204: None}, errors=(429,)
)
def step_up(request: Request) -> Answer:
    bootstrap.sessions().step_up(request.who, request.body.password, request.client)
    return Answer(status=204)


def _answer(overview: Overview) -> SessionAnswer:
    return SessionAnswer(**dict(overview))


def _cookies(signed_in: SignedIn) -> tuple[str, ...]:
    sessions = bootstrap.sessions()
    return (
        _cookie(sessions.cookie_name, signed_in.cookie, sessions.lasts),
        _cookie(sessions.device_cookie_name, signed_in.device_token, sessions.device_lasts),
    )


def _cookie(name: str, value: str, lasts: timedelta) -> str:
    """An age of nought deletes it. ``__Host-`` names demand Secure, Path=/ and no Domain."""
    secure = "; Secure" if bootstrap.settings().secure else ""
    return f"{name}={value}; Path=/; Max-Age={int(lasts.total_seconds())}; HttpOnly; SameSite=Strict{secure}"
