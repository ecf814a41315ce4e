"""Uniteller's way from a payment to a credit: its notification proves nothing, and its answers are rationed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.store.agenda import Kind
from chalicelib.store.topups import TopUpRow, TopUpStore
from tests.product import Product

MODES = ["normal", "twice", "before_return", "late", "lost", "bad_signature"]


def ordered(shop: Product, account: str = "100201", kopecks: int = 500_00) -> TopUpRow:
    topup: TopUpRow = shop.order("sub-bob", account, kopecks, gateway="uniteller").topup
    return topup


def questions(shop: Product) -> list[str]:
    """The calls of /results/ so far, oldest first."""
    log = shop.sandboxed("GET", "/sandbox/calls-log")
    return [line["call"] for line in log if line["target"] == "uniteller" and line["call"].startswith("get_")]


def case_ids(shop: Product) -> set[str]:
    return {case.case_id for case in shop.cases()}


@pytest.mark.parametrize("webhook", MODES)
def test_a_payment_is_credited_once_however_the_news_travels(shop: Product, webhook: str) -> None:
    topup = ordered(shop)
    shop.pay(topup, webhook=webhook)
    shop.advance(hours=2)
    assert (shop.status(topup), shop.balance("100201")) == ("credited", 500_00)
    assert not shop.cases()


@pytest.mark.parametrize("webhook", ["normal", "twice", "before_return"])
def test_a_webhook_that_comes_credits_at_once_by_the_answer_to_a_question(shop: Product, webhook: str) -> None:
    topup = ordered(shop)
    shop.pay(topup, webhook=webhook)
    assert shop.status(topup) == "credited"
    assert questions(shop) == ["get_payments"]


def test_a_signed_notification_alone_credits_nothing(shop: Product) -> None:
    """Whoever breaks MD5, or has the notification's password, still has no money at the company."""
    topup = ordered(shop)
    got = shop.notify(shop.told_fields(topup), "uniteller")
    assert (got.status, got.text) == (200, "OK")
    assert (shop.status(topup), shop.balance("100201")) == ("awaiting_payment", 0)
    shop.advance(hours=30)
    assert (shop.status(topup), shop.balance("100201")) == ("expired", 0)


def test_another_sum_is_never_credited_and_an_operator_sees_it(shop: Product) -> None:
    topup = ordered(shop)
    shop.pay(topup, webhook="wrong_amount")
    shop.advance(days=4)
    assert shop.balance("100201") == 0
    assert case_ids(shop) == {f"wrong_amount:{topup.topup_id}"}


def test_a_declined_payment_may_still_be_paid(shop: Product) -> None:
    topup = ordered(shop)
    shop.pay(topup, outcome="declined")
    shop.advance(minutes=2)
    assert shop.status(topup) == "declined"
    shop.pay(topup, webhook="lost")
    shop.advance(minutes=20)
    assert shop.status(topup) == "credited"


def test_an_order_nobody_paid_expires_after_a_day_without_a_case(shop: Product) -> None:
    topup = ordered(shop)
    shop.advance(days=4)
    assert shop.status(topup) == "expired"
    assert not shop.cases()
    # past its end it is asked about alone, once
    assert questions(shop)[-2:] == ["get_payments", "get_payment"]


def test_a_payment_that_is_found_only_at_the_last_question_is_credited(shop: Product) -> None:
    topup = ordered(shop)
    shop.pay(topup, webhook="lost")
    for call in ("get_payments", "get_payment"):
        shop.fault("uniteller", call, "nonsense", times=1000)
    shop.advance(hours=71)
    assert shop.status(topup) == "awaiting_payment"
    shop.sandboxed("DELETE", "/sandbox/faults")
    shop.advance(hours=2)
    assert (shop.status(topup), shop.balance("100201")) == ("credited", 500_00)


