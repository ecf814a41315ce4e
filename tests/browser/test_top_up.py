"""Money from a person's click to the balance on the main screen, whatever becomes of the notification."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.product import Product, go, identifier, kopecks, log_in, plain, sign_in, text_of

WEBHOOKS = {
    "twice": "пришло дважды",
    "late": "с опозданием на 10 минут",
    "before_return": "раньше, чем плательщик вернётся",
    "lost": "потеряно",
    "wrong_amount": "с другой суммой",
}


def order(page: Page, rubles: int = 500, gateway: str = "Робокасса") -> str:
    """From the menu to the bank's page; the id of the top-up."""
    go(page, "Пополнить")
    page.get_by_label("Сколько внести?").fill(str(rubles))
    page.get_by_role("radio", name=re.compile(gateway)).check()
    with page.expect_request("**/topups") as sent:
        page.get_by_role("button", name=re.compile(rf"^Оплатить {rubles}\s₽$")).click()
    page.wait_for_url("**/wpay/pay/" if gateway == "Uniteller" else "**/Index.aspx?**")
    expect(page.get_by_role("heading")).to_contain_text(re.compile(rf"{rubles},00\s₽"))
    return identifier(sent.value)


def decide(page: Page, button: str, webhook: str = "") -> None:
    """What a person clicks on the sandbox's payment page."""
    if webhook:
        page.get_by_label("Уведомление магазину").select_option(label=WEBHOOKS[webhook])
    page.get_by_role("button", name=button, exact=True).click()


def returned(page: Page, topup: str) -> None:
    """The payment has its own address, and nothing of the gateway's stays in it."""
    page.wait_for_url(f"**/#/topup/{topup}")
    assert "?" not in page.url


def status_is(page: Page, status: str) -> str:
    """Waits for the server's word; the sentence that says it."""
    expect(page.get_by_test_id("status")).to_have_attribute("data-status", status)
    return plain(page.get_by_test_id("status").inner_text())


def balance(page: Page) -> int:
    go(page, "Главная")
    expect(page.get_by_test_id("balance")).to_be_visible()
    return kopecks(text_of(page, "balance"))


def pay_and_return(page: Page, site: Product, webhook: str, seconds: int, gateway: str = "Робокасса") -> None:
    """One paid top-up, until the status page says that it is on the account."""
    topup = order(page, gateway=gateway)
    decide(page, "Оплатить", webhook)
    returned(page, topup)
    if seconds:
        assert "Ждём подтверждения от банка" in status_is(page, "awaiting_payment")
        site.advance(seconds)
    assert status_is(page, "credited") == "Платёж зачислен: 500,00 ₽"


def test_four_top_ups_whose_notifications_misbehave_are_each_credited_once(page: Page, site: Product) -> None:
    log_in(page, "bob")
    expect(page.get_by_test_id("account-switch").get_by_role("option")).to_have_text(
        [re.compile("^100201"), re.compile("^100202")]
    )
    before = balance(page)
    pay_and_return(page, site, "twice", 0)
    pay_and_return(page, site, "late", 11 * 60)
    pay_and_return(page, site, "before_return", 0)
    pay_and_return(page, site, "lost", 61)
    site.advance(3600)  # whatever is still on its way arrives
    page.reload()
    assert balance(page) - before == 2_000_00
    checked = site.ops("verify")
    assert (checked.returncode, checked.stdout[:3]) == (0, "ok:"), checked.stdout + checked.stderr


@pytest.mark.parametrize(("webhook", "seconds"), [("twice", 0), ("late", 11 * 60), ("lost", 61)])
def test_a_form_leads_to_uniteller_and_the_payment_is_credited(
    page: Page, site: Product, webhook: str, seconds: int
) -> None:
    sign_in(page, site, "bob")
    before = balance(page)
    pay_and_return(page, site, webhook, seconds, "Uniteller")
    assert balance(page) - before == 500_00


def test_a_decline_at_uniteller_says_so(page: Page, site: Product) -> None:
    sign_in(page, site, "bob")
    topup = order(page, gateway="Uniteller")
    decide(page, "Отказ банка")
    returned(page, topup)
    site.advance(61)
    assert status_is(page, "declined") == "Платёж не прошёл. Деньги не списаны."


