"""A route that wants a fresh password is closed until it was given, and closes again."""

import pytest

from chalicelib.errors import Forbidden
from chalicelib.handlers import admission
from chalicelib.handlers.http import Answer, Route
from tests.portal import PASSWORD, client
from tests.product import Product

#: No route of this release wants one; the rule stands at the door for those that will.
CLOSED = Route("POST", "/api/closed", lambda request: Answer(), "What needs a password", step_up=True)


def test_a_route_with_a_step_up_wants_the_password_again(shop: Product) -> None:
    browser = client()
    browser.log_in("bob")
    with pytest.raises(Forbidden, match="step_up_required"):
        admission.session(CLOSED, browser.cookies)
    assert browser.post("/api/session/step-up", {"password": PASSWORD}).status == 204
    assert admission.session(CLOSED, browser.cookies) is not None
    shop.clock.advance(10 * 60)
    with pytest.raises(Forbidden, match="step_up_required"):
        admission.session(CLOSED, browser.cookies)
