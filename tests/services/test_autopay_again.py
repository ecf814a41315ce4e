"""Autopay that was disconnected after the notice and connected again before the period: a new consent, a new notice."""

from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.errors import Conflict, TooManyAttempts
from chalicelib.money import Kopecks
from chalicelib.services.autopay_words import TERMS_VERSION
from chalicelib.store.messages import MessageRow
from tests.autopaying import (
    ANNOUNCED,
    CHARGED,
    GATEWAYS,
    LAST,
    agree,
    bob,
    card,
    charges,
    connect,
    screen,
    state,
    until,
    wish,
)
from tests.product import Product
from tests.scene import ACCOUNT, NEXT_PERIOD, settle, told, view


def again(shop: Product, gateway: str) -> None:
    """On, announced, off; an hour later on again by another payment of 100 ₽."""
    settle(shop)
    connect(shop, gateway)
    until(shop, ANNOUNCED)
    bootstrap.autopay().disconnect(bob(), ACCOUNT)
    shop.advance(hours=1)
    connect(shop, gateway)


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_in_time_it_is_announced_anew_and_charged_72_hours_later(shop: Product, gateway: str) -> None:
    again(shop, gateway)
    assert (len(told(shop, "autopay_announced")), screen().next.amount_kopecks) == (2, 400_00)
    until(shop, LAST)
    assert [int(one.amount_kopecks) for one in charges()] == [400_00]
    notices = [row for row in MessageRow.scan() if row.event == "autopay_announced" and row.sent_at is not None]
    assert max(row.sent_at for row in notices) + timedelta(hours=72) <= charges()[0].created_at
    shop.advance(days=1)
    assert (view().state, view().balance_kopecks) == ("active", 0)


@pytest.mark.parametrize("declined", [False, True])
def test_too_late_it_is_said_that_there_is_no_charge(shop: Product, declined: bool) -> None:
    settle(shop)
    parent = connect(shop, "uniteller")
    card(shop, parent, "no_funds")
    until(shop, LAST, minutes=-60 * 24 * 2 if not declined else -60)
    bootstrap.autopay().disconnect(bob(), ACCOUNT)
    connect(shop, "uniteller")
    assert (state(), len(told(shop, "autopay_missed")), screen().next.charge_on) == ("missed", 1, None)
    shop.advance(days=2)
    assert charges() == []


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_disconnecting_again_while_a_paid_charge_waits_for_its_credit_is_no_error(shop: Product, gateway: str) -> None:
    """The charge was on its way at the first time and is paid at the second; it goes back once it is credited."""
    settle(shop)
    parent = connect(shop, gateway)
    card(shop, parent, "pending")
    until(shop, CHARGED)
    assert bootstrap.autopay().disconnect(bob(), ACCOUNT) is not None
    shop.fault("billing", "post_payment", "timeout_before", times=1000)
    card(shop, parent, "good")
    shop.advance(hours=2)
    assert [one.status for one in charges(None)] == ["paid"]
    assert bootstrap.autopay().disconnect(bob(), ACCOUNT) is None
    shop.sandboxed("DELETE", "/sandbox/faults")
    shop.advance(hours=4)
    assert [int(one.refunded_kopecks) for one in charges()] == [500_00]
    assert (view().balance_kopecks, screen().status) == (300_00, "off")


def test_an_order_that_is_one_too_many_changes_nothing(shop: Product) -> None:
    """Enough for today: the payment that is on its way still connects autopay."""
    settle(shop)
    first = agree("robokassa")
    for _ in range(bootstrap.settings().topups_per_day - 1):
        bootstrap.topups().spend("sub-bob")
    with pytest.raises(TooManyAttempts):
        agree("uniteller")
    assert screen().pending_topup == first.topup_id
    shop.pay(first)
    shop.advance(minutes=3)
    assert screen().status == "active"


def test_one_id_is_not_two_wishes(shop: Product) -> None:
    """Another limit, or a card that was only to be kept: the id is taken."""
    settle(shop)
    connecting, first = bootstrap.connecting(), wish("robokassa")
    connecting.by_payment(bob(), first, TERMS_VERSION, Kopecks(900_00))
    connecting.by_payment(bob(), first, TERMS_VERSION, Kopecks(900_00))
    with pytest.raises(Conflict):
        connecting.by_payment(bob(), first, TERMS_VERSION, Kopecks(800_00))
    with pytest.raises(Conflict):
        bootstrap.card_keeping().order(bob(), first, None)


@pytest.mark.parametrize("ended", ["withdrawn", "replaced"])
def test_a_late_copy_of_a_click_connects_nothing(shop: Product, ended: str) -> None:
    """The wish was withdrawn, or another one has taken its place: its payment is an ordinary top-up by now."""
    settle(shop)
    connecting, first = bootstrap.connecting(), wish("robokassa")
    topup = connecting.by_payment(bob(), first, TERMS_VERSION, None).topup
    if ended == "withdrawn":
        bootstrap.autopay().disconnect(bob(), ACCOUNT)
    else:
        agree("uniteller")
    with pytest.raises(Conflict):
        connecting.by_payment(bob(), first, TERMS_VERSION, None)
    shop.pay(topup)
    shop.advance(minutes=3)
    assert screen().status == ("off" if ended == "withdrawn" else "pending")
    # once it is over, the copy is told how it ended
    assert connecting.by_payment(bob(), first, TERMS_VERSION, None).checkout is None


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_skipping_the_next_period_forgets_no_charge_without_an_outcome(shop: Product, gateway: str) -> None:
    """On the first day the period after is the next one, and the charge of this one may be on its way still."""
    settle(shop)
    parent = connect(shop, gateway)
    card(shop, parent, "pending")
    until(shop, LAST, minutes=60 * 9)
    following = screen().next.period_start
    assert following > NEXT_PERIOD
    bootstrap.autopay().skip(bob(), ACCOUNT, following)
    assert screen().in_flight is not None
    assert bootstrap.autopay().disconnect(bob(), ACCOUNT) is not None
    card(shop, parent, "good")
    shop.advance(hours=4)
    assert [int(one.refunded_kopecks) for one in charges()] == [500_00]
    assert (state(following), [one.state for one in screen().attempts]) == ("skipped", ["returned"])
