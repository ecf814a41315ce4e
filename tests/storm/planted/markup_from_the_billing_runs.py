"""A service's name is put on the screen as markup, and no policy stops it: what the billing stores runs."""

import re

from playwright.sync_api import Page, Route, expect

from tests.storm.planted import _planting

CAUGHT_BY = "tests/browser/test_stored_html.py::test_markup_from_the_billing_is_text_and_nothing_runs[chromium]"
SHOWS = "Locator expected to have text"

_HEADING = '<h3><a href="#/services">${title}</a></h3>'
_NAME = "screens/home.js"


def plant() -> None:
    """The browser is given another file; what it may wait for is shortened, for it waits in vain."""
    wanted = Page.goto
    _planting.planted.add(_NAME)

    def goto(page: Page, *arguments: object, **options: object) -> object:
        page.route(re.compile(r"/screens/home\.js"), _spoilt)
        page.route(re.compile(r":\d+/$"), _without_policy)
        expect.set_options(timeout=4000)
        return wanted(page, *arguments, **options)  # type: ignore[arg-type]

    Page.goto = goto  # type: ignore[method-assign,assignment]


def _without_policy(route: Route) -> None:
    answer = route.fetch()
    kept = {name: value for name, value in answer.headers.items() if name != "content-security-policy"}
    route.fulfill(response=answer, headers=kept)


def _spoilt(route: Route) -> None:
    answer = route.fetch()
    text = answer.text()
    if text.count(_HEADING) != 1:
        raise _planting.CannotPlant(_HEADING)
    _planting.reached.add(_NAME)
    route.fulfill(response=answer, body=text.replace(_HEADING, "<h3 dangerouslySetInnerHTML=${{ __html: title }} />"))
