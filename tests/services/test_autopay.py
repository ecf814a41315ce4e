"""Autopay: announced a week ahead, charged three days ahead, exactly what is missing, once, and never unasked."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
import requests
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NewConnectionError

from chalicelib import bootstrap
from chalicelib.billing import Start
from chalicelib.errors import Forbidden, InvalidRequest, NotFound, Rejected
from chalicelib.money import Kopecks
from chalicelib.services.autopay_words import TERMS_VERSION
from chalicelib.store.agenda import Kind
from chalicelib.store.messages import MessageRow
from local.store.handlers import Answer
from local.store.transport import Call, set_around
from local.web import Response
from tests.autopaying import (
    ANNOUNCED,
    CHARGED,
    FIRST,
    GATEWAYS,
    LAST,
    SECOND,
    THIRD,
    agree,
    bob,
    calls,
    card,
    charges,
    connect,
    consents,
    period,
    screen,
    state,
    until,
    wish,
)
from tests.product import Product
from tests.scene import ACCOUNT, NEXT_PERIOD, give, owe, pay, settle, told, view

# the usual way


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_what_is_missing_is_announced_charged_and_credited_once(shop: Product, gateway: str) -> None:
    settle(shop)
    connect(shop, gateway)
    until(shop, ANNOUNCED)
    [text] = told(shop, "autopay_announced")
    assert "09.12.2026" in text
    assert "500\u00a0₽" in text
    assert "Интернет 650\u00a0₽" in text
    assert "/#/autopay" in text
    until(shop, CHARGED - timedelta(hours=1))
    assert charges(None) == []
    until(shop, CHARGED, minutes=10)
    assert [int(one.amount_kopecks) for one in charges()] == [500_00]
    assert (view().balance_kopecks, state(), calls(shop)) == (800_00, "charged", 1)
    assert len(told(shop, "autopay_charged")) == 1
    assert len(told(shop, "payment_credited")) == 1
    shop.advance(days=4)
    assert (view().state, view().balance_kopecks) == ("active", 0)


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_every_period_has_its_own_charge(shop: Product, gateway: str) -> None:
    settle(shop)
    connect(shop, gateway)
    shop.advance(days=100)
    assert [one.autopay_period for one in charges()] == ["2026-12-12", "2027-01-12", "2027-02-12"]
    assert view().state == "active"
    assert shop.cases() == []


def test_the_first_payment_is_an_ordinary_one_and_saves_the_card(shop: Product) -> None:
    settle(shop)
    topup = agree()
    assert (screen().status, screen().pending_topup) == ("pending", topup.topup_id)
    shop.pay(topup)
    shop.advance(minutes=3)
    shown = screen()
    assert (shown.status, shown.gateway, view().balance_kopecks) == ("active", "uniteller", 200_00 + FIRST)
    assert shown.card is not None
    assert shown.card.mask == "•• 2487"
    assert shown.cap_kopecks == 1600_00


def test_a_first_payment_that_is_never_paid_connects_nothing(shop: Product) -> None:
    settle(shop)
    agree()
    shop.advance(days=4)
    [consent] = consents()
    assert (screen().status, screen().pending_topup) == ("off", None)
    assert consent.withdrawn_at is not None


def test_the_screen_shows_the_sum_and_of_what_it_is_made(shop: Product) -> None:
    settle(shop)
    connect(shop)
    upcoming = screen().next
    assert (upcoming.state, upcoming.amount_kopecks, upcoming.balance_kopecks) == ("planned", 500_00, 300_00)
    assert (upcoming.announce_on, upcoming.charge_on) == (date(2026, 12, 5), date(2026, 12, 9))
    assert [item.amount_kopecks for item in upcoming.breakdown] == [-650_00, -150_00]
    summary = bootstrap.autopay_view().summary(ACCOUNT)
    assert (summary.next_on, summary.amount_kopecks, summary.mask) == (date(2026, 12, 9), 500_00, "•• 2487")


def test_the_calendar_on_screen_counts_on_it(shop: Product) -> None:
    settle(shop)
    assert "financial_block" in {item.kind for item in bootstrap.accounts().events(ACCOUNT, 20)}
    connect(shop)
    events = bootstrap.accounts().events(ACCOUNT, 20)
    assert [(one.kind, one.amount_kopecks) for one in events][0] == ("autopay", 500_00)
    assert "financial_block" not in {item.kind for item in events}
    assert events[-1].balance_after_kopecks == 0


# the sum


def test_money_that_comes_in_between_lowers_the_charge(shop: Product) -> None:
    settle(shop)
    connect(shop)
    until(shop, ANNOUNCED)
    pay(120_00, "by-hand")
    until(shop, CHARGED, minutes=10)
    assert [int(one.amount_kopecks) for one in charges()] == [380_00]


def test_money_that_covers_all_of_it_leaves_nothing_to_charge(shop: Product) -> None:
    settle(shop)
    connect(shop)
    until(shop, ANNOUNCED)
    pay(500_00, "by-hand")
    until(shop, CHARGED, minutes=10)
    assert (charges(None), state()) == ([], "covered")


def test_prices_that_grew_are_charged_as_announced_and_the_rest_is_asked_for(shop: Product) -> None:
    settle(shop)
    connect(shop)
    until(shop, ANNOUNCED)
    owe(70_00, "abroad")
    until(shop, CHARGED, minutes=10)
    assert [int(one.amount_kopecks) for one in charges()] == [500_00]
    [text] = told(shop, "autopay_short")
    assert "70\u00a0₽" in text
    assert "11.12.2026" in text


def test_a_planned_tariff_is_in_the_sum(shop: Product) -> None:
    settle(shop)
    connect(shop)
    bootstrap.billing().change_tariff(ACCOUNT, "internet", "t300", Start.NEXT_PERIOD, Kopecks(0))
    until(shop, CHARGED, minutes=10)
    assert [int(one.amount_kopecks) for one in charges()] == [640_00]


def test_nothing_missing_is_neither_announced_nor_charged(shop: Product) -> None:
    settle(shop, balance=900_00)
    connect(shop)
    until(shop, CHARGED, minutes=10)
    assert (told(shop, "autopay_announced"), charges(None), state()) == ([], [], "covered")


def test_a_payment_that_is_not_credited_yet_counts_as_balance(shop: Product) -> None:
    settle(shop)
    connect(shop)
    until(shop, ANNOUNCED)
    shop.fault("billing", "post_payment", "timeout_before", times=1000)
    shop.pay(shop.order("sub-bob", ACCOUNT, 200_00).topup)
    until(shop, CHARGED, minutes=3)
    shop.sandboxed("DELETE", "/sandbox/faults")
    assert [int(one.amount_kopecks) for one in charges(None)] == [300_00]


def test_a_young_order_is_asked_about_and_waited_for_once(shop: Product) -> None:
    settle(shop)
    connect(shop)
    until(shop, CHARGED - timedelta(minutes=5), minutes=0)
    shop.order("sub-bob", ACCOUNT, 200_00)
    until(shop, CHARGED, minutes=20)
    assert charges(None) == []
    until(shop, CHARGED, minutes=45)
    assert [int(one.amount_kopecks) for one in charges()] == [500_00]


# the cap, skipping, disconnecting


def test_above_the_cap_nothing_is_charged_and_a_message_asks(shop: Product) -> None:
    settle(shop)
    connect(shop, cap=499_00)
    until(shop, CHARGED, minutes=10)
    assert (charges(None), state()) == ([], "above_cap")
    [text] = told(shop, "autopay_above_cap")
    assert "500\u00a0₽" in text
    assert "499\u00a0₽" in text


def test_a_cap_raised_in_time_lets_the_charge_be_announced_after_all(shop: Product) -> None:
    settle(shop)
    connect(shop, cap=499_00)
    until(shop, ANNOUNCED)
    bootstrap.autopay().change_cap(bob(), ACCOUNT, Kopecks(600_00))
    until(shop, CHARGED, minutes=10)
    assert len(told(shop, "autopay_announced")) == 1
    assert [int(one.amount_kopecks) for one in charges()] == [500_00]


def test_a_cap_lowered_after_the_notice_stops_the_charge(shop: Product) -> None:
    settle(shop)
    connect(shop)
    until(shop, ANNOUNCED)
    bootstrap.autopay().change_cap(bob(stepped_up=False), ACCOUNT, Kopecks(100_00))
    until(shop, CHARGED, minutes=10)
    assert (charges(None), state()) == ([], "above_cap")


def test_a_cap_below_the_announced_sum_shows_that_nothing_will_be_charged(shop: Product) -> None:
    settle(shop)
    connect(shop, cap=900_00)
    until(shop, ANNOUNCED)
    assert screen().next.charge_on is not None
    bootstrap.autopay().change_cap(bob(), ACCOUNT, Kopecks(100_00))
    upcoming = screen().next
    assert (upcoming.charge_on, upcoming.reason) == (None, "Не спишем: сумма больше вашего ограничения.")
    assert bootstrap.autopay_view().summary(ACCOUNT).next_on is None


def test_a_charge_in_flight_is_shown_with_its_own_sum(shop: Product) -> None:
    """Less than announced, because money came in between: the parts still add up."""
    settle(shop)
    parent = connect(shop)
    until(shop, ANNOUNCED)
    pay(Kopecks(100_00), "by hand")
    card(shop, parent, "pending")
    until(shop, CHARGED, minutes=5)
    upcoming = screen().next
    assert (upcoming.state, upcoming.amount_kopecks) == ("charging", 400_00)
    assert -sum(item.amount_kopecks for item in upcoming.breakdown) - upcoming.balance_kopecks == 400_00


def test_a_decline_says_that_it_is_tried_again(shop: Product) -> None:
    settle(shop)
    card(shop, connect(shop), "no_funds")
    until(shop, CHARGED, minutes=30)
    assert screen().next.reason == "Банк отказал, попробуем ещё раз: на карте не хватило денег."


def test_raising_the_cap_wants_the_password_and_lowering_does_not(shop: Product) -> None:
    settle(shop)
    connect(shop)
    with pytest.raises(Forbidden):
        bootstrap.autopay().change_cap(bob(stepped_up=False), ACCOUNT, Kopecks(2000_00))
    assert screen().cap_kopecks == 1600_00


@pytest.mark.parametrize("announced", [False, True])
def test_a_skipped_period_is_not_charged_and_the_next_one_is(shop: Product, announced: bool) -> None:
    settle(shop)
    connect(shop)
    until(shop, ANNOUNCED if announced else ANNOUNCED - timedelta(days=2))
    bootstrap.autopay().skip(bob(), ACCOUNT, NEXT_PERIOD)
    bootstrap.autopay().skip(bob(), ACCOUNT, NEXT_PERIOD)
    until(shop, CHARGED, minutes=10)
    assert (charges(None), state(), screen().next.state) == ([], "skipped", "skipped")
    pay(500_00, "by-hand")
    shop.advance(days=31)
    assert [one.autopay_period for one in charges()] == ["2027-01-12"]


def test_only_the_next_period_can_be_skipped(shop: Product) -> None:
    settle(shop)
    with pytest.raises(Rejected, match="not_connected"):
        bootstrap.autopay().skip(bob(), ACCOUNT, NEXT_PERIOD)
    connect(shop)
    with pytest.raises(Rejected, match="nothing_to_skip"):
        bootstrap.autopay().skip(bob(), ACCOUNT, date(2027, 1, 12))


def test_a_consent_withdrawn_after_the_notice_leaves_no_charge(shop: Product) -> None:
    settle(shop)
    connect(shop)
    until(shop, ANNOUNCED)
    assert bootstrap.autopay().disconnect(bob(), ACCOUNT) is None
    assert bootstrap.autopay().disconnect(bob(), ACCOUNT) is None
    until(shop, CHARGED, minutes=10)
    assert (charges(None), calls(shop), screen().status, screen().card) == ([], 0, "off", None)
    [consent] = consents()
    assert consent.withdrawn_at is not None
    assert consent.terms_version == TERMS_VERSION
    assert len(told(shop, "autopay_disconnected")) == 1


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_charge_in_flight_at_the_withdrawal_is_given_back(shop: Product, gateway: str) -> None:
    settle(shop)
    parent = connect(shop, gateway)
    card(shop, parent, "pending")
    until(shop, CHARGED)
    flying = bootstrap.autopay().disconnect(bob(), ACCOUNT)
    assert flying is not None
    assert flying.amount_kopecks == 500_00
    card(shop, parent, "good")
    shop.advance(hours=30)
    assert [int(one.refunded_kopecks) for one in charges()] == [500_00]
    assert (view().balance_kopecks, screen().status) == (300_00, "off")


def test_a_new_card_takes_the_place_of_the_old_one_once_it_is_paid(shop: Product) -> None:
    settle(shop)
    connect(shop, "uniteller", cap=900_00)
    topup = agree("robokassa")
    shop.advance(hours=1)
    assert (screen().status, screen().gateway) == ("active", "uniteller")
    shop.pay(topup)
    shop.advance(hours=1)
    assert (screen().gateway, screen().cap_kopecks) == ("robokassa", 900_00)
    until(shop, CHARGED, minutes=10)
    assert [one.gateway for one in charges()] == ["robokassa"]
    live = [one for one in consents() if one.withdrawn_at is None]
    assert len(live) == 1


# the notice


def test_without_a_notice_of_72_hours_nothing_is_charged(shop: Product) -> None:
    settle(shop)
    shop.fault("sms", "send", "refused", times=1000)
    connect(shop)
    shop.sandboxed("DELETE", "/sandbox/faults")
    shop.advance(seconds=(CHARGED - timedelta(days=5) - bootstrap.now()).total_seconds())
    shop.fault("sms", "send", "timeout_before", times=1000)
    until(shop, LAST, minutes=90)
    assert (charges(None), state()) == ([], "missed")


def test_a_late_notice_moves_the_charge_to_72_hours_after_it(shop: Product) -> None:
    settle(shop)
    until(shop, CHARGED - timedelta(hours=60), minutes=0)
    connect(shop)
    notice = next(row for row in MessageRow.scan() if row.event == "autopay_announced")
    assert notice.sent_at is not None
    found = period()
    assert found is not None
    assert found.charge_at is not None
    until(shop, notice.sent_at + timedelta(hours=72), minutes=-5)
    assert charges(None) == []
    until(shop, notice.sent_at + timedelta(hours=72), minutes=5)
    assert [int(one.amount_kopecks) for one in charges()] == [500_00]


def test_connected_too_late_there_is_no_charge_this_period_and_it_is_said(shop: Product) -> None:
    settle(shop)
    until(shop, LAST - timedelta(hours=70), minutes=0)
    connect(shop)
    assert (state(), screen().next.reason is not None) == ("missed", True)
    assert len(told(shop, "autopay_missed")) == 1
    shop.advance(days=2)
    assert charges(None) == []


# declines


def test_a_soft_decline_is_tried_again_three_times_with_new_invoices(shop: Product) -> None:
    settle(shop)
    parent = connect(shop)
    card(shop, parent, "no_funds")
    for count, at in enumerate((CHARGED, SECOND, THIRD, LAST), 1):
        until(shop, at, minutes=5)
        assert len(charges("declined")) == count
    until(shop, LAST, minutes=200)
    assert (calls(shop), state()) == (4, "failed")
    assert len({int(one.invoice) for one in charges(None)}) == 4
    assert (len(told(shop, "autopay_declined")), len(told(shop, "autopay_failed"))) == (1, 1)
    assert screen().attempts[0].reason == "На карте не хватило денег."


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_later_try_that_succeeds_is_the_only_charge(shop: Product, gateway: str) -> None:
    settle(shop)
    parent = connect(shop, gateway)
    card(shop, parent, "no_funds")
    until(shop, CHARGED, minutes=90)
    card(shop, parent, "good")
    until(shop, SECOND, minutes=90)
    assert (len(charges()), state(), view().balance_kopecks) == (1, "charged", 800_00)


@pytest.mark.parametrize("behaves", ["expired", "stolen"])
def test_a_hard_decline_stops_autopay_at_once(shop: Product, behaves: str) -> None:
    settle(shop)
    parent = connect(shop)
    card(shop, parent, behaves)
    until(shop, LAST, minutes=60)
    assert (calls(shop), screen().status, screen().card) == (1, "stopped", None)
    assert len(told(shop, "autopay_stopped")) == 1
    assert screen().stop_reason is not None


def test_three_failed_periods_end_it(shop: Product) -> None:
    settle(shop)
    parent = connect(shop)
    card(shop, parent, "no_funds")
    for start in ("2026-12-12", "2027-01-12", "2027-02-12"):
        until(shop, LAST if start == "2026-12-12" else bootstrap.now() + timedelta(days=31), minutes=200)
        pay(800_00, start)
    assert (screen().status, screen().stop_reason) == ("stopped", "Три периода подряд списать не удалось.")


# outcomes that nobody knows


@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize("kind", ["timeout_after", "http_500", "nonsense"])
def test_an_unknown_outcome_is_asked_about_and_never_repeated(shop: Product, gateway: str, kind: str) -> None:
    settle(shop)
    # no notification helps: only the question finds it
    card(shop, connect(shop, gateway), "good", webhook="lost")
    until(shop, CHARGED - timedelta(minutes=1), minutes=0)
    shop.fault(gateway, "charge_saved", kind)
    until(shop, CHARGED, minutes=150)
    assert (calls(shop), len(charges()), state()) == (1, 1, "charged")


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_nothing_heard_is_no_second_charge_but_a_plea_to_pay_by_hand(shop: Product, gateway: str) -> None:
    settle(shop)
    parent = connect(shop, gateway)
    card(shop, parent, "pending")
    until(shop, THIRD, minutes=-10)
    assert (told(shop, "autopay_unknown"), state()) == ([], "charging")
    until(shop, THIRD, minutes=70)
    assert len(told(shop, "autopay_unknown")) == 1
    until(shop, LAST, minutes=60 * 24 * 4)
    assert (calls(shop), charges(), state()) == (1, [], "unknown")


def test_an_unknown_outcome_holds_the_block_back_for_a_day(shop: Product) -> None:
    settle(shop)
    parent = connect(shop)
    card(shop, parent, "pending")
    until(shop, LAST, minutes=60 * 12)
    assert (bootstrap.now().day, view().state) == (12, "active")
    card(shop, parent, "good")
    shop.advance(hours=24)
    assert (view().state, view().balance_kopecks, len(charges())) == ("active", 0, 1)


def test_held_back_for_a_day_and_not_longer(shop: Product) -> None:
    settle(shop)
    card(shop, connect(shop), "pending")
    until(shop, LAST, minutes=60 * 12)
    shop.advance(hours=24)
    assert view().state == "financial_block"


def test_a_company_out_of_reach_is_tried_again_with_a_new_invoice(shop: Product) -> None:
    """A line that was never opened carried nothing."""
    settle(shop)
    connect(shop)
    until(shop, CHARGED - timedelta(minutes=1), minutes=0)
    left = [2]

    def refused(name: str, proceed: Callable[[], Response]) -> Response:
        if "recurrent" in name and left[0]:
            left[0] -= 1
            raise requests.exceptions.ConnectionError(NewConnectionError(HTTPConnection("uniteller"), "refused"))
        return proceed()

    shop.wire.around = refused
    until(shop, CHARGED, minutes=60)
    assert (len(charges(None)), len(charges()), state()) == (3, 1, "charged")


# late, twice, overlapped


def test_a_run_26_hours_late_misses_nobody(shop: Product) -> None:
    settle(shop)
    connect(shop)
    until(shop, ANNOUNCED)
    late = (CHARGED + timedelta(hours=26) - bootstrap.now()).total_seconds()
    shop.sandboxed("POST", "/sandbox/clock", {"advance_seconds": int(late), "jump": True})
    shop.advance(minutes=10)
    assert (len(charges()), state()) == (1, "charged")


def test_runs_that_repeat_charge_once(shop: Product) -> None:
    settle(shop)
    connect(shop)
    until(shop, CHARGED - timedelta(minutes=1), minutes=0)
    shop.clock.advance(120)
    for _ in range(5):
        bootstrap.agenda_runner().run(Kind.AUTOPAY)
        shop.clock.advance(70)
    shop.advance(minutes=10)
    assert (calls(shop), len(charges())) == (1, 1)


# who may, and what


def test_another_subscribers_account_is_not_found(shop: Product) -> None:
    settle(shop)
    stranger = bob(subscriber_id="sub-charlie")
    service = bootstrap.autopay()
    for call in (
        lambda: bootstrap.connecting().by_payment(stranger, wish(), TERMS_VERSION, None),
        lambda: service.disconnect(stranger, ACCOUNT),
        lambda: service.skip(stranger, ACCOUNT, NEXT_PERIOD),
        lambda: service.change_cap(stranger, ACCOUNT, Kopecks(500_00)),
        lambda: bootstrap.autopay_view().screen("sub-charlie", ACCOUNT, "ru"),
    ):
        with pytest.raises(NotFound):
            call()


def test_other_terms_than_those_in_force_are_not_agreed_to(shop: Product) -> None:
    settle(shop)
    with pytest.raises(Rejected, match="terms_changed"):
        bootstrap.connecting().by_payment(bob(), wish(), "2020-01-01", None)
    assert (bootstrap.autopay_store().get(ACCOUNT), screen().status) == (None, "off")


@pytest.mark.parametrize("cap", [9_99, 30_000_01])
def test_a_cap_has_its_limits(shop: Product, cap: int) -> None:
    settle(shop)
    with pytest.raises(InvalidRequest):
        bootstrap.connecting().by_payment(bob(), wish(), TERMS_VERSION, Kopecks(cap))


def test_the_same_wish_again_is_the_same_order_and_one_consent(shop: Product) -> None:
    settle(shop)
    wanted = wish()
    first = bootstrap.connecting().by_payment(bob(), wanted, TERMS_VERSION, None)
    again = bootstrap.connecting().by_payment(bob(), wanted, TERMS_VERSION, None)
    assert (first.created, again.created, again.checkout) == (True, False, first.checkout)
    assert len(consents()) == 1


def test_a_suspended_period_costs_nothing(shop: Product) -> None:
    settle(shop)
    connect(shop)
    give(500_00)
    until(shop, CHARGED, minutes=10)
    assert (charges(None), state()) == ([], "covered")


# what happens in the same instant


def between(part: str, what: Callable[[], object]) -> None:
    """Do something right before the transaction that writes this."""

    def meddle(call: Call, proceed: Callable[[], Answer]) -> Answer:
        if call.operation == "TransactWriteItems" and part in str(call.body):
            set_around(None)
            what()
        return proceed()

    set_around(meddle)


def at_the_charge(shop: Product, gateway: str = "uniteller") -> None:
    settle(shop)
    connect(shop, gateway)
    until(shop, CHARGED - timedelta(minutes=1), minutes=0)
    shop.clock.advance(61)


def test_a_consent_withdrawn_in_the_same_instant_leaves_no_charge(shop: Product) -> None:
    at_the_charge(shop)
    between("'charging'", lambda: bootstrap.autopay().disconnect(bob(), ACCOUNT))
    bootstrap.agenda_runner().run(Kind.AUTOPAY)
    shop.advance(hours=2)
    assert (charges(None), calls(shop), screen().status) == ([], 0, "off")


def test_a_skip_in_the_same_instant_leaves_no_charge(shop: Product) -> None:
    at_the_charge(shop)
    between("'charging'", lambda: bootstrap.autopay().skip(bob(), ACCOUNT, NEXT_PERIOD))
    bootstrap.agenda_runner().run(Kind.AUTOPAY)
    shop.advance(hours=2)
    assert (charges(None), calls(shop), state()) == ([], 0, "skipped")


def test_a_payment_in_the_same_instant_lowers_the_charge(shop: Product) -> None:
    at_the_charge(shop)
    topup = shop.order("sub-bob", ACCOUNT, 200_00, gateway="robokassa").topup
    shop.clock.advance(31 * 60)
    between("'charging'", lambda: shop.pay(topup))
    bootstrap.agenda_runner().run(Kind.AUTOPAY)
    shop.advance(hours=2)
    assert [int(one.amount_kopecks) for one in charges()] == [300_00]


def test_who_was_held_up_after_the_intent_does_not_send(shop: Product) -> None:
    """It knows that it has not sent, so it tries again with a new invoice."""
    at_the_charge(shop)
    between("'charging'", lambda: shop.clock.advance(6))
    bootstrap.agenda_runner().run(Kind.AUTOPAY)
    assert (calls(shop), state()) == (0, "announced")
    shop.advance(minutes=30)
    assert (calls(shop), len(charges()), state()) == (1, 1, "charged")


def test_two_accounts_of_one_day_are_each_charged(shop: Product) -> None:
    settle(shop)
    connect(shop, "robokassa")
    other = replace(wish("robokassa"), account="100201")
    shop.pay(bootstrap.connecting().by_payment(bob(), other, TERMS_VERSION, None).topup)
    until(shop, CHARGED, minutes=10)
    assert sorted((one.account, int(one.amount_kopecks)) for one in charges()) == [
        ("100201", 550_00),
        (ACCOUNT, 500_00),
    ]


def test_fifty_notifications_of_one_charge_are_one_credit(shop: Product) -> None:
    at_the_charge(shop, "robokassa")
    bootstrap.agenda_runner().run(Kind.AUTOPAY)
    [topup] = charges(None)
    fields = shop.result_fields(topup)
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: (got := shop.notify(fields)).status * 1000 + len(got.body), range(50)))
    assert len(answers) == 1
    shop.advance(hours=1)
    assert (len(charges()), view().balance_kopecks) == (1, 800_00)


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_unknown_and_declined_after_all_is_tried_again(shop: Product, gateway: str) -> None:
    settle(shop)
    parent = connect(shop, gateway)
    card(shop, parent, "pending")
    until(shop, CHARGED, minutes=30)
    card(shop, parent, "no_funds")
    until(shop, CHARGED, minutes=180)
    assert state() == "announced"
    card(shop, parent, "good")
    until(shop, SECOND, minutes=90)
    assert (len(charges()), state(), calls(shop)) == (1, "charged", 2)
