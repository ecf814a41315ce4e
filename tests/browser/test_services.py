"""What a subscriber does with the services, by clicks, in a product whose clock belongs to these tests."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import watch
from tests.browser.product import PASSWORD, Product, kopecks, plain, text_of

INTERNET = "service=internet&account=100201"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("services") / "data")
    try:
        product.wait()
        yield product
    finally:
        product.stop()


@pytest.fixture
def bob(own: Product, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """Bob, signed in; what the page must not do fails the test."""
    bad: list[str] = []
    context = browser.new_context(**{**browser_context_args, "base_url": own.url})
    page = context.new_page()
    watch(page, own, bad)
    data = {"login": "bob", "password": PASSWORD}
    assert page.request.post("/api/session", data=data, headers={"Origin": own.url}).ok
    page.add_init_script("localStorage.setItem('signed_in', '2')")
    yield page
    context.close()
    assert not bad, bad


def balance(page: Page) -> int:
    page.goto("/#/")
    return kopecks(text_of(page, "balance"))


def choose(page: Page, tariff: str) -> None:
    page.goto(f"/#/tariff?{INTERNET}")
    page.get_by_label(re.compile(f"^{tariff}")).check()


def test_a_tariff_of_the_next_period_is_shown_and_can_be_cancelled(bob: Page) -> None:
    choose(bob, "Базовый 50")
    expect(bob.get_by_test_id("compare")).to_contain_text("−400,00")
    expect(bob.get_by_test_id("money")).to_contain_text("Сегодня ничего не спишем")
    bob.get_by_test_id("confirm").dblclick()
    expect(bob.get_by_test_id("done")).to_contain_text("начнётся с")
    bob.get_by_role("link", name="К услугам").click()
    expect(bob.get_by_test_id("planned")).to_contain_text("«Базовый 50», 390 ₽")
    bob.get_by_role("button", name="Отменить смену тарифа").click()
    expect(bob.get_by_test_id("done")).to_have_text("Смена тарифа отменена.")
    expect(bob.get_by_test_id("planned")).to_have_count(0)


def test_a_sum_that_changed_meanwhile_is_refused_and_shown_anew_then_taken(bob: Page, own: Product) -> None:
    before = balance(bob)
    choose(bob, "Игровой 500")
    button = bob.get_by_test_id("confirm")
    shown = kopecks(button.inner_text().split("списать")[1])
    own.advance(86_400)
    button.click()
    expect(bob.get_by_test_id("refusal")).to_have_attribute("data-code", "numbers_changed")
    expect(button).not_to_contain_text(f"{shown / 100:.2f}".replace(".", ","))
    now = kopecks(button.inner_text().split("списать")[1])
    assert 0 < now < shown
    button.click()
    expect(bob.get_by_test_id("done")).to_have_text("Тариф «Игровой 500» подключён.")
    assert balance(bob) == before - now


def test_why_a_charge_was_made_opens_on_its_row(bob: Page) -> None:
    # from and to: on the last days of a month the default range would begin with the next one
    today = datetime.now(UTC).date()
    bob.goto(f"/#/operations?service=internet&from={today - timedelta(days=2)}&to={today + timedelta(days=2)}")
    why = bob.get_by_test_id("why").first
    why.get_by_text("Почему такое списание?").click()
    said = plain(why.inner_text())
    assert re.search(r"Новый тариф за оставшиеся дни.*990,00 ₽ × \d+ из \d+ дн\. − 790,00 ₽ × .* = \d+,\d\d ₽", said), (
        said
    )


def test_a_suspension_says_what_it_brings_and_can_be_taken_back(bob: Page) -> None:
    bob.goto(f"/#/suspension?{INTERNET}")
    expect(bob.get_by_test_id("means")).to_contain_text("вернём на баланс")
    bob.get_by_label("Последний день без интернета").fill("2020-01-01")
    expect(bob.get_by_test_id("days")).to_be_visible()
    expect(bob.get_by_test_id("confirm")).to_have_count(0)
    bob.reload()
    bob.get_by_test_id("confirm").dblclick()
    expect(bob.get_by_test_id("done")).to_contain_text("принята")
    bob.goto("/#/services")
    expect(bob.get_by_test_id("suspension")).to_contain_text("Приостановим с")
    bob.get_by_role("link", name="Отменить приостановку").click()
    bob.get_by_test_id("resume").click()
    expect(bob.get_by_test_id("done")).to_have_text("Приостановка отменена.")


def test_the_internet_password_is_made_after_the_own_one_and_shown_once(bob: Page) -> None:
    bob.goto(f"/#/internet-password?{INTERNET}")
    bob.get_by_test_id("generate").click()
    field = bob.get_by_label("Пароль от кабинета", exact=True)
    field.fill("not the password")
    bob.get_by_role("button", name="Подтвердить и сменить").click()
    expect(bob.get_by_test_id("errors")).to_be_focused()
    field.fill(PASSWORD)
    bob.get_by_role("button", name="Подтвердить и сменить").click()
    expect(bob.get_by_test_id("made")).to_have_text(re.compile(r"^\S{12}$"))
    bob.reload()
    expect(bob.get_by_test_id("generate")).to_be_visible()
    expect(bob.get_by_test_id("made")).to_have_count(0)
    bob.get_by_label("Свой новый пароль", exact=True).fill("short")
    bob.get_by_role("button", name="Сменить пароль").click()
    expect(bob.get_by_test_id("errors")).to_be_focused()


def test_a_promised_payment_says_why_not_and_is_taken_when_its_day_comes(bob: Page, own: Product) -> None:
    bob.goto("/#/promised-payment")
    expect(bob.get_by_test_id("refusal")).to_have_attribute("data-code", "not_needed")
    own.advance(12 * 86_400)
    bob.goto("/#/")
    expect(bob.get_by_test_id("notice")).to_contain_text("Услуги отключены")
    bob.get_by_role("link", name="Обещанный платёж").click()
    sum = text_of(bob, "amount")
    bob.get_by_test_id("take").dblclick()
    expect(bob.get_by_test_id("done")).to_contain_text("подключён до")
    expect(bob.get_by_test_id("active")).to_contain_text("Осталось внести")
    expect(bob.get_by_test_id("past")).to_have_count(1)
    assert sum in text_of(bob, "past")
    bob.goto("/#/")
    expect(bob.get_by_test_id("state").first).to_have_text("Активен")
    expect(bob.get_by_test_id("promised")).to_contain_text("Обещанный платёж")


def test_the_calendar_counts_down_to_the_day_without_money(bob: Page) -> None:
    bob.goto("/#/calendar")
    kinds = bob.get_by_test_id("item")
    expect(kinds.first).to_be_visible()
    assert "financial_block" in [each.get_attribute("data-kind") for each in kinds.all()]


def test_an_issued_password_is_replaced_before_anything_else(own: Product, bob: Page) -> None:
    done = own.ops("accounts", "password", "--operator", "anna", "charlie")
    issued = re.search(r"\S{12,}", done.stdout.split(":")[-1])
    assert issued, done.stdout + done.stderr
    bob.context.clear_cookies()
    bob.goto("/#/login")
    bob.get_by_label("Логин или номер договора").fill("charlie")
    bob.get_by_label("Пароль", exact=True).fill(issued[0])
    bob.get_by_role("button", name="Войти", exact=True).click()
    bob.get_by_role("link", name="Придумать пароль").click()
    bob.get_by_label("Нынешний или выданный пароль", exact=True).fill(issued[0])
    bob.get_by_label("Новый пароль", exact=True).fill("qwerty123456")
    bob.get_by_role("button", name="Сменить пароль").click()
    expect(bob.get_by_test_id("errors")).to_be_focused()
    bob.get_by_label("Новый пароль", exact=True).fill("a phrase of several words")
    bob.get_by_role("button", name="Сменить пароль").click()
    expect(bob.get_by_test_id("done")).to_contain_text("Пароль изменён")
    bob.get_by_role("link", name="На главную").click()
    expect(bob.get_by_test_id("balance")).to_be_visible()
