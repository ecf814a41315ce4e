"""Every screen as a person meets it: by keyboard, offline, in English, on paper, after the session has ended."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, Playwright, Route, expect

from tests.browser.product import PASSWORD, Product, go, kopecks, log_in, plain, sign_in, text_of

LOGIN = "Вход в личный кабинет"
TODAY = datetime.now(ZoneInfo("Europe/Moscow")).date()
LONG_AGO = TODAY - timedelta(days=300)
OPERATIONS = "/api/accounts/100201/operations"


def heading(page: Page, name: str) -> Locator:
    return page.get_by_role("heading", level=1, name=name)


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if target.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"the keyboard does not reach {target}")


def test_the_keyboard_alone_is_enough_to_log_in_and_out(page: Page) -> None:
    page.goto("/")
    tab_to(page, page.get_by_label("Логин или номер договора"))
    page.keyboard.type("bob")
    tab_to(page, page.get_by_label("Пароль", exact=True))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("subscriber")).to_have_text("Борис Кузнецов")
    tab_to(page, page.get_by_role("button", name="Выйти"))
    page.keyboard.press("Enter")
    expect(heading(page, LOGIN)).to_be_visible()


def test_a_wrong_password_is_told_in_a_summary_that_takes_focus(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Логин или номер договора").fill("bob")
    page.get_by_label("Пароль", exact=True).fill("not-the-password")
    page.get_by_role("button", name="Войти", exact=True).click()
    summary = page.get_by_role("alert").filter(has_text="Логин или пароль не подошли")
    expect(summary).to_be_focused()
    expect(page).to_have_title(re.compile("^Ошибка: "))
    expect(page.get_by_label("Логин или номер договора")).to_have_value("bob")


def test_after_the_session_has_ended_a_new_login_returns_to_the_same_screen(page: Page, site: Product) -> None:
    sign_in(page, site, "bob")
    page.context.clear_cookies()
    page.goto("/#/operations?kind=payment")
    expect(page.get_by_test_id("session-over")).to_be_visible()
    page.get_by_label("Логин или номер договора").fill("bob")
    page.get_by_label("Пароль", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Войти", exact=True).click()
    expect(heading(page, "Операции")).to_be_visible()
    assert page.url.endswith("#/operations?kind=payment")


def test_totals_of_operations_are_those_of_the_server(page: Page, site: Product) -> None:
    sign_in(page, site, "bob", f"#/operations?from={LONG_AGO}&to={TODAY}")
    expect(page.get_by_test_id("operation")).to_have_count(50)
    totals = page.request.get(f"{OPERATIONS}?from={LONG_AGO}&to={TODAY}").json()["totals"]
    names = ("opening", "payments", "charges", "other", "closing")
    shown = [kopecks(text_of(page, f"total-{name}")) for name in names]
    assert shown == [totals["opening_balance_kopecks"], *(totals[f"{n}_kopecks"] for n in names[1:4]), shown[4]]
    assert shown[4] == totals["closing_balance_kopecks"] == sum(shown[:4])


def test_operations_are_filtered_by_kind_and_by_service(page: Page, site: Product) -> None:
    sign_in(page, site, "bob", f"#/operations?from={LONG_AGO}&to={TODAY}")
    page.get_by_label("Вид операции").select_option(label="Списание")
    page.get_by_label("Услуга").select_option(label="Интерактивное ТВ")
    page.get_by_role("button", name="Показать", exact=True).click()
    expect(page.get_by_test_id("operation").first).to_contain_text("Интерактивное ТВ")
    path = f"{OPERATIONS}?from={LONG_AGO}&to={TODAY}&kind=charge&service=tv"
    items = page.request.get(path).json()["items"]
    shown = page.get_by_test_id("operation").locator(".amount").all_inner_texts()
    assert [kopecks(each) for each in shown] == [item["amount_kopecks"] for item in items]


def test_what_is_typed_survives_a_late_list_of_services(page: Page, site: Product) -> None:
    waiting: list[Route] = []
    page.route("**/api/accounts/100201", lambda route: waiting.append(route))
    sign_in(page, site, "bob", "#/operations?service=tv")
    expect(page.get_by_test_id("total-closing")).to_be_visible()
    page.get_by_label("С какого дня").fill("2020-01-01")
    waiting[0].continue_()
    expect(page.get_by_label("Услуга")).to_have_value("tv")
    expect(page.get_by_label("С какого дня")).to_have_value("2020-01-01")


def test_operations_of_an_empty_period_say_so(page: Page, site: Product) -> None:
    sign_in(page, site, "bob", "#/operations")
    page.get_by_label("С какого дня").fill("2020-01-01")
    page.get_by_label("По какой день").fill("2020-01-31")
    page.get_by_role("button", name="Показать", exact=True).click()
    expect(page.get_by_test_id("empty")).to_be_visible()
    assert "from=2020-01-01&to=2020-01-31" in page.url


def test_more_operations_come_after_the_first_fifty(page: Page, site: Product) -> None:
    path = f"from={LONG_AGO}&to={TODAY}"
    sign_in(page, site, "bob", f"#/operations?{path}")
    page.get_by_role("button", name="Показать ещё").click()
    all_of_them = page.request.get(f"{OPERATIONS}?{path}&limit=100").json()["items"]
    assert len(all_of_them) > 50
    expect(page.get_by_test_id("operation")).to_have_count(len(all_of_them))
    shown = page.get_by_test_id("operation").locator(".after").all_inner_texts()
    assert [kopecks(each) for each in shown] == [item["balance_after_kopecks"] for item in all_of_them]


def test_markup_in_a_title_is_text(page: Page, site: Product) -> None:
    title = "<img src=x onerror=alert(1)><b>ТВ</b>"

    def planted(route: Route) -> None:
        answer = route.fetch()
        home = answer.json()
        home["account"]["services"][0]["title"] = home["operations"][0]["title"] = title
        route.fulfill(response=answer, json=home)

    page.route("**/api/home*", planted)
    sign_in(page, site, "bob")
    expect(page.get_by_test_id("service").first.get_by_role("heading")).to_have_text(title)
    expect(page.get_by_test_id("operation").first).to_contain_text(title)
    expect(page.locator("main img")).to_have_count(0)


def test_the_chosen_account_is_remembered_after_a_reload(page: Page, site: Product) -> None:
    sign_in(page, site, "bob")
    page.get_by_label("Лицевой счёт").select_option("100202")
    expect(page.get_by_test_id("account")).to_have_text("100202")
    page.reload()
    expect(page.get_by_test_id("account")).to_have_text("100202")
    page.get_by_label("Лицевой счёт").select_option("100201")
    expect(page.get_by_test_id("account")).to_have_text("100201")


def test_every_account_has_its_card_that_opens_it(page: Page, site: Product) -> None:
    sign_in(page, site, "bob")
    go(page, "Все счета")
    expect(page.get_by_test_id("account-card")).to_have_count(2)
    page.get_by_role("link", name="Открыть счёт 100202").click()
    expect(page.get_by_test_id("account")).to_have_text("100202")
    # the last one is remembered, and the next test finds bob as it expects him
    page.get_by_label("Лицевой счёт").select_option("100201")
    expect(page.get_by_test_id("account")).to_have_text("100201")


def test_the_cabinet_speaks_english_and_keeps_to_it(page: Page, site: Product) -> None:
    sign_in(page, site, "bob")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Last operations")).to_be_visible()
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_test_id("balance")).to_have_text(re.compile(r"^[\d,]+\.\d\d\s₽$"))
    page.get_by_role("button", name="Русский").click()
    expect(page.get_by_role("heading", name="Последние операции")).to_be_visible()


def test_another_device_is_signed_out_from_the_list(page: Page, site: Product, playwright: Playwright) -> None:
    sign_in(page, site, "alice")
    page.request.delete("/api/sessions", headers={"Origin": site.url})
    other = playwright.request.new_context(base_url=site.url, extra_http_headers={"Origin": site.url})
    other.post("/api/session", data={"login": "alice", "password": PASSWORD})
    go(page, "Устройства")
    expect(page.get_by_test_id("device")).to_have_count(2)
    page.get_by_role("button", name=re.compile("^Завершить вход:")).click()
    expect(page.get_by_test_id("done")).to_have_text("Вход завершён.")
    expect(page.get_by_test_id("device")).to_have_count(1)
    assert other.get("/api/session").json() == {"signed_in": False}
    other.dispose()


def test_an_unknown_address_leads_home(page: Page, site: Product) -> None:
    sign_in(page, site, "bob", "#/nowhere")
    expect(heading(page, "Такой страницы нет")).to_be_visible()
    page.get_by_role("link", name="На главную").click()
    expect(page.get_by_test_id("balance")).to_be_visible()


def test_without_a_network_the_screen_says_so_and_recovers(page: Page, site: Product) -> None:
    sign_in(page, site, "bob")
    page.context.set_offline(True)
    go(page, "Операции")
    expect(page.get_by_test_id("failure").first).to_contain_text("Нет связи с сервером")
    page.context.set_offline(False)
    page.get_by_role("button", name="Повторить").first.click()
    expect(page.get_by_test_id("total-closing")).to_be_visible()


def test_without_a_network_nobody_is_told_to_be_signed_out(page: Page, site: Product) -> None:
    sign_in(page, site, "bob")
    page.context.set_offline(True)
    page.get_by_role("button", name="Выйти").click()
    expect(page.get_by_role("alert").filter(has_text="Вы всё ещё в кабинете")).to_be_visible()
    page.context.set_offline(False)


def test_the_back_button_shows_nothing_after_log_out(page: Page) -> None:
    log_in(page, "bob")
    go(page, "Операции")
    expect(page.get_by_test_id("total-closing")).to_be_visible()
    page.get_by_role("button", name="Выйти").click()
    expect(heading(page, LOGIN)).to_be_visible()
    page.go_back()
    expect(heading(page, LOGIN)).to_be_visible()
    text = plain(page.locator("body").inner_text())
    assert not [word for word in ("100201", "Борис", "₽") if word in text]


def test_paper_shows_the_rows_and_no_controls(page: Page, site: Product) -> None:
    sign_in(page, site, "bob", "#/operations")
    expect(page.get_by_test_id("total-closing")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_test_id("total-closing")).to_be_visible()


def test_an_issued_password_must_be_replaced_first(page: Page, site: Product) -> None:
    refusal = {"code": "password_change_required", "message": "Сначала замените выданный пароль на свой."}
    page.route("**/api/home*", lambda route: route.fulfill(status=403, json=refusal))
    page.request.post("/api/session", data={"login": "bob", "password": PASSWORD}, headers={"Origin": site.url})
    page.goto("/")
    expect(page.get_by_test_id("failure")).to_contain_text("Сначала замените выданный пароль на свой.")
    expect(page.get_by_role("button", name="Повторить")).to_have_count(0)
    expect(page.get_by_role("button", name="Выйти")).to_be_visible()


def test_a_subscriber_without_accounts_is_told_so(page: Page, site: Product) -> None:
    def empty(route: Route) -> None:
        answer = route.fetch()
        session = {**answer.json()["session"], "accounts": []}
        route.fulfill(response=answer, json={"session": session, "account": None, "operations": [], "events": []})

    page.route("**/api/home*", empty)
    page.request.post("/api/session", data={"login": "bob", "password": PASSWORD}, headers={"Origin": site.url})
    page.goto("/")
    expect(page.get_by_text("Лицевых счетов пока нет.")).to_be_visible()
    expect(page.get_by_role("button", name="Выйти")).to_be_visible()
