"""Autopay by clicks, against canned answers: every state, whatever it would take the backend to reach it."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.product import PASSWORD, Product, plain, sign_in, text_of
from tests.browser.test_accessibility import faults

TOP_UP = "11111111-1111-4111-8111-111111111111"
NEXT: dict[str, Any] = {
    "period_start": "2026-11-28",
    "announce_on": "2026-11-21",
    "charge_on": "2026-11-25",
    "amount_kopecks": 540_00,
    "balance_kopecks": 160_00,
    "state": "planned",
    "reason": None,
    "breakdown": [{"title": "Интернет", "amount_kopecks": -550_00}, {"title": "ТВ", "amount_kopecks": -150_00}],
}
LIMITS = {"min_kopecks": 10_00, "max_kopecks": 15_000_00}
OFF: dict[str, Any] = {
    "status": "off",
    "gateway": None,
    "gateways": [
        {"id": "robokassa", "title": "Робокасса", **LIMITS},
        {"id": "uniteller", "title": "Uniteller", **LIMITS},
    ],
    "suggested_kopecks": 540_00,
    "card": None,
    "cap_kopecks": 1_400_00,
    "cap_min_kopecks": 100_00,
    "cap_max_kopecks": 15_000_00,
    "no_channel": False,
    "next": NEXT,
    "attempts": [],
    "in_flight": None,
    "stop_reason": None,
    "terms": {"version": "2026-11", "text": "Первое условие.\nВторое условие."},
    "pending_topup": None,
}
ATTEMPT = {
    "at": "2026-10-25T07:00:00Z",
    "period_start": "2026-10-28",
    "amount_kopecks": 540_00,
    "state": "declined",
    "reason": "На карте не хватило денег.",
}
CARD = {"mask": "•• 0002", "expires": "2029-08", "saved_on": "2026-10-02", "ending": False}
ACTIVE: dict[str, Any] = {**OFF, "status": "active", "gateway": "uniteller", "card": CARD, "attempts": [ATTEMPT]}
STOPPED: dict[str, Any] = {
    **OFF,
    "status": "stopped",
    "stop_reason": "Карта отказала три периода подряд.",
    "attempts": [ATTEMPT],
}
KEPT: dict[str, Any] = {**OFF, "gateway": "uniteller", "card": CARD}
ENDING: dict[str, Any] = {**ACTIVE, "card": {**CARD, "expires": "2026-11", "ending": True}}
PENDING: dict[str, Any] = {**OFF, "status": "pending", "pending_topup": TOP_UP}
STEP_UP = {"code": "step_up_required", "message": "Подтвердите действие паролем."}


class Canned:
    """What the server would say about autopay, and what it was told."""

    def __init__(self, page: Page, screen: dict[str, Any]) -> None:
        self.screen = screen
        self.sent: list[tuple[str, Any]] = []
        self.answers: list[tuple[int, Any]] = []
        page.route("**/api/accounts/*/autopay*", self._answer)
        page.route("**/api/accounts/*/autopay/skip", self._answer)

    def _answer(self, route: Route) -> None:
        request = route.request
        if request.method == "GET":
            return route.fulfill(json=self.screen)
        self.sent.append((request.method, request.post_data_json))
        status, body = self.answers.pop(0)
        if status == 0:
            return route.abort()
        return route.fulfill(status=status, json=body) if body is not None else route.fulfill(status=status)

    def bodies(self) -> list[Any]:
        return [body for _, body in self.sent]


def opened(page: Page, site: Product, screen: dict[str, Any]) -> Canned:
    canned = Canned(page, screen)
    sign_in(page, site, "bob", "#/autopay")
    expect(page.get_by_test_id("autopay").and_(page.locator("[data-status]"))).to_be_visible()
    return canned


def created(site: Product) -> tuple[int, Any]:
    """A checkout that leads back at once: no test may reach a gateway."""
    checkout = {"method": "GET", "url": f"{site.url}/?pay={TOP_UP}", "fields": {}}
    return 201, {"id": TOP_UP, "status": "awaiting_payment", "checkout": checkout}


def agree_and_pay(page: Page) -> None:
    page.get_by_role("checkbox").check()
    page.get_by_test_id("pay").click()


def prove(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Пароль от кабинета", exact=True).fill(password)
    page.get_by_role("button", name="Подтвердить и продолжить").click()


def test_the_sum_is_explained_and_consent_is_never_given_beforehand(page: Page, site: Product) -> None:
    canned = opened(page, site, OFF)
    assert text_of(page, "formula") == "Интернет 550 ₽ + ТВ 150 ₽ − баланс 160 ₽ = 540 ₽"
    assert plain(page.get_by_test_id("next").locator("dl").inner_text()) == (
        "Сумма 540,00 ₽ Предупредим 21 ноября Спишем 25 ноября"
    )
    expect(page.get_by_test_id("terms")).to_have_text("Первое условие.\nВторое условие.")
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    page.get_by_test_id("pay").click()
    expect(page.get_by_test_id("errors")).to_be_focused()
    expect(page.get_by_test_id("errors")).to_contain_text("Без согласия")
    assert canned.sent == []


def test_a_debt_is_added_and_a_sum_that_does_not_add_up_has_no_equals_sign(page: Page, site: Product) -> None:
    canned = opened(page, site, {**ACTIVE, "next": {**NEXT, "balance_kopecks": -100_00, "amount_kopecks": 800_00}})
    assert text_of(page, "formula") == "Интернет 550 ₽ + ТВ 150 ₽ + долг 100 ₽ = 800 ₽"
    canned.screen = {**ACTIVE, "next": {**NEXT, "balance_kopecks": 1_000_00, "amount_kopecks": 0, "state": "covered"}}
    page.reload()
    assert text_of(page, "formula") == "Интернет 550 ₽ + ТВ 150 ₽ − баланс 1 000 ₽"
    expect(page.get_by_test_id("reason")).to_contain_text("Денег хватает")


def test_connecting_asks_for_the_password_and_keeps_the_id_and_what_was_typed(page: Page, site: Product) -> None:
    canned = opened(page, site, OFF)
    canned.answers = [(403, STEP_UP), (403, STEP_UP), created(site)]
    page.get_by_label("Первый платёж").fill("600")
    page.get_by_role("radio", name="Uniteller").check()
    page.get_by_label("Предел одного списания").fill("900")
    agree_and_pay(page)
    expect(page.get_by_label("Пароль от кабинета", exact=True)).to_be_focused()
    page.get_by_role("button", name="Назад").click()
    expect(page.get_by_label("Первый платёж")).to_have_value("600")
    expect(page.get_by_test_id("failure")).to_have_count(0)
    page.get_by_test_id("pay").click()
    prove(page, "not the password")
    expect(page.get_by_test_id("errors")).to_be_focused()
    prove(page)
    page.wait_for_url(f"**/#/topup/{TOP_UP}")
    first, *others = canned.bodies()
    assert others == [first, first]
    assert (first["terms_version"], first["cap_kopecks"]) == ("2026-11", 900_00)
    assert first["topup"] == {"id": first["topup"]["id"], "amount_kopecks": 600_00, "gateway": "uniteller"}


def test_a_lost_answer_is_repeated_under_the_same_id_and_a_second_click_does_nothing(page: Page, site: Product) -> None:
    canned = opened(page, site, OFF)
    canned.answers = [(0, None), created(site)]
    page.get_by_role("checkbox").check()
    page.get_by_test_id("pay").dblclick()
    expect(page.get_by_test_id("failure")).to_contain_text("Нет связи с сервером")
    assert len(canned.sent) == 1
    page.get_by_role("button", name="Повторить").click()
    page.wait_for_url(f"**/#/topup/{TOP_UP}")
    assert canned.bodies()[0] == canned.bodies()[1]


def test_changed_terms_are_shown_and_must_be_accepted_anew(page: Page, site: Product) -> None:
    canned = opened(page, site, OFF)
    canned.answers = [(409, {"code": "terms_changed", "message": "Условия изменились."})]
    page.get_by_role("checkbox").check()
    canned.screen = {**OFF, "terms": {"version": "2026-12", "text": "Новое условие."}}
    page.get_by_test_id("pay").click()
    expect(page.get_by_test_id("refusal")).to_contain_text("Условия изменились.")
    expect(page.get_by_test_id("terms")).to_have_text("Новое условие.")
    expect(page.get_by_role("checkbox")).not_to_be_checked()


def test_skipping_takes_a_second_click(page: Page, site: Product) -> None:
    canned = opened(page, site, ACTIVE)
    confirm = page.get_by_test_id("skip-confirm")
    expect(confirm).to_be_hidden()
    page.get_by_test_id("skip").get_by_text("Пропустить это списание").click()
    canned.screen = {**ACTIVE, "next": {**NEXT, "state": "skipped"}}
    canned.answers = [(200, canned.screen)]
    confirm.dblclick()
    expect(page.get_by_test_id("done")).to_contain_text("с 28 ноября пропущено")
    expect(page.get_by_test_id("skip")).to_have_count(0)
    assert canned.sent == [("POST", {"period_start": "2026-11-28"})]


def test_the_cap_is_changed_in_place(page: Page, site: Product) -> None:
    canned = opened(page, site, ACTIVE)
    page.get_by_text("Изменить предел").click()
    page.get_by_label("Предел одного списания").fill("50")
    page.get_by_test_id("save-cap").click()
    expect(page.get_by_test_id("errors")).to_be_focused()
    canned.answers = [(403, STEP_UP), (200, {})]
    page.get_by_label("Предел одного списания").fill("2000")
    page.get_by_test_id("save-cap").click()
    canned.screen = {**ACTIVE, "cap_kopecks": 2_000_00}
    prove(page)
    expect(page.get_by_test_id("cap")).to_have_text("Не больше 2 000 ₽ за раз")
    assert canned.bodies() == [{"cap_kopecks": 2_000_00}] * 2


def test_another_card_needs_the_terms_anew_and_leaves_the_cap_alone(page: Page, site: Product) -> None:
    canned = opened(page, site, ACTIVE)
    assert text_of(page, "card") == "Карта •• 0002, до 08/29, сохранена 2 октября, Uniteller"
    page.get_by_text("Заменить карту", exact=True).first.click()
    canned.answers = [created(site)]
    agree_and_pay(page)
    page.wait_for_url(f"**/#/topup/{TOP_UP}")
    assert "cap_kopecks" not in canned.bodies()[0]


@pytest.mark.parametrize("flight", [None, {"amount_kopecks": 540_00, "since": "2026-11-25T07:00:00Z"}])
def test_one_click_disconnects_and_says_what_is_on_its_way(page: Page, site: Product, flight: Any) -> None:
    canned = opened(page, site, ACTIVE)
    canned.screen = {**OFF, "in_flight": flight}
    canned.answers = [(200, {"in_flight": flight}) if flight else (204, None)]
    page.get_by_test_id("off").dblclick()
    done = page.get_by_test_id("done")
    expect(done).to_contain_text("Автоплатёж отключён, карта забыта")
    note = page.get_by_test_id("in-flight")
    expect(note).to_have_count(1 if flight else 0)
    if flight:
        expect(note).to_contain_text(re.compile(r"540,00\s₽.*вернём"))
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert canned.sent == [("DELETE", None)]


def test_a_refused_disconnection_is_not_shown_as_done(page: Page, site: Product) -> None:
    canned = opened(page, site, ACTIVE)
    canned.answers = [(0, None)]
    page.get_by_test_id("off").click()
    expect(page.get_by_test_id("failure")).to_contain_text("Нет связи с сервером")
    expect(page.get_by_test_id("off")).to_be_visible()
    expect(page.get_by_test_id("done")).to_be_hidden()


def test_a_waiting_payment_can_be_followed_or_begun_anew(page: Page, site: Product) -> None:
    canned = opened(page, site, PENDING)
    expect(page.get_by_role("link", name="К платежу")).to_have_attribute("href", f"#/topup/{TOP_UP}")
    page.get_by_text("Начать заново").click()
    canned.answers = [created(site)]
    agree_and_pay(page)
    page.wait_for_url(f"**/#/topup/{TOP_UP}")


def test_a_kept_card_turns_autopay_on_without_a_payment(page: Page, site: Product) -> None:
    canned = opened(page, site, KEPT)
    assert text_of(page, "card") == "Карта •• 0002, до 08/29, сохранена 2 октября, Uniteller"
    page.get_by_test_id("turn-on").click()
    expect(page.get_by_test_id("errors")).to_be_focused()
    assert canned.sent == []
    page.get_by_role("checkbox").check()
    page.get_by_label("Предел одного списания").fill("900")
    turned_on = {"id": None, "status": "active", "checkout": None}
    canned.answers = [(403, STEP_UP), (201, turned_on)]
    page.get_by_test_id("turn-on").click()
    canned.screen = ACTIVE
    prove(page)
    expect(page.get_by_test_id("done")).to_have_text("Автоплатёж включён.")
    expect(page.get_by_test_id("autopay").and_(page.locator("[data-status]"))).to_have_attribute(
        "data-status", "active"
    )
    assert canned.bodies() == [{"terms_version": "2026-11", "cap_kopecks": 900_00}] * 2


def test_a_kept_card_is_forgotten_in_one_click(page: Page, site: Product) -> None:
    canned = opened(page, site, KEPT)
    canned.answers, canned.screen = [(204, None)], OFF
    page.get_by_test_id("forget").click()
    expect(page.get_by_test_id("done")).to_have_text("Карта забыта.")
    expect(page.get_by_test_id("card")).to_have_count(0)
    assert [method for method, _ in canned.sent] == ["DELETE"]


def test_a_card_at_its_end_and_one_that_is_being_kept_are_told_of(page: Page, site: Product) -> None:
    canned = opened(page, site, ENDING)
    expect(page.get_by_test_id("card-ends")).to_contain_text("до 11/26")
    canned.screen = {**OFF, "pending_topup": TOP_UP}
    page.reload()
    expect(page.get_by_test_id("pending")).to_contain_text("карта сохранится")


def test_why_it_has_stopped_and_what_was_tried_stand_there_in_words(page: Page, site: Product) -> None:
    opened(page, site, STOPPED)
    expect(page.get_by_test_id("stopped")).to_contain_text("Карта отказала три периода подряд.")
    expect(page.get_by_test_id("attempt")).to_contain_text("На карте не хватило денег.")
    expect(page.get_by_test_id("pay")).to_be_visible()


def test_without_a_gateway_or_a_channel_the_screen_says_so(page: Page, site: Product) -> None:
    opened(page, site, {**OFF, "gateways": [], "no_channel": True})
    expect(page.get_by_test_id("no-gateways")).to_be_visible()
    expect(page.get_by_test_id("no-channel")).to_contain_text("Без предупреждения мы не списываем")
    expect(page.get_by_test_id("pay")).to_have_count(0)


def test_without_a_network_the_screen_says_so_and_recovers(page: Page, site: Product) -> None:
    Canned(page, OFF)
    page.route("**/autopay", lambda route: route.abort(), times=1)
    sign_in(page, site, "bob", "#/autopay")
    page.get_by_role("button", name="Повторить").click()
    expect(page.get_by_test_id("formula")).to_be_visible()


@pytest.mark.parametrize(
    ("autopay", "line"),
    [
        ({"status": "off"}, "Подключить автоплатёж"),
        ({"status": "pending"}, "Автоплатёж ждёт оплаты"),
        ({"status": "stopped"}, "Автоплатёж остановлен"),
        ({"status": "active", "mask": "•• 0002"}, "Автоплатёж включён, карта •• 0002"),
        ({"status": "active", "card_ends": "2026-12"}, "Автоплатёж включён. Карта действует до 12/26"),
        (
            {"status": "active", "next_on": "2026-11-24", "amount_kopecks": 540_00, "mask": "•• 0002"},
            "Автоплатёж 24 ноября: 540 ₽, карта •• 0002",
        ),
    ],
)
def test_the_main_screen_has_a_line_that_leads_there(page: Page, site: Product, autopay: Any, line: str) -> None:
    def planted(route: Route) -> None:
        answer = route.fetch()
        home = answer.json()
        home["account"]["autopay"] = {"next_on": None, "amount_kopecks": None, "mask": None, **autopay}
        route.fulfill(response=answer, json=home)

    Canned(page, OFF)
    page.route("**/api/home*", planted)
    sign_in(page, site, "bob")
    assert text_of(page, "autopay") == line
    page.get_by_test_id("autopay").click()
    expect(page.get_by_role("heading", level=1, name="Автоплатёж")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_state_of_the_screen_has_a_fault(page: Page, site: Product, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    canned = opened(page, site, OFF)
    found = {}
    states = (OFF, PENDING, ACTIVE, STOPPED, {**ACTIVE, "next": {**NEXT, "state": "failed"}}, KEPT, ENDING)
    for number, screen in enumerate(states):
        canned.screen = screen
        page.reload()
        expect(page.get_by_test_id("formula")).to_be_visible()
        page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        found[number, screen["status"]] = faults(page)
    assert not any(found.values()), found
