"""Changing the tariff: what is refused, what it costs, and that the money shown is the money taken."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from chalicelib import bootstrap
from chalicelib.billing import AccountState, ChangeOutcome, Start, TariffChanged, TariffOffer
from chalicelib.billing.embedded import accounts, catalogue
from chalicelib.billing.embedded.verify import verify
from chalicelib.errors import NotFound, Rejected
from chalicelib.money import Kopecks
from local.store.handlers import Answer
from local.store.transport import Call, set_around
from tests import scene
from tests.product import Product, books
from tests.scene import ACCOUNT, NEXT_PERIOD, TODAY, entry_legs, owe, pay, settle, told, view
from tests.storm.harness.breaker import Breaker, broken

#: 790 ₽ × 19 / 30 less 650 ₽ × 19 / 30
UPGRADE = Kopecks(500_33 - 411_67)


def change(tariff: str, when: Start = Start.NEXT_PERIOD, expected: int = 0, fee: int | None = None) -> TariffChanged:
    known = Kopecks(fee) if fee is not None else None
    return bootstrap.billing().change_tariff(ACCOUNT, "internet", tariff, when, Kopecks(expected), known)


def offer(tariff: str) -> TariffOffer:
    return next(one for one in bootstrap.billing().tariff_offers(ACCOUNT, "internet") if one.id == tariff)


def refused(tariff: str, when: Start = Start.NEXT_PERIOD, expected: int = 0) -> str:
    before = view()
    with pytest.raises(Rejected) as no:
        change(tariff, when, expected)
    assert view() == before
    return no.value.code


def test_an_upgrade_now_takes_the_difference_of_the_days_left(shop: Product) -> None:
    settle(shop)
    assert change("t300", Start.NOW, UPGRADE) == TariffChanged(result=ChangeOutcome.APPLIED, on=TODAY)
    assert view().balance_kopecks == 200_00 - UPGRADE
    assert view().services[0].tariff.id == "t300"
    assert not verify().differences


def test_the_charge_says_its_rule_and_formula(shop: Product) -> None:
    settle(shop)
    change("t300", Start.NOW, UPGRADE)
    [leg] = [leg for leg in entry_legs() if leg.rule == "tariff_change"]
    assert leg.formula == "79000 * 19 / 30 - 65000 * 19 / 30"
    assert (leg.period_start, leg.period_end) == (TODAY, date(2026, 12, 11))


def test_from_the_next_period_nothing_is_taken_until_then(shop: Product) -> None:
    settle(shop, balance=1000_00)
    assert change("t50") == TariffChanged(result=ChangeOutcome.SCHEDULED, on=NEXT_PERIOD)
    planned = view().services[0].planned_change
    assert planned is not None
    assert (planned.tariff.id, planned.on, planned.missing) == ("t50", NEXT_PERIOD, None)
    shop.advance(days=19)
    assert (view().services[0].tariff.id, view().balance_kopecks) == ("t50", 1000_00 - 600_00)


def test_a_planned_upgrade_says_what_is_missing_and_by_when(shop: Product) -> None:
    settle(shop)
    change("t300")
    planned = view().services[0].planned_change
    assert planned is not None
    assert planned.missing is not None
    assert (planned.missing.amount_kopecks, planned.missing.by) == (940_00 - 200_00, NEXT_PERIOD)


def test_without_money_at_the_switch_the_old_tariff_goes_on_and_a_message_says_so(shop: Product) -> None:
    settle(shop, balance=800_00)
    change("t300")
    shop.advance(days=20)
    assert (view().services[0].tariff.id, view().balance_kopecks, view().state) == ("t100", 0, "active")
    assert len(told(shop, "tariff_change_dropped")) == 1


def test_messages_tell_of_the_plan_and_of_the_change(shop: Product) -> None:
    settle(shop, balance=1000_00)
    change("t300")
    shop.advance(days=20)
    assert [len(told(shop, event)) for event in ("tariff_change_planned", "tariff_changed")] == [1, 1]
    assert "12.12.2026" in told(shop, "tariff_change_planned")[0]


def test_the_same_tariff_is_refused(shop: Product) -> None:
    settle(shop)
    assert refused("t100") == "same_tariff"


@pytest.mark.parametrize("tariff", ["gone", "office", "calls", "never-heard-of"])
def test_a_tariff_that_is_not_offered_is_refused(shop: Product, tariff: str) -> None:
    settle(shop)
    assert refused(tariff) == "not_offered"


def test_a_cheaper_tariff_cannot_begin_now(shop: Product) -> None:
    settle(shop)
    assert refused("t50", Start.NOW) == "not_offered"
    assert [start.when for start in offer("t50").starts] == [Start.NEXT_PERIOD]


def test_a_debt_refuses_any_change(shop: Product) -> None:
    settle(shop, balance=0)
    owe(1, "one")
    assert refused("t50") == "debt"
    assert offer("t50").fix == "pay"


def test_an_active_promise_refuses_any_change(shop: Product) -> None:
    settle(shop, balance=0)
    shop.advance(days=17)
    bootstrap.billing().grant_promise(ACCOUNT, "p1", Kopecks(800_00))
    assert refused("t50") == "promise_active"


def test_a_suspended_service_refuses_any_change(shop: Product) -> None:
    settle(shop)
    bootstrap.billing().suspend(ACCOUNT, "internet", date(2026, 11, 24), date(2026, 12, 3), None)
    shop.advance(days=1)
    assert refused("t50") == "suspended"


def test_a_second_change_in_one_period_is_refused_and_may_be_planned(shop: Product) -> None:
    settle(shop, balance=500_00)
    change("t300", Start.NOW, UPGRADE)
    assert refused("t500", Start.NOW) == "already_changed"
    assert change("t500").result is ChangeOutcome.SCHEDULED


def test_an_upgrade_now_without_the_money_is_refused(shop: Product) -> None:
    settle(shop, balance=UPGRADE - 1)
    assert refused("t300", Start.NOW, UPGRADE) == "not_enough_money"
    now, later = offer("t300").starts
    assert (now.allowed, now.code, later.allowed) == (False, "not_enough_money", True)
    assert offer("t300").allowed


def test_one_change_is_planned_at_a_time(shop: Product) -> None:
    settle(shop)
    change("t50")
    assert refused("t300") == "planned_exists"
    assert refused("t300", Start.NOW, UPGRADE) == "planned_exists"


def test_a_planned_change_can_be_cancelled_until_the_day_before(shop: Product) -> None:
    settle(shop, balance=1000_00)
    change("t50")
    shop.advance(days=18, hours=11, minutes=59)
    bootstrap.billing().cancel_tariff_change(ACCOUNT, "internet")
    bootstrap.billing().cancel_tariff_change(ACCOUNT, "internet")
    assert view().services[0].planned_change is None
    shop.advance(days=1)
    assert view().services[0].tariff.id == "t100"


def test_on_the_day_itself_there_is_nothing_left_to_cancel(shop: Product) -> None:
    """Midnight has come, the calendar has not: the change is made first, then the click finds nothing."""
    settle(shop, balance=1000_00)
    change("t50")
    shop.clock.advance(18 * 86400 + 12 * 3600 + 1)
    bootstrap.billing().cancel_tariff_change(ACCOUNT, "internet")
    assert view().services[0].tariff.id == "t50"


def test_a_blocked_account_without_debt_may_plan_a_cheaper_tariff(shop: Product) -> None:
    settle(shop, balance=0)
    shop.advance(days=20)
    assert view().state == "financial_block"
    assert refused("t300", Start.NOW) == "not_enough_money"
    assert change("t50").on == date(2027, 1, 12)


def test_the_same_wish_again_is_answered_alike_and_takes_nothing(shop: Product) -> None:
    settle(shop)
    first = change("t300", Start.NOW, UPGRADE)
    assert change("t300", Start.NOW, UPGRADE) == first
    assert view().balance_kopecks == 200_00 - UPGRADE
    planned = change("t500")
    assert change("t500") == planned


def test_two_clicks_at_once_change_once(shop: Product) -> None:
    settle(shop)
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda _: change("t300", Start.NOW, UPGRADE), range(2)))
    assert answers[0] == answers[1]
    assert view().balance_kopecks == 200_00 - UPGRADE


def test_another_charge_than_the_shown_one_is_refused_with_the_new_one(shop: Product) -> None:
    settle(shop)
    with pytest.raises(Rejected) as no:
        change("t300", Start.NOW, UPGRADE - 1)
    assert (no.value.code, no.value.numbers) == (
        "numbers_changed",
        {"charge_kopecks": UPGRADE, "fee_kopecks": 790_00},
    )


def test_a_price_that_changed_between_the_offer_and_the_click_is_refused(shop: Product) -> None:
    settle(shop)
    shown = offer("t300").starts[0].charge_kopecks
    catalogue.replace([*(one for one in scene.TARIFFS if one.id != "t300"), scene.tariff("t300", 800_00)])
    assert refused("t300", Start.NOW, shown) == "numbers_changed"
    with pytest.raises(Rejected) as no:
        change("t300", fee=790_00)
    assert no.value.numbers["fee_kopecks"] == 800_00


def test_a_day_that_passed_between_the_offer_and_the_click_is_refused(shop: Product) -> None:
    settle(shop)
    shown = offer("t300").starts[0].charge_kopecks
    shop.advance(hours=12)
    assert refused("t300", Start.NOW, shown) == "numbers_changed"


def test_a_payment_between_the_offer_and_the_click_changes_no_number(shop: Product) -> None:
    settle(shop)
    shown = offer("t300").starts[0].charge_kopecks
    pay(100_00, "between")
    assert change("t300", Start.NOW, shown).result is ChangeOutcome.APPLIED


def test_a_payment_that_lands_while_a_change_is_decided_is_not_lost(shop: Product) -> None:
    """The change moves no money, so nothing but the head says that somebody else has."""
    settle(shop)

    def pay_first(call: Call, proceed: Callable[[], Answer]) -> Answer:
        if call.operation == "TransactWriteItems":
            set_around(None)
            pay(100_00, "between")
        return proceed()

    set_around(pay_first)
    change("t50")
    assert view().balance_kopecks == 300_00
    assert view().services[0].planned_change is not None


def test_a_switch_fee_is_taken_now_and_never_from_the_next_period(shop: Product) -> None:
    settle(shop)
    dear = scene.tariff("t300", 790_00, switch_fee_kopecks=50_00)
    catalogue.replace([*(one for one in scene.TARIFFS if one.id != "t300"), dear])
    now, later = offer("t300").starts
    assert (now.charge_kopecks, later.charge_kopecks) == (UPGRADE + 50_00, 0)
    change("t300", Start.NOW, UPGRADE + 50_00)
    assert view().balance_kopecks == 200_00 - UPGRADE - 50_00
    assert not verify().differences


def test_a_change_costs_a_get_a_query_and_a_transaction(shop: Product) -> None:
    settle(shop)
    seen = Breaker()
    with broken(shop, seen):
        change("t300", Start.NOW, UPGRADE)
    assert [call.split()[1] for call in seen.calls] == ["GetItem", "Query", "TransactWriteItems"]


def test_other_services_have_no_tariffs_to_choose_and_absent_ones_are_not_found(shop: Product) -> None:
    settle(shop)
    assert bootstrap.billing().tariff_offers(ACCOUNT, "phone") == ()
    with pytest.raises(NotFound):
        bootstrap.billing().tariff_offers(ACCOUNT, "nothing")


def test_an_administrative_block_offers_nothing(shop: Product) -> None:
    settle(shop)
    accounts.set_state(books(), ACCOUNT, AccountState.ADMIN_BLOCK, "by order")
    assert refused("t50") == "not_offered"
