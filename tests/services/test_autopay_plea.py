"""The plea to pay by hand is for what nobody knows, and is kept: a company that needs a minute has its minute."""

import pytest

from chalicelib import bootstrap
from tests.autopaying import GATEWAYS, LAST, THIRD, calls, card, charges, connect, state, until
from tests.product import Product
from tests.scene import settle, told, view


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_try_of_the_last_day_is_not_unknown_at_once(shop: Product, gateway: str) -> None:
    """Robokassa takes a charge and says a moment later what has become of it."""
    settle(shop)
    parent = connect(shop, gateway)
    card(shop, parent, "no_funds")
    until(shop, THIRD, minutes=-60)
    card(shop, parent, "good")
    until(shop, THIRD, minutes=90)
    assert (told(shop, "autopay_unknown"), state(), len(charges())) == ([], "charged", 1)


def test_declines_to_the_end_are_not_unknown(shop: Product) -> None:
    settle(shop)
    card(shop, connect(shop, "robokassa"), "no_funds")
    until(shop, LAST, minutes=150)
    assert (told(shop, "autopay_unknown"), len(told(shop, "autopay_failed")), calls(shop)) == ([], 1, 4)


def test_a_try_of_the_last_evening_that_stays_unknown_is_asked_for_within_the_hour(shop: Product) -> None:
    settle(shop)
    parent = connect(shop, "uniteller")
    card(shop, parent, "no_funds")
    until(shop, LAST, minutes=-60)
    card(shop, parent, "pending")
    until(shop, LAST, minutes=50)
    assert told(shop, "autopay_unknown") == []
    until(shop, LAST, minutes=90)
    assert len(told(shop, "autopay_unknown")) == 1
    until(shop, LAST, minutes=60 * 12)
    assert (bootstrap.now().day, view().state) == (12, "active")


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_what_was_asked_for_by_hand_is_not_charged_after_all(shop: Product, gateway: str) -> None:
    """The message says so; that the company has declined comes too late."""
    settle(shop)
    parent = connect(shop, gateway)
    card(shop, parent, "no_funds")
    until(shop, THIRD, minutes=-60)
    card(shop, parent, "pending")
    until(shop, THIRD, minutes=70)
    assert len(told(shop, "autopay_unknown")) == 1
    card(shop, parent, "no_funds")
    shop.advance(hours=3)
    card(shop, parent, "good")
    until(shop, LAST, minutes=180)
    assert (calls(shop), charges(), state(), len(told(shop, "autopay_failed"))) == (3, [], "failed", 1)
