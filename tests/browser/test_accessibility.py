"""Every screen for everybody: axe, reflow, sizes of targets, and what a screen reader is told."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import watch
from tests.browser.product import Product, go, identifier, sign_in
from tests.browser.tools import axe_source

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (tags) => (await axe.run(document, {runOnly: tags, resultTypes: ['violations']}))
  .violations.map(({id, nodes}) => id + ": " +
    nodes.map((node) => node.target + " " + node.failureSummary).join("; "))"""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL = """() => [...document.querySelectorAll('a, button, input, select')]
  .map((each) => [each, each.getBoundingClientRect()])
  .filter(([each, box]) => each.checkVisibility() && box.bottom > 0 && Math.min(box.width, box.height) < 24)
  .map(([each, box]) => `${each.outerHTML.slice(0, 80)} ${box.width}x${box.height}`)"""
WIDTHS = (320, 768, 1280)

#: Address and what stands there when the screen is complete.
SCREENS = {
    "home": ("#/", "[data-test=balance]"),
    "operations": ("#/operations", "[data-test=total-closing]"),
    "top-up": ("#/topup", "#amount"),
    "services": ("#/services", "[data-test=service]"),
    "tariff": ("#/tariff?service=internet", "input[name=tariff]"),
    "suspension": ("#/suspension?service=internet", "[data-test=means]"),
    "autopay": ("#/autopay", "[data-test=autopay][data-status]"),
    "promised payment": ("#/promised-payment", "[data-test=refusal]"),
    "calendar": ("#/calendar", "[data-test=day]"),
    "internet password": ("#/internet-password?service=internet", "#new"),
    "portal password": ("#/password", "#new_password"),
    "devices": ("#/sessions", "[data-test=device]"),
    "accounts": ("#/accounts", "[data-test=account-card]"),
    "missing": ("#/nowhere", "text=Такой страницы нет"),
    "unknown payment": ("#/topup/00000000-0000-4000-8000-000000000000", "[data-test=failure]"),
}


@pytest.fixture(params=["light", "dark"])
def view(request: Any, browser: Browser, browser_context_args: dict[str, Any], site: Product) -> Iterator[Page]:
    """A page in one of the two colour schemes."""
    bad: list[str] = []
    context = browser.new_context(**browser_context_args, color_scheme=request.param)
    page = context.new_page()
    watch(page, site, bad)
    yield page
    context.close()
    assert not bad, bad


def faults(page: Page) -> list[str]:
    """At each width, what axe and the ruler find on the screen as it stands."""
    found: list[str] = []
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe_source())
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{width}: {each}" for each in page.evaluate(RUN, TAGS) + page.evaluate(SMALL)]
        found += [f"{width}: sideways by {by}" for by in [page.evaluate(SIDEWAYS)] if by > 0]
    return found


def test_the_login_has_no_fault(view: Page) -> None:
    view.goto("/")
    expect(view.get_by_label("Пароль", exact=True)).to_be_visible()
    assert faults(view) == []
    view.get_by_role("button", name="Войти", exact=True).click()
    expect(view.get_by_test_id("errors")).to_be_focused()
    assert faults(view) == []


def test_no_screen_of_the_cabinet_has_a_fault(view: Page, site: Product) -> None:
    sign_in(view, site, "bob")
    found = {}
    for name, (hash, ready) in SCREENS.items():
        view.goto("/" + hash)
        expect(view.locator(ready).first).to_be_visible()
        found[name] = faults(view)
    assert not any(found.values()), found


def test_a_blocked_account_and_an_open_menu_have_no_fault(view: Page, site: Product) -> None:
    view.set_viewport_size({"width": 320, "height": 900})
    sign_in(view, site, "alice")
    expect(view.get_by_test_id("notice")).to_be_visible()
    view.get_by_role("button", name="Разделы").click()
    assert faults(view) == []


def test_a_waiting_payment_has_no_fault(view: Page, site: Product) -> None:
    sign_in(view, site, "bob")
    go(view, "Пополнить")
    with view.expect_request("**/topups") as sent:
        view.get_by_role("button", name=re.compile("^Оплатить")).click()
    view.wait_for_url("**/Index.aspx?**")
    view.goto("/?pay=" + identifier(sent.value))
    expect(view.get_by_test_id("status")).to_have_attribute("data-status", "awaiting_payment")
    assert faults(view) == []


def test_a_screen_reader_is_told_what_the_login_is(page: Page) -> None:
    page.goto("/")
    expect(page.locator("body")).to_match_aria_snapshot("""
- banner:
  - link "К содержанию"
  - link "Ваш провайдер"
  - button "English"
- main:
  - heading "Вход в личный кабинет" [level=1]
  - text: Логин или номер договора
  - paragraph: Номер договора — в шапке договора и в квитанции
  - textbox "Логин или номер договора"
  - text: Пароль
  - textbox "Пароль"
  - button "Показать пароль"
  - button "Войти"
  - paragraph: /Не получается войти/
- contentinfo: /Поддержка/
""")


def test_a_screen_reader_is_told_what_the_main_screen_is(page: Page, site: Product) -> None:
    sign_in(page, site, "alice")
    expect(page.locator("body")).to_match_aria_snapshot("""
- banner:
  - link "К содержанию"
  - link "Ваш провайдер"
  - text: Алиса Воронцова
  - button "English"
  - button "Выйти"
- navigation "Разделы кабинета":
  - list:
    - listitem:
      - link "Главная"
    - listitem:
      - link "Операции"
    - listitem:
      - link "Пополнить"
    - listitem:
      - link "Устройства"
- main:
  - heading "Лицевой счёт 100101" [level=1]
  - paragraph: /Трёхсвятская/
  - paragraph: /Услуги отключены/
  - region "Баланс":
    - text: "Заблокирован: недостаточно средств"
    - heading "Баланс" [level=2]
    - paragraph: /−\\d+,\\d\\d ₽/
    - paragraph: /К оплате .+ до/
    - link /Пополнить на \\d+ ₽/
  - region "Услуги":
    - heading "Услуги" [level=2]
    - list:
      - listitem:
        - heading "Домашний интернет" [level=3]
        - text: Отключена за неуплату
        - paragraph: /в месяц/
  - region "Последние операции":
    - heading "Последние операции" [level=2]
    - list
    - paragraph:
      - link "Все операции"
- contentinfo: /Поддержка/
""")
