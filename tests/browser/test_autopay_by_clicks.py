"""Autopay by clicks: agreed to, paid, announced, charged, limited, skipped and disconnected."""

import re

from playwright.sync_api import Page, expect

from tests.browser.product import PASSWORD, Product, log_in, plain
from tests.browser.test_top_up import decide


def opened(page: Page) -> None:
    page.goto("/#/autopay")
    expect(page.get_by_test_id("autopay")).to_be_visible()


def status(page: Page, wanted: str) -> None:
    expect(page.get_by_test_id("autopay")).to_have_attribute("data-status", wanted)


def connect(page: Page) -> None:
    """From the unticked box through the password to the bank and back."""
    opened(page)
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    page.get_by_role("radio", name=re.compile("Uniteller")).check()
    page.get_by_test_id("pay").click()
    expect(page.get_by_role("checkbox")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("checkbox").check()
    page.get_by_test_id("pay").click()
    page.get_by_test_id("step-up").locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/wpay/pay/")
    decide(page, "Оплатить")
    page.wait_for_url("**/#/topup/*")
    expect(page.get_by_test_id("status")).to_have_attribute("data-status", "credited")


def test_autopay_from_the_box_to_the_charge_and_off_again(page: Page, site: Product) -> None:
    log_in(page, "bob")
    connect(page)
    opened(page)
    status(page, "active")
    assert "2487" in page.get_by_test_id("card").inner_text()
    assert "интернет" in plain(page.get_by_test_id("formula").inner_text())
    page.get_by_test_id("off").click()
    status(page, "off")
    page.get_by_test_id("off").wait_for(state="detached")


def test_a_card_kept_with_a_top_up_turns_autopay_on_and_is_forgotten(page: Page, site: Product) -> None:
    log_in(page, "bob")
    page.goto("/#/topup")
    page.get_by_role("radio", name=re.compile("Uniteller")).check()
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    page.get_by_label("Сохранить карту для автоплатежа").check()
    page.get_by_test_id("pay").click()
    page.wait_for_url("**/wpay/pay/")
    decide(page, "Оплатить")
    page.wait_for_url("**/#/topup/*")
    expect(page.get_by_test_id("status")).to_have_attribute("data-status", "credited")
    opened(page)
    status(page, "off")
    assert "2487" in page.get_by_test_id("card").inner_text()
    page.get_by_role("checkbox").check()
    page.get_by_test_id("turn-on").click()
    page.get_by_test_id("step-up").locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    status(page, "active")
    page.goto("/#/topup")
    expect(page.get_by_test_id("pay")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)
    opened(page)
    page.get_by_test_id("off").click()
    status(page, "off")
    expect(page.get_by_test_id("card")).to_have_count(0)