def test_one_answer_serves_everybody_who_waits(shop: Product) -> None:
    topups = [ordered(shop, "10020" + "12"[number % 2], 100_00 + number) for number in range(12)]
    for topup in topups:
        shop.pay(topup, webhook="lost")
    shop.clock.advance(61)
    bootstrap.agenda_runner().run_due()
    assert {shop.status(topup) for topup in topups} == {"credited"}
    assert questions(shop) == ["get_payments"]


def test_questions_are_five_seconds_apart_whoever_asks(shop: Product) -> None:
    """The sandbox turns away who asks too often; here nobody is turned away."""
    first, second = ordered(shop), ordered(shop, "100202")
    shop.pay(first)
    shop.clock.advance(1)
    shop.pay(second)
    assert (shop.status(first), shop.status(second)) == ("credited", "awaiting_payment")
    shop.clock.advance(6)
    bootstrap.agenda_runner().run_due()
    assert shop.status(second) == "credited"
    assert len(questions(shop)) == 2
    assert not any(line["status"] == 429 for line in shop.sandboxed("GET", "/sandbox/calls-log"))


def test_who_finds_no_turn_waits_for_it_and_is_not_counted_as_unanswered(shop: Product) -> None:
    topup = ordered(shop)
    bootstrap.gateways()["uniteller"].get_payment(1)
    shop.pay(topup)
    waiting = bootstrap.topup_store().existing(topup.topup_id)
    assert waiting.status == "awaiting_payment"
    assert waiting.agenda_key is not None
    shop.advance(seconds=10)
    assert shop.status(topup) == "credited"
    assert not shop.cases()


