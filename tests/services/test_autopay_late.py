"""A charge that was declined or given up brings money after all: support turned it, or the company was late to tell.

It pays for its period, unless another has: a period is paid for once, and without a consent nothing is kept.
"""

from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.store.cases import CaseKind, CaseStore
from chalicelib.store.topups import TopUpRow
from tests.autopaying import (
    CHARGED,
    GATEWAYS,
    LAST,
    SECOND,
    bob,
    calls,
    card,
    charges,
    connect,
    period,
    screen,
    state,
    turned,
    until,
)
from tests.product import Product
from tests.scene import ACCOUNT, settle, told, view


def turn(shop: Product, charge: TopUpRow) -> None:
    turned(shop, charge)
    shop.advance(minutes=5)


def states() -> list[str]:
    """Of the attempts on screen, oldest first."""
    return [one.state for one in reversed(screen().attempts)]


def declined_once(shop: Product, gateway: str) -> tuple[TopUpRow, TopUpRow]:
    """The saving payment, and a charge that the bank has refused."""
    settle(shop)
    parent = connect(shop, gateway)
    card(shop, parent, "no_funds")
    until(shop, CHARGED, minutes=90)
    [declined] = charges("declined")
    return parent, declined


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_it_pays_for_its_period_and_the_next_try_is_not_made(shop: Product, gateway: str) -> None:
    _, declined = declined_once(shop, gateway)
    turn(shop, declined)
    until(shop, LAST, minutes=200)
    assert (states(), state(), calls(shop), view().balance_kopecks) == (["charged"], "charged", 1, 800_00)


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_after_a_later_try_has_paid_it_goes_back(shop: Product, gateway: str) -> None:
    parent, declined = declined_once(shop, gateway)
    card(shop, parent, "good")
    until(shop, SECOND, minutes=90)
    turn(shop, declined)
    shop.advance(hours=2)
    assert (states(), state(), view().balance_kopecks) == (["returned", "charged"], "charged", 800_00)
    assert sorted(int(one.refunded_kopecks) for one in charges()) == [0, 500_00]
    assert shop.cases() == []


def test_while_a_later_try_is_under_way_that_one_goes_back(shop: Product) -> None:
    parent, declined = declined_once(shop, "uniteller")
    card(shop, parent, "pending")
    until(shop, SECOND, minutes=30)
    turn(shop, declined)
    assert (states(), state()) == (["charged", "checking"], "charging")
    card(shop, parent, "good")
    shop.advance(hours=3)
    assert (states(), state(), view().balance_kopecks) == (["charged", "returned"], "charged", 800_00)


def test_a_later_try_that_is_declined_leaves_the_period_paid(shop: Product) -> None:
    parent, declined = declined_once(shop, "uniteller")
    card(shop, parent, "pending")
    until(shop, SECOND, minutes=30)
    turn(shop, declined)
    card(shop, parent, "no_funds")
    until(shop, LAST, minutes=200)
    assert (states(), state(), calls(shop)) == (["charged", "declined"], "charged", 2)
    assert told(shop, "autopay_failed") == []


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_period_that_had_failed_has_not(shop: Product, gateway: str) -> None:
    _, declined = declined_once(shop, gateway)
    until(shop, LAST, minutes=200)
    row = bootstrap.autopay_store().get(ACCOUNT)
    assert (state(), row and row.failed_periods) == ("failed", 1)
    turn(shop, declined)
    row = bootstrap.autopay_store().get(ACCOUNT)
    assert (state(), states()[0], row and row.failed_periods) == ("charged", "charged", 0)
    assert row is not None
    assert row.status == "active"


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_after_the_withdrawal_it_goes_back(shop: Product, gateway: str) -> None:
    _, declined = declined_once(shop, gateway)
    bootstrap.autopay().disconnect(bob(), ACCOUNT)
    shop.advance(hours=1)
    turn(shop, declined)
    shop.advance(hours=2)
    assert [int(one.refunded_kopecks) for one in charges()] == [500_00]
    assert (states(), view().balance_kopecks, shop.cases()) == (["returned"], 300_00, [])


def test_what_nobody_had_heard_of_for_days_is_seen(shop: Product) -> None:
    settle(shop)
    card(shop, connect(shop, "robokassa"), "pending")
    until(shop, CHARGED, minutes=60 * 24 * 5)
    assert state() == "unknown"
    turn(shop, charges(None)[0])
    assert (state(), states()) == ("charged", ["charged"])


def test_said_twice_it_goes_back_once(shop: Product) -> None:
    parent, declined = declined_once(shop, "robokassa")
    card(shop, parent, "good")
    until(shop, SECOND, minutes=90)
    turn(shop, declined)
    charge = bootstrap.topup_store().existing(declined.topup_id)
    assert bootstrap.autopay_outcomes().late(charge)
    shop.advance(hours=2)
    assert view().balance_kopecks == 800_00


