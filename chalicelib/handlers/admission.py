"""Who may come in: the distribution's secret, the caller's address, the page's origin, the session."""

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING

from chalice.app import Request as ChaliceRequest

from chalicelib import bootstrap
from chalicelib.errors import Forbidden, NotAuthenticated
from chalicelib.handlers import texts
from chalicelib.handlers.failures import MethodNotAllowed
from chalicelib.services.session import Client, Identity

if TYPE_CHECKING:
    from chalicelib.handlers.http import Route

SECRET_HEADER = "x-origin-secret"  # noqa: S105 - a header's name


def client(event: ChaliceRequest) -> Client:
    """The caller as the distribution saw it; behind one, a call without its secret is not answered.

    ``CloudFront-Viewer-Address`` is believed only with that secret, because anybody can send a header;
    without a distribution the address is the socket's peer. ``X-Forwarded-For`` is never read.
    """
    settings = bootstrap.settings()
    address = str((event.context.get("identity") or {}).get("sourceIp") or "")
    if settings.origin_secret is not None:
        given = event.headers.get(SECRET_HEADER, "").encode()
        taken = [secret for secret in (settings.origin_secret, settings.origin_secret_old) if secret is not None]
        if not any(hmac.compare_digest(given, secret.get_secret_value().encode()) for secret in taken):
            raise Forbidden
        address = event.headers.get("cloudfront-viewer-address", "").rpartition(":")[0].strip("[]") or address
    return Client(
        address=address, user_agent=event.headers.get("user-agent", "")[:300], language=texts.language(event.headers)
    )


def route(table: Mapping[str, "Route"], method: str) -> "Route":
    if method not in table:
        raise MethodNotAllowed
    return table[method]


def same_origin(event: ChaliceRequest) -> None:
    """A change is taken only from our own pages: the cookie alone proves nothing about who wrote the request."""
    origin = event.headers.get("origin")
    if origin is not None:
        if origin not in bootstrap.settings().public_origins:
            raise Forbidden("bad_origin")
    elif event.headers.get("sec-fetch-site") != "same-origin":
        raise Forbidden("bad_origin")


def session(route: "Route", cookies: Mapping[str, str]) -> Identity | None:
    """The live session behind the cookie.

    :raises NotAuthenticated: the route wants one and there is none.
    :raises Forbidden: an issued password is still to be replaced, or the step-up is missing.
    """
    if route.public and not route.reads_session:
        return None
    service = bootstrap.sessions()
    identity = service.identify(cookies.get(service.cookie_name))
    if identity is None:
        if route.public:
            return None
        raise NotAuthenticated
    if identity.must_change_password and not (route.public or route.with_issued_password):
        raise Forbidden("password_change_required")
    if route.step_up and not service.stepped_up(identity):
        raise Forbidden("step_up_required")
    return identity