def test_a_claim_whose_copy_was_heeded_meanwhile_is_acknowledged(
    shop: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty at once change the row under one another: whoever finds that another was faster has no more to do."""
    topup, wake = ordered(shop), TopUpStore.wake
    shop.pay(topup, webhook="lost")

    def overtaken(self: TopUpStore, topup: TopUpRow, at: datetime) -> TopUpRow:
        monkeypatch.setattr(TopUpStore, "wake", wake)
        assert shop.notify(shop.told_fields(topup, "authorized"), "uniteller").status == 200
        return wake(self, topup, at)

    # without a turn the question stays to be asked
    bootstrap.gateways()["uniteller"].get_payment(1)
    monkeypatch.setattr(TopUpStore, "wake", overtaken)
    assert shop.notify(shop.told_fields(topup), "uniteller").status == 200
    assert bootstrap.topup_store().existing(topup.topup_id).wakes == 1
    shop.advance(seconds=10)
    assert shop.status(topup) == "credited"


def test_a_claim_is_heeded_though_an_earlier_one_came_too_early_and_the_agenda_stands_still(shop: Product) -> None:
    topup = ordered(shop)
    assert shop.notify(shop.told_fields(topup), "uniteller").status == 200
    shop.clock.advance(3 * 3600)
    shop.pay(topup)
    assert shop.status(topup) == "credited"


def test_a_turn_of_a_clock_that_was_set_back_blocks_nobody(shop: Product) -> None:
    shop.clock.advance(3600)
    bootstrap.gateways()["uniteller"].get_payment(1)
    shop.clock.advance(-1800)
    topup = ordered(shop)
    shop.pay(topup)
    shop.advance(minutes=2)
    assert shop.status(topup) == "credited"


@pytest.mark.parametrize("times", [1, 3])
def test_an_outage_postpones_and_then_all_is_well(shop: Product, times: int) -> None:
    topup = ordered(shop)
    shop.fault("uniteller", "get_payments", "nonsense", times=times)
    shop.pay(topup)
    assert shop.status(topup) == "awaiting_payment"
    shop.advance(hours=2)
    assert shop.status(topup) == "credited"


def test_a_company_silent_for_a_day_is_a_case(shop: Product) -> None:
    topup = ordered(shop)
    shop.pay(topup, webhook="lost")
    for call in ("get_payments", "get_payment"):
        shop.fault("uniteller", call, "http_500", times=1000)
    shop.advance(hours=26)
    assert case_ids(shop) == {f"unasked:{topup.topup_id}"}


def test_refused_settings_credit_nothing_and_become_a_case(shop: Product) -> None:
    topup = ordered(shop)
    for call in ("get_payments", "get_payment"):
        shop.fault("uniteller", call, "refused", times=1000)
    shop.pay(topup)
    shop.advance(hours=26)
    assert shop.balance("100201") == 0
    assert f"unasked:{topup.topup_id}" in case_ids(shop)


def test_fifty_duplicates_at_once_are_one_credit(shop: Product) -> None:
    topup = ordered(shop)
    shop.pay(topup, webhook="lost")
    fields = shop.told_fields(topup)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: shop.notify(fields, "uniteller").status, range(50)))
    shop.advance(minutes=2)
    assert set(answers) <= {200, 503}
    assert 200 in answers
    assert (shop.status(topup), shop.balance("100201")) == ("credited", 500_00)


def test_a_repeat_after_the_credit_changes_nothing_and_asks_nobody(shop: Product) -> None:
    topup = ordered(shop)
    shop.pay(topup)
    before = len(questions(shop))
    for status in ("paid", "authorized", "waiting"):
        assert shop.notify(shop.told_fields(topup, status), "uniteller").status == 200
    assert len(questions(shop)) == before
    assert bootstrap.topup_store().existing(topup.topup_id).agenda_key is None


def test_money_that_goes_back_before_it_was_credited_ends_the_order(shop: Product) -> None:
    topup = ordered(shop)
    shop.pay(topup, webhook="lost")
    shop.sandboxed("POST", "/sandbox/uniteller/cancel", {"invoice": f"LK-{topup.invoice}"})
    shop.advance(minutes=2)
    assert (shop.status(topup), shop.balance("100201")) == ("declined", 0)
    assert not shop.cases()


def test_money_that_goes_back_behind_our_back_is_a_case(shop: Product) -> None:
    topup = ordered(shop)
    shop.pay(topup)
    shop.clock.advance(10)
    shop.sandboxed("POST", "/sandbox/uniteller/cancel", {"invoice": f"LK-{topup.invoice}"})
    shop.advance(hours=1)
    # nobody but a person may call it settled
    bootstrap.cases().watch()
    assert case_ids(shop) == {f"returned:{topup.topup_id}"}
    assert (shop.status(topup), shop.balance("100201")) == ("credited", 500_00)
    assert bootstrap.topup_store().existing(topup.topup_id).agenda_key is None


def test_a_return_that_is_only_claimed_is_no_case(shop: Product) -> None:
    topup = ordered(shop)
    shop.pay(topup)
    shop.clock.advance(10)
    assert shop.notify(shop.told_fields(topup, "canceled"), "uniteller").status == 200
    shop.advance(minutes=2)
    assert not shop.cases()


def test_a_return_is_heard_again_once_the_money_is_credited(shop: Product) -> None:
    """While the billing has yet to take the money, the company must come again: its news would be lost."""
    topup = ordered(shop)
    shop.fault("billing", "post_payment", "timeout_before", times=1)
    shop.pay(topup)
    assert shop.status(topup) == "paid"
    assert shop.notify(shop.told_fields(topup, "canceled"), "uniteller").status == 503


def test_a_bill_that_is_out_is_no_news_while_the_money_is_on_its_way(shop: Product) -> None:
    topup = ordered(shop)
    shop.fault("billing", "post_payment", "timeout_before", times=1)
    shop.pay(topup)
    assert shop.status(topup) == "paid"
    assert shop.notify(shop.told_fields(topup, "waiting"), "uniteller").status == 200


def test_a_claim_long_after_the_end_is_followed_up_when_the_list_is_late(shop: Product) -> None:
    """The company has our 200 and will not come again."""
    topup = ordered(shop)
    shop.advance(days=4)
    assert shop.status(topup) == "expired"
    assert shop.notify(shop.told_fields(topup), "uniteller").status == 200
    shop.sandbox._state.change("delete from uniteller")
    late = {"number": f"LK-{topup.invoice}", "kopecks": 500_00, "at": shop.clock().isoformat()}
    shop.sandbox._state.change(
        "insert into uniteller values (?, ?, ?, 'paid', '{}', ?, ?, null, null, '123456789012')",
        late["number"], late["kopecks"], late["kopecks"], late["at"], late["at"],
    )  # fmt: skip
    shop.advance(minutes=6)
    assert (shop.status(topup), shop.balance("100201")) == ("credited", 500_00)
    assert bootstrap.topup_store().existing(topup.topup_id).late


def test_an_answer_serves_for_a_minute(shop: Product) -> None:
    first, second = ordered(shop), ordered(shop, "100202")
    shop.clock.advance(61)
    bootstrap.questions().ask_now(bootstrap.topup_store().existing(first.topup_id))
    shop.pay(second, webhook="lost")
    shop.clock.advance(120)
    bootstrap.questions().ask_now(bootstrap.topup_store().existing(second.topup_id))
    assert shop.status(second) == "credited"


@pytest.mark.parametrize("order", ["LK-999999", "15-abc"])
def test_an_order_that_we_do_not_know_is_quarantined(shop: Product, order: str) -> None:
    from tests.contract.gateways.uniteller_case import notification

    fields = notification(order=order, password="sandbox-uniteller-password")
    got = shop.notify(fields, "uniteller")
    assert (got.status, "OK" in got.text) == (409, False)
    assert case_ids(shop) == {f"unknown_order:uniteller:{order}"}


def test_a_question_is_woken_by_a_notification_and_asked_more_often_from_then_on(shop: Product) -> None:
    """The company may say it is paid before its own list does."""
    topup = ordered(shop)
    shop.clock.advance(5 * 3600)
    shop.notify(shop.told_fields(topup), "uniteller")
    woken = bootstrap.topup_store().existing(topup.topup_id)
    assert woken.status == "awaiting_payment"
    due = bootstrap.agenda().next_due(Kind.ASK_GATEWAY)
    assert due is not None
    assert due - shop.clock() <= timedelta(minutes=2)


def test_an_answer_from_before_the_call_is_not_believed(shop: Product) -> None:
    """The worker keeps the last answer; what the company says afterwards needs a new one."""
    topup = ordered(shop)
    shop.clock.advance(61)
    bootstrap.agenda_runner().run_due()
    assert questions(shop) == ["get_payments"]
    shop.clock.advance(10)
    shop.pay(topup)
    assert shop.status(topup) == "credited"


def test_the_same_wish_again_gives_the_same_form(shop: Product) -> None:
    first = shop.order("sub-bob", "100201", id="3f1c9a52-7d0e-4b6a-8f21-5c9d0e7ab314", gateway="uniteller")
    shop.clock.advance(600)
    again = shop.order("sub-bob", "100201", id="3f1c9a52-7d0e-4b6a-8f21-5c9d0e7ab314", gateway="uniteller")
    assert first.checkout is not None
    assert (first.checkout, again.created) == (again.checkout, False)


def test_an_order_of_another_gateway_is_not_its_own(shop: Product) -> None:
    """Both count from the same first number: the gateway is a part of the order's name."""
    mine, theirs = shop.order("sub-bob", "100201").topup, ordered(shop)
    assert mine.invoice == theirs.invoice
    shop.pay(theirs)
    assert (shop.status(mine), shop.status(theirs)) == ("awaiting_payment", "credited")


def test_a_worker_that_dies_after_the_question_leaves_the_order_to_the_next(shop: Product) -> None:
    topup = ordered(shop)
    shop.pay(topup, webhook="lost")
    shop.clock.advance(61)

    class Died(BaseException):
        pass

    def die(name: str, proceed: Any) -> Any:
        proceed()
        raise Died

    before, shop.wire.around = shop.wire.around, die
    with pytest.raises(Died):
        bootstrap.agenda_runner().run_due()
    shop.wire.around = before
    shop.advance(minutes=10)
    assert (shop.status(topup), shop.balance("100201")) == ("credited", 500_00)
