"""From the gateway's money to the billing's: exactly once, however the news travels."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from zlib import crc32

import pytest

from chalicelib import bootstrap
from chalicelib.billing import AccountState
from chalicelib.billing.embedded import accounts
from chalicelib.billing.embedded.verify import verify
from chalicelib.money import Kopecks
from chalicelib.store.agenda import AgendaRow, Kind
from chalicelib.store.cases import CaseStore
from chalicelib.store.topups import Next, TopUpRow
from tests.product import Product, books

MODES = ["normal", "twice", "before_return", "late", "lost", "bad_signature"]


@pytest.mark.parametrize("webhook", MODES)
def test_a_payment_is_credited_once_however_the_news_travels(shop: Product, webhook: str) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, webhook=webhook)
    shop.advance(hours=2)
    assert shop.status(topup) == "credited"
    assert shop.balance("100201") == 500_00
    assert not shop.cases()


@pytest.mark.parametrize("webhook", ["normal", "twice", "before_return"])
def test_a_webhook_that_comes_credits_at_once(shop: Product, webhook: str) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, webhook=webhook)
    assert shop.status(topup) == "credited"


def test_steps_tell_the_whole_way_in_order(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup)
    _, events = bootstrap.topups().details("sub-bob", topup.topup_id)
    assert [event.name for event in events] == ["created", "awaiting_payment", "paid", "credited"]


def test_another_sum_is_never_credited_and_an_operator_sees_it(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, webhook="wrong_amount")
    shop.advance(days=4)
    assert shop.balance("100201") == 0
    assert {case.case_id for case in shop.cases()} == {f"wrong_amount:{topup.topup_id}"}


def test_a_declined_payment_ends_without_money_and_may_still_be_paid(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, outcome="declined")
    shop.advance(minutes=2)
    assert shop.status(topup) == "declined"
    shop.pay(topup, webhook="lost")
    shop.advance(hours=73)
    assert shop.status(topup) == "credited"
    assert bootstrap.topup_store().existing(topup.topup_id).late


def test_an_order_nobody_paid_expires_after_a_day_without_a_case(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.advance(hours=23)
    assert shop.status(topup) == "awaiting_payment"
    shop.advance(hours=1, minutes=1)
    assert shop.status(topup) == "expired"
    shop.advance(hours=72)
    assert bootstrap.topup_store().existing(topup.topup_id).agenda_key is None
    assert not shop.cases()


def test_billing_down_three_days_loses_nothing_and_an_operator_knows(shop: Product) -> None:
    shop.fault("billing", "post_payment", "timeout_before", times=1000)
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup)
    assert shop.status(topup) == "paid"
    shop.advance(hours=72)
    assert {case.case_id for case in shop.cases()} == {f"uncredited:{topup.topup_id}"}
    shop.sandboxed("DELETE", "/sandbox/faults")
    shop.advance(hours=2)
    assert (shop.status(topup), shop.balance("100201")) == ("credited", 500_00)


@pytest.mark.parametrize("kind", ["timeout_after", "http_500", "nonsense"])
def test_a_lost_answer_of_the_billing_is_asked_for_and_not_posted_twice(shop: Product, kind: str) -> None:
    shop.fault("billing", "post_payment", kind)
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup)
    shop.advance(hours=1)
    assert (shop.status(topup), shop.balance("100201")) == ("credited", 500_00)


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "http_500", "nonsense", "refused"])
def test_a_gateway_that_does_not_answer_is_asked_again(shop: Product, kind: str) -> None:
    shop.fault("robokassa", "get_payment", kind, times=3)
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, webhook="lost")
    shop.advance(hours=3)
    assert (shop.status(topup), shop.balance("100201")) == ("credited", 500_00)


def test_an_order_declined_for_good_is_left_alone_after_the_last_question(shop: Product) -> None:
    """Expired first, declined at the last question: the end, and no question is ever asked again."""
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, outcome="abandoned")
    shop.advance(hours=25)
    shop.pay(topup, outcome="declined")
    shop.advance(hours=50)
    assert shop.status(topup) == "expired"
    assert bootstrap.topup_store().existing(topup.topup_id).agenda_key is None
    asked = len(shop.sandboxed("GET", "/sandbox/calls-log"))
    shop.advance(days=5)
    assert len(shop.sandboxed("GET", "/sandbox/calls-log")) == asked


def test_a_declined_order_that_is_paid_after_all_is_found_within_the_hour(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, outcome="declined")
    shop.advance(hours=2)
    shop.pay(topup, webhook="lost")
    shop.advance(hours=2)
    assert (shop.status(topup), shop.balance("100201")) == ("credited", 500_00)


@pytest.mark.parametrize("hours", [24, 72])
def test_one_silent_question_is_not_a_case(shop: Product, hours: int) -> None:
    shop.order("sub-bob", "100201")
    shop.advance(hours=hours, minutes=-30)
    shop.fault("robokassa", "get_payment", "http_500")
    shop.advance(hours=6)
    assert not shop.cases()


def test_a_gateway_silent_for_a_day_is_a_case_and_is_still_asked(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, webhook="lost")
    shop.fault("robokassa", "get_payment", "http_500", times=1000)
    shop.advance(hours=30)
    assert [case.case_id for case in shop.cases()] == [f"unasked:{topup.topup_id}"]
    shop.sandboxed("DELETE", "/sandbox/faults")
    shop.advance(hours=2)
    assert shop.status(topup) == "credited"


def test_a_closed_case_does_not_hide_the_next_trouble_and_does_not_come_back(shop: Product) -> None:
    """The gateway is silent, an operator closes the case, the money comes, the billing is down."""
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, webhook="lost")
    shop.fault("robokassa", "get_payment", "http_500", times=30)
    shop.fault("billing", "post_payment", "timeout_before", times=1000)
    shop.advance(hours=40)
    bootstrap.cases().close(f"unasked:{topup.topup_id}", "ivanova", "the company repairs it")
    shop.advance(hours=60)
    assert [case.case_id for case in shop.cases()] == [f"uncredited:{topup.topup_id}"]


def test_a_wrong_sum_told_twice_is_one_case_and_stays_closed(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, webhook="wrong_amount")
    [case] = shop.cases()
    bootstrap.cases().close(case.case_id, "ivanova", "refunded by hand")
    shop.advance(days=2)
    assert not shop.cases()
    assert CaseStore().get(case.case_id).history[0].endswith("ivanova: closed: refunded by hand")


def test_a_payment_the_billing_holds_for_another_is_a_case_at_once(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    bootstrap.billing().post_payment("100202", Kopecks(500_00), topup.topup_id, "gateway:robokassa")
    shop.pay(topup)
    assert [case.case_id for case in shop.cases()] == [f"unpostable:{topup.topup_id}"]
    assert shop.balance("100201") == 0


def test_who_lost_the_lease_may_not_plan_what_comes_next(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    agenda, store = bootstrap.agenda(), bootstrap.topup_store()
    shop.clock.advance(61)
    [slow] = [row for shard in range(4) for row in agenda.due(Kind.ASK_GATEWAY, shard, bootstrap.now())]
    assert agenda.take(slow, bootstrap.now())
    shop.clock.advance(3600)
    [quick] = [row for shard in range(4) for row in agenda.due(Kind.ASK_GATEWAY, shard, bootstrap.now())]
    assert agenda.take(quick, bootstrap.now())
    later = Next(Kind.ASK_GATEWAY, bootstrap.now() + timedelta(hours=1))
    assert not store.postpone(store.existing(topup.topup_id), later, slow)
    assert store.postpone(store.existing(topup.topup_id), later, quick)


def test_two_workers_do_not_hold_one_row(shop: Product) -> None:
    shop.order("sub-bob", "100201")
    agenda = bootstrap.agenda()
    shop.clock.advance(61)
    seen = [row for _ in range(2) for shard in range(4) for row in agenda.due(Kind.ASK_GATEWAY, shard, bootstrap.now())]
    assert [agenda.take(row, bootstrap.now()) for row in seen] == [True, False]
    assert not [row for shard in range(4) for row in agenda.due(Kind.ASK_GATEWAY, shard, bootstrap.now())]


def test_a_run_out_of_time_leaves_the_rest_and_the_next_begins_elsewhere(shop: Product) -> None:
    for number in range(12):
        # ids that fall into every shard, the same ones each time
        shop.order("sub-bob", "100201", id=str(uuid.UUID(int=number)))
    shop.clock.advance(61)
    shards = {row.partition for row in AgendaRow.scan(AgendaRow.kind == Kind.ASK_GATEWAY)}
    for _ in range(4):
        time_is_up = iter([False])
        bootstrap.agenda_runner().run(Kind.ASK_GATEWAY, partial(next, time_is_up, True))
        shop.clock.advance(60)
    asked = [topup for topup in TopUpRow.scan(TopUpRow.item == "topup") if topup.tries]
    assert len(shards) == 4
    assert {crc32(topup.topup_id.encode()) % 4 for topup in asked} == {0, 1, 2, 3}


def test_a_payment_that_covers_the_rest_of_the_period_lifts_the_block(shop: Product) -> None:
    """100 ₽ of debt and 19 of 30 days at 650 ₽: 411,67 ₽ are charged by days, and the services are on."""
    shop.block("100201", 100_00)
    shop.pay(shop.order("sub-bob", "100201", 511_67).topup)
    view = bootstrap.billing().account("100201")
    assert (view.state, view.balance_kopecks, view.state_reason) == ("active", 0, None)
    assert not verify().differences


def test_a_payment_that_does_not_cover_it_charges_nothing_and_leaves_the_block(shop: Product) -> None:
    shop.block("100201", 100_00)
    shop.pay(shop.order("sub-bob", "100201", 511_66).topup)
    view = bootstrap.billing().account("100201")
    assert (view.state, view.balance_kopecks) == ("financial_block", 411_66)
    assert view.due is not None
    assert view.due.amount_kopecks == 1


def test_an_administrative_block_is_not_lifted_by_money(shop: Product) -> None:
    accounts.set_state(books(), "100201", AccountState.ADMIN_BLOCK, "by order")
    shop.pay(shop.order("sub-bob", "100201", 5_000_00).topup)
    assert bootstrap.billing().account("100201").state == "admin_block"


def test_fifty_parallel_webhooks_credit_once_and_are_all_acknowledged(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    fields = shop.result_fields(topup)
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: shop.notify(fields), range(50)))
    assert {answer.text for answer in answers} == {f"OK{int(topup.invoice)}"}
    assert shop.balance("100201") == 500_00
    assert len(shop.messages()) + shop.sandboxed("POST", "/sandbox/run-due")["deliver_message"] >= 1
    assert not verify().differences


def test_the_subscriber_is_told_once(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, webhook="twice")
    shop.advance(hours=3)
    told = [message for message in shop.messages() if message["event"] == "payment_credited"]
    assert [message["to"] for message in told] == ["+79001112233"]
    assert "500" in told[0]["text"]


def test_a_message_whose_answer_was_lost_is_asked_for_and_not_sent_twice(shop: Product) -> None:
    shop.fault("sms", "send", "timeout_after")
    shop.pay(shop.order("sub-bob", "100201").topup)
    shop.advance(hours=3)
    assert len(shop.messages()) == 1
    # the sandbox keeps a repeat once, SMSC would send it twice: what left us is counted
    assert [call["call"] for call in shop.sandboxed("GET", "/sandbox/calls-log") if call["target"] == "sms"] == [
        "send",
        "was_sent",
    ]


def test_a_message_that_could_not_leave_is_sent_later(shop: Product) -> None:
    shop.fault("sms", "send", "timeout_before", times=3)
    shop.pay(shop.order("sub-bob", "100201").topup)
    shop.advance(hours=3)
    assert len(shop.messages()) == 1


def test_a_message_nobody_could_send_for_a_day_is_a_case_and_not_sent_late(shop: Product) -> None:
    shop.fault("sms", "send", "http_500", times=1000)
    shop.fault("sms", "was_sent", "http_500", times=1000)
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup)
    shop.advance(hours=30)
    assert [case.case_id for case in shop.cases()] == [f"undelivered:topup:{topup.topup_id}:credited"]
    shop.sandboxed("DELETE", "/sandbox/faults")
    shop.advance(days=2)
    assert not list(AgendaRow.scan(AgendaRow.kind != Kind.ACCOUNT_DAY))


def test_the_clock_may_jump_and_everything_late_is_still_done(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, webhook="lost")
    shop.sandboxed("POST", "/sandbox/clock", {"advance_days": 2, "jump": True})
    assert (shop.status(topup), shop.balance("100201")) == ("credited", 500_00)