def test_a_declined_payment_says_so_and_leaves_the_balance_alone(page: Page, site: Product) -> None:
    sign_in(page, site, "bob")
    before = balance(page)
    topup = order(page)
    decide(page, "Отказ банка")
    returned(page, topup)
    site.advance(61)
    assert status_is(page, "declined") == "Платёж не прошёл. Деньги не списаны."
    expect(page.get_by_role("link", name="Попробовать ещё раз")).to_be_visible()
    assert balance(page) == before


def test_an_abandoned_payment_waits_and_then_says_that_its_time_is_over(page: Page, site: Product) -> None:
    sign_in(page, site, "charlie")
    before = balance(page)
    topup = order(page)
    decide(page, "Уйти, не заплатив")
    page.goto(f"/?pay={topup}")
    assert "Ждём подтверждения от банка" in status_is(page, "awaiting_payment")
    site.advance(25 * 3600)
    page.reload()
    assert status_is(page, "expired").startswith("Время на оплату вышло.")
    assert balance(page) == before


def test_a_wrong_amount_is_never_credited_and_waits_for_a_person(page: Page, site: Product) -> None:
    sign_in(page, site, "charlie")
    before = balance(page)
    topup = order(page)
    decide(page, "Оплатить", "wrong_amount")
    returned(page, topup)
    site.advance(2 * 3600)
    page.reload()
    status_is(page, "awaiting_payment")
    assert balance(page) == before
    listed = site.ops("cases")
    assert (listed.returncode, topup in listed.stdout) == (0, True), listed.stdout + listed.stderr


def test_what_the_gateway_adds_to_the_return_address_is_dropped(page: Page, site: Product) -> None:
    sign_in(page, site, "bob")
    topup = order(page)
    signed = "OutSum=500.00&InvId=7&Culture=ru&SignatureValue=abc&Shp_topup=x"
    page.goto(f"/?pay={topup}&{signed}")
    status_is(page, "awaiting_payment")
    assert page.url == f"{site.url}/#/topup/{topup}"


def test_a_waiting_payment_is_told_to_be_slow_and_safe_to_leave(page: Page, site: Product) -> None:
    page.clock.install()
    sign_in(page, site, "bob")
    topup = order(page)
    page.goto(f"/?pay={topup}")
    status_is(page, "awaiting_payment")
    while not page.get_by_test_id("slow").is_visible():
        with page.expect_response(f"**/api/topups/{topup}"):
            page.clock.run_for(5_000)
    assert text_of(page, "slow").startswith("Банк отвечает дольше обычного. Страницу можно закрыть")
    # who came back without paying can go on where the payment is made
    page.get_by_test_id("pay-on").click()
    page.wait_for_url("**/Merchant/Index.aspx**")


@pytest.mark.parametrize("answers", [1, 3])
def test_an_order_of_unknown_outcome_is_sent_again_under_the_same_id(page: Page, site: Product, answers: int) -> None:
    page.clock.install()
    sign_in(page, site, "bob", "#/topup")
    ids: list[str] = []

    def unknown(route: Route) -> None:
        ids.append(identifier(route.request))
        late = {"code": "outcome_unknown", "message": "Проверяем, что получилось."}
        route.continue_() if len(ids) > answers else route.fulfill(status=202, json=late)

    page.route("**/topups", unknown)
    page.get_by_role("button", name=re.compile("^Оплатить")).click()
    while len(ids) <= answers:
        page.clock.run_for(1_000)
        expect(page.get_by_test_id("status")).to_have_count(0)
    page.wait_for_url("**/Index.aspx?**")
    assert ids == [ids[0]] * (answers + 1)


def test_a_second_click_makes_no_second_top_up(page: Page, site: Product) -> None:
    sign_in(page, site, "bob", "#/topup")
    ids: list[str] = []
    page.on("request", lambda sent: ids.append(identifier(sent)) if sent.url.endswith("/topups") else None)
    page.get_by_role("button", name=re.compile("^Оплатить")).dblclick(no_wait_after=True)
    page.wait_for_url("**/Index.aspx?**")
    assert len(ids) == 1
