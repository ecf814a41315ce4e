"""Two years and two months of autopay through the store: each period is charged once, and nobody is ever blocked."""

import calendar
import os
from datetime import date

import pytest

from chalicelib import bootstrap
from chalicelib.billing.embedded.verify import verify
from tests.autopaying import charges, connect
from tests.product import Product
from tests.scene import view
from tests.storm.harness.ground import ground

MONTHS = 26
ANCHORS = range(1, 32) if os.environ.get("STORM") else (1, 29, 31)


def starts(anchor: int) -> list[date]:
    """By plain arithmetic: the anchor's day of each month, or the month's last; a 29 February is among them."""
    months = [(2026 + month // 12, month % 12 + 1) for month in range(11, 11 + MONTHS)]
    return [date(year, month, min(anchor, calendar.monthrange(year, month)[1])) for year, month in months]


@pytest.mark.parametrize("anchor", ANCHORS)
def test_every_period_is_charged_once_for_two_years(shop: Product, anchor: int) -> None:
    expected = [start for start in starts(anchor) if start > date(2026, 11, 27)]
    ground(100_00, date(2026, 12, anchor))
    connect(shop, "robokassa")
    shop.advance(days=(expected[-1] - bootstrap.now().date()).days)
    assert [one.autopay_period for one in charges()] == [start.isoformat() for start in expected]
    assert {int(one.amount_kopecks) for one in charges()} == {600_00, 800_00}
    assert (view().state, shop.cases(), verify().differences) == ("active", [], ())


@pytest.mark.parametrize("anchor", ANCHORS[-1:])
def test_a_worker_that_looks_once_a_day_misses_nobody(shop: Product, anchor: int) -> None:
    """Every run is up to a day late, and everything that has become due runs at once."""
    expected = [start for start in starts(anchor)[:6] if start > date(2026, 11, 27)]
    ground(100_00, date(2026, 12, anchor))
    connect(shop, "robokassa")
    for _ in range((expected[-1] - bootstrap.now().date()).days):
        shop.sandboxed("POST", "/sandbox/clock", {"advance_days": 1, "jump": True})
        for _ in range(3):
            shop.advance(minutes=2)
    assert [one.autopay_period for one in charges()] == [start.isoformat() for start in expected]
    assert view().state == "active"
