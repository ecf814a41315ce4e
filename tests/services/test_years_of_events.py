"""26 months of autopay through the store with something happening in every period, against plain arithmetic."""

import os
from datetime import date, timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.billing.embedded.verify import verify
from tests.autopay_years import EVENTS, Event, Life, charged, following, hard_decline, period_lived, quiet, soon_after
from tests.autopaying import connect
from tests.product import Product
from tests.scene import view
from tests.storm.harness.ground import ground
from tests.storm.harness.invariants import INVARIANTS
from tests.storm.harness.seen import look
from tests.unit.plain_days import DAY, PlainDays

MONTHS = 26
STORM = bool(os.environ.get("STORM"))
#: Anchor, company, and which event comes first.
LIVES = [(1, "uniteller", 0), (29, "robokassa", 4), (31, "uniteller", 9)]
if STORM:
    LIVES += [(anchor, ("uniteller", "robokassa")[anchor % 2], anchor % len(EVENTS)) for anchor in range(2, 31)]


def born(shop: Product, anchor: int, gateway: str) -> Life:
    """Connected in November; the first period opens in December."""
    opens = date(2026, 12, anchor)
    ground(900_00, opens)
    parent = connect(shop, gateway)
    plain = PlainDays(anchor, 1000_00, {"internet": 650_00, "phone": 150_00})
    today = date(2026, 11, 23)
    # nothing is charged before the services begin
    for name in plain.paid:
        plain.paid[name] = {today + n * DAY for n in range((opens - today).days)}
    return Life(shop, anchor, gateway, plain, today, parent, doubled=anchor > 29)


def event_of(number: int, gateway: str) -> Event:
    event = EVENTS[number % len(EVENTS)]
    # Robokassa gives no reason, so nothing is a hard decline there
    return quiet if event is hard_decline and gateway == "robokassa" else event


@pytest.mark.parametrize(("anchor", "gateway", "first"), LIVES)
def test_whatever_happens_each_period_is_charged_once_and_as_announced(
    shop: Product, anchor: int, gateway: str, first: int
) -> None:
    life = born(shop, anchor, gateway)
    life.to(date(2026, 12, anchor))
    for number in range(MONTHS):
        period_lived(life, following(life.today, anchor), event_of(first + number, gateway))
    found = charged()
    assert [(start, kopecks) for start, kopecks, _ in found] == [(start, kopecks) for start, kopecks, _ in life.wanted]
    for (_, _, at), (_, _, due) in zip(found, life.wanted, strict=True):
        assert timedelta(0) <= at - due <= soon_after(due)
    assert len({start for start, _, _ in found}) == len(found)
    assert not {start for start, _, _ in found} & set(life.left_out)
    # what was unknown for a day was a case, and has settled itself
    bootstrap.cases().watch()
    assert (view().state, shop.cases(), verify().differences) == ("active", [], ())
    seen = look(shop)
    for holds in INVARIANTS:
        holds(seen)
    assert bootstrap.now().year == 2029
