"""What a subscriber asks of the internet service: another tariff, a suspension, an early end of it."""

from datetime import timedelta

from chalicelib import bootstrap
from chalicelib.billing import Start
from chalicelib.money import Kopecks
from tests.portal import Browser, Got
from tests.product import Product
from tests.scene import told, view
from tests.storm.flows.calendar import PAUSE, PERIOD, RETURN, legs, paid_month, planned, running, suspended
from tests.storm.flows.money import signed_in
from tests.storm.harness.flow import Flow
from tests.storm.harness.ground import ACCOUNT, SERVICE, TOMORROW, at, ground
from tests.storm.harness.schedules import let_pass

PATH = f"/api/accounts/{ACCOUNT}/services/{SERVICE}"
#: On the first day of a period an upgrade costs the whole difference: 790 ₽ less 650 ₽.
UPGRADE = 140_00


def first_day(shop: Product) -> Browser:
    paid_month(shop)
    return signed_in(shop)


def upgrade(shop: Product, browser: Browser) -> Got:
    wish = {"tariff": "t300", "when": "now", "expected_charge_kopecks": UPGRADE, "expected_fee_kopecks": 790_00}
    return browser.post(f"{PATH}/tariff-change", wish)


def upgraded(shop: Product, browser: Browser) -> None:
    assert legs("tariff_change") == [("internet", -UPGRADE, *PERIOD)]
    assert (view().balance_kopecks, view().services[0].tariff.id) == (200_00 - UPGRADE, "t300")
    assert len(told(shop, "tariff_changed")) == 1


Flow("tariff_now", first_day, upgrade, upgrade, upgraded, sparing=True)


def last_day(shop: Product) -> Browser:
    """A period ends tonight, and 590 ₽ cover only a cheaper one."""
    ground(600_00)
    return signed_in(shop)


def downgrade(shop: Product, browser: Browser) -> Got:
    return browser.post(f"{PATH}/tariff-change", {"tariff": "t50", "when": "next_period", "expected_charge_kopecks": 0})


def downgraded(shop: Product, browser: Browser) -> None:
    """The wish was recorded once, and at midnight the new period is charged at the new fee."""
    let_pass(shop, hours=23)
    assert legs("opening") == [("internet", -450_00, *PERIOD), ("phone", -150_00, *PERIOD)]
    assert (view().state, view().balance_kopecks, view().services[0].tariff.id) == ("active", 0, "t50")
    assert [len(told(shop, f"tariff_change{event}")) for event in ("_planned", "d", "_dropped")] == [1, 1, 0]


Flow("tariff_from_the_next_period", last_day, downgrade, downgrade, downgraded, sparing=True)


def wish_planned(shop: Product) -> Browser:
    ground(800_00)
    bootstrap.billing().change_tariff(ACCOUNT, SERVICE, "t50", Start.NEXT_PERIOD, Kopecks(0))
    return signed_in(shop)


def cancel_change(shop: Product, browser: Browser) -> Got:
    return browser.delete(f"{PATH}/tariff-change")


def kept(shop: Product, browser: Browser) -> None:
    let_pass(shop, hours=23)
    assert legs("opening") == [("internet", -650_00, *PERIOD), ("phone", -150_00, *PERIOD)]
    assert (view().services[0].tariff.id, told(shop, "tariff_changed")) == ("t100", [])


Flow("tariff_change_cancelled", wish_planned, cancel_change, cancel_change, kept, sparing=True)


def suspend(shop: Product, browser: Browser) -> Got:
    days = {"from": PAUSE[0].isoformat(), "to": PAUSE[1].isoformat()}
    return browser.post(f"{PATH}/suspension", {**days, "expected_refund_kopecks": RETURN})


def suspends(shop: Product, browser: Browser) -> None:
    """Ordered once, and in effect from tomorrow's first instant."""
    assert (view().state, legs("suspension_return")) == ("active", [])
    at(shop, PAUSE[0], 0)
    let_pass(shop, hours=11)
    suspended(shop, None)
    assert len(told(shop, "suspension_planned")) == 1


Flow("suspension_ordered", first_day, suspend, suspend, suspends, sparing=True)


def resume(shop: Product, browser: Browser) -> Got:
    return browser.delete(f"{PATH}/suspension")


def only_planned(shop: Product) -> Browser:
    planned(shop)
    return signed_in(shop)


def never_suspended(shop: Product, browser: Browser) -> None:
    at(shop, PAUSE[0], 0)
    let_pass(shop, hours=11)
    assert (view().state, view().balance_kopecks, legs("suspension_return")) == ("active", 200_00, [])


Flow("suspension_cancelled", only_planned, resume, resume, never_suspended, sparing=True)


def second_day(shop: Product) -> Browser:
    running(shop)
    at(shop, PAUSE[0] + timedelta(days=1))
    return signed_in(shop)


def resumed_early(shop: Product, browser: Browser) -> None:
    """One suspended day cost nothing; this one is charged: 650 ₽ × 28 / 30."""
    on = TOMORROW + timedelta(days=2)
    assert legs("resumption_by_days") == [("internet", -606_67, on, PERIOD[1])]
    assert (view().state, view().balance_kopecks) == ("active", 200_00 + RETURN - 606_67)
    assert len(told(shop, "suspension_ended")) == 1


Flow("resumed_early", second_day, resume, resume, resumed_early, sparing=True)
