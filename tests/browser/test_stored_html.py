"""What the billing stores is text on the main screen, whatever it looks like, and nothing of it runs."""

from playwright.sync_api import Page, Route, expect

from tests.browser.product import Product, sign_in

MARKUP = "<img src=x onerror=\"document.title='it ran'\"><b>Сто</b>"


def test_markup_from_the_billing_is_text_and_nothing_runs(page: Page, site: Product) -> None:
    def stored(route: Route) -> None:
        answer = route.fetch()
        home = answer.json()
        account = home["account"]
        account["address"] = account["label"] = MARKUP
        account["services"][0]["title"] = account["services"][0]["tariff"]["title"] = MARKUP
        account["services"][1]["tariff"]["title"] = MARKUP
        home["session"]["subscriber"]["name"] = MARKUP
        for row in (*home["operations"], *home["events"]):
            row["title"] = MARKUP
        route.fulfill(response=answer, json=home)

    page.route("**/api/home*", stored)
    sign_in(page, site, "bob")
    expect(page.get_by_test_id("service").nth(0).get_by_role("heading")).to_have_text(MARKUP)
    expect(page.get_by_test_id("service").nth(1)).to_contain_text(MARKUP)
    expect(page.get_by_test_id("operation").first).to_contain_text(MARKUP)
    expect(page.get_by_test_id("event").first).to_contain_text(MARKUP)
    expect(page.get_by_text(MARKUP, exact=True).first).to_be_visible()
    expect(page.locator("img, main b:has-text('Сто')")).to_have_count(0)
    assert "it ran" not in page.title()
