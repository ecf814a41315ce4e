"""Two years and two months of autopay through the store, with something happening in most periods."""

import os
import secrets
from datetime import date

import pytest

from chalicelib.billing.embedded.verify import verify
from tests.autopaying import GATEWAYS
from tests.product import Product
from tests.storm.conftest import FULL, World
from tests.storm.harness.invariants import quiet
from tests.storm.years import happenings as h, refusals as r
from tests.storm.years.clockwork import Killed, OnceADay, OnTime
from tests.storm.years.happenings import Event
from tests.storm.years.life import Life, begun

MONTHS = 26
SEED = os.environ.get("STORM_SEED") or secrets.token_hex(4)
EVENTS: tuple[Event, ...] = (
    h.a_payment_in_between, r.a_decline, h.a_tariff_planned_before_the_notice, h.calls_that_are_not_paid,
    r.silence_and_then_money, h.a_withdrawal_for_some_hours, h.a_suspension_of_the_whole_period, h.nothing,
    r.declines_and_a_block, h.a_cheaper_tariff_after_the_notice, r.silence_to_the_first_day,
    h.a_skip_after_the_notice, h.a_dearer_tariff_after_the_notice, r.an_expired_card, h.a_cap_that_is_raised,
    h.a_payment_of_all_of_it, r.silence_and_then_a_decline, h.a_suspension_across_the_first_day,
    h.a_withdrawal_until_the_next_period, h.calls_that_are_paid_by_hand, r.silence_for_good,
    h.nothing, r.a_decline_after_the_plea_to_pay_by_hand, h.a_dearer_tariff_that_is_not_paid,
    h.another_card_after_the_notice, r.declines_to_the_end,
    h.a_cap_that_is_raised_late, r.a_withdrawal_in_flight, h.a_notice_that_nobody_takes_for_most_of_a_day,
    h.a_cap_lowered_after_the_notice, h.a_skip_before_the_notice,
)  # fmt: skip

#: What can be told to the day though every job is up to 26 hours late: nobody is in a hurry in it.
UNHURRIED: tuple[Event, ...] = (
    h.a_payment_in_between, h.a_tariff_planned_before_the_notice, h.a_suspension_across_the_first_day, h.nothing,
    h.a_cheaper_tariff_after_the_notice, h.calls_that_are_paid_by_hand, h.a_suspension_of_the_whole_period, h.nothing,
    h.a_payment_of_all_of_it,
)  # fmt: skip


def lived(life: Life, events: tuple[Event, ...]) -> None:
    """A quiet first period, and then one event a period."""
    for event in (h.nothing, *events):
        print(life.start, event.__name__)
        event(life)
        life.period_ends()


def years(events: tuple[Event, ...], offset: int) -> tuple[Event, ...]:
    return tuple(events[(offset + number) % len(events)] for number in range(MONTHS - 1))


ALWAYS = [(1, "uniteller", 0), (29, "robokassa", 10), (31, "uniteller", 20)]
EVERY_ANCHOR = [(anchor, GATEWAYS[anchor % 2], anchor) for anchor in range(1, 32)]
EVERY_OFFSET = [(anchor, GATEWAYS[n % 2], n) for anchor in (1, 29, 31) for n in range(len(EVENTS))]


def run(shop: Product, anchor: int, gateway: str, events: tuple[Event, ...], clockwork: OnTime) -> None:
    life = begun(shop, anchor, gateway, clockwork)
    lived(life, events)
    # a 29 February was among the days
    assert life.start > date(2028, 12, 1)
    assert verify().differences == ()
    quiet(shop, None if clockwork.excused else 0)


@pytest.mark.parametrize(("anchor", "gateway", "offset"), EVERY_ANCHOR + EVERY_OFFSET if FULL else ALWAYS)
def test_each_period_is_paid_once_whatever_happens(fresh: World, anchor: int, gateway: str, offset: int) -> None:
    with fresh() as shop:
        run(shop, anchor, gateway, years(EVENTS, offset), OnTime())


@pytest.mark.parametrize(("anchor", "gateway", "offset"), EVERY_ANCHOR if FULL else [(29, "uniteller", 5)])
def test_jobs_that_run_twice_and_die_do_the_same(fresh: World, anchor: int, gateway: str, offset: int) -> None:
    print(f"STORM_SEED={SEED}")
    killed = Killed(f"{SEED} {anchor} {gateway} {offset}", gateway)
    with fresh() as shop:
        run(shop, anchor, gateway, years(EVENTS, offset), killed)
    assert killed.deaths > MONTHS


@pytest.mark.parametrize(("anchor", "gateway", "offset"), EVERY_ANCHOR if FULL else [(31, "robokassa", 0)])
def test_jobs_that_are_a_day_late_miss_nobody(fresh: World, anchor: int, gateway: str, offset: int) -> None:
    with fresh() as shop:
        run(shop, anchor, gateway, years(UNHURRIED, offset), OnceADay())