def test_where_the_gateway_gives_nothing_back_a_person_is_told(shop: Product) -> None:
    parent, declined = declined_once(shop, "robokassa")
    card(shop, parent, "good")
    until(shop, SECOND, minutes=90)
    vars(bootstrap.gateways()["robokassa"])["can_refund"] = False
    turn(shop, declined)
    assert [(case.kind, case.ref) for case in shop.cases()] == [("autopay_not_given_back", declined.topup_id)]


def test_where_the_company_refuses_to_give_it_back_a_person_is_told(shop: Product) -> None:
    parent, declined = declined_once(shop, "robokassa")
    card(shop, parent, "good")
    until(shop, SECOND, minutes=90)
    shop.fault("robokassa", "refund", "refused")
    turn(shop, declined)
    shop.advance(hours=2)
    assert [case.kind for case in shop.cases()] == ["autopay_not_given_back"]
    assert view().balance_kopecks == 1300_00


def test_a_stuck_autopay_is_tried_again_by_command(shop: Product) -> None:
    """A row of the agenda that fails is a case; a retry makes it due now, and the case ends by itself."""
    settle(shop)
    connect(shop, "robokassa")
    row = bootstrap.autopay_store().get(ACCOUNT)
    assert row is not None
    CaseStore().open(CaseKind.AGENDA, f"autopay:{ACCOUNT}", bootstrap.now(), {"attempts": 12})
    bootstrap.cases().retry(f"agenda:autopay:{ACCOUNT}", "i.petrova", "починили")
    row = bootstrap.autopay_store().get(ACCOUNT)
    assert row is not None
    assert row.due_at == bootstrap.now()
    CaseStore().open(CaseKind.AGENDA, f"autopay:{ACCOUNT}", bootstrap.now() + timedelta(seconds=1), {"attempts": 13})
    shop.advance(minutes=1)
    bootstrap.cases().watch()
    assert shop.cases() == []
    assert period() is None


def test_a_hard_decline_forgets_the_card_that_was_charged_and_no_other(shop: Product) -> None:
    """While the charge was under way another card has taken its place: that one is tried."""
    settle(shop)
    parent = connect(shop)
    card(shop, parent, "pending")
    until(shop, CHARGED, minutes=5)
    connect(shop, "robokassa")
    declined = charges(None)[0]
    facts = {"code": "expired", "card_stopped": True}
    bootstrap.topup_store().advance(declined, "declined", bootstrap.now(), "test", None, changes=facts)
    until(shop, SECOND, minutes=90)
    assert (screen().status, screen().gateway, states()) == ("active", "robokassa", ["declined", "charged"])


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_decline_that_is_known_after_a_day_is_tried_again(shop: Product, gateway: str) -> None:
    """The company is asked every hour as long as there is time, and staff are told after a day."""
    settle(shop)
    parent = connect(shop, gateway)
    card(shop, parent, "pending")
    until(shop, CHARGED, minutes=60 * 28)
    assert [case.kind for case in shop.cases()] == ["unfinished"]
    card(shop, parent, "no_funds")
    card(shop, parent, "good")
    until(shop, LAST, minutes=90)
    bootstrap.cases().watch()
    assert (states(), state(), shop.cases()) == (["declined", "charged"], "charged", [])


def test_a_charge_that_was_paid_before_the_withdrawal_stays_and_is_written_down(shop: Product) -> None:
    """The notification has come, the agenda has not looked yet."""
    settle(shop)
    card(shop, connect(shop, "robokassa"), "pending")
    until(shop, CHARGED, minutes=1)
    charge = charges(None)[0]
    turned(shop, charge)
    assert bootstrap.topup_store().existing(charge.topup_id).status == "credited"
    assert state() == "charging"
    assert bootstrap.autopay().disconnect(bob(), ACCOUNT) is None
    shop.advance(hours=3)
    assert (states(), state(), screen().status) == (["charged"], "charged", "off")
    assert [int(one.refunded_kopecks) for one in charges()] == [0]


def test_a_consent_given_again_does_not_keep_what_the_withdrawn_one_was_for(shop: Product) -> None:
    _, declined = declined_once(shop, "robokassa")
    bootstrap.autopay().disconnect(bob(), ACCOUNT)
    connect(shop, "uniteller")
    turn(shop, declined)
    shop.advance(hours=2)
    assert [int(one.refunded_kopecks) for one in charges() if one.topup_id == declined.topup_id] == [500_00]
    assert states()[0] == "returned"


def test_a_late_charge_that_nobody_could_write_down_is_retried_by_command(shop: Product) -> None:
    _, declined = declined_once(shop, "robokassa")
    turned(shop, declined)
    CaseStore().open(CaseKind.AGENDA, f"autopay:late:{declined.topup_id}", bootstrap.now(), {"attempts": 12})
    bootstrap.cases().watch()
    assert len(shop.cases()) == 1
    bootstrap.cases().retry(f"agenda:autopay:late:{declined.topup_id}", "i.petrova", "починили")
    CaseStore().open(CaseKind.AGENDA, f"autopay:late:{declined.topup_id}", bootstrap.now(), {"attempts": 13})
    shop.advance(minutes=2)
    bootstrap.cases().watch()
    assert (states(), shop.cases()) == (["charged"], [])
