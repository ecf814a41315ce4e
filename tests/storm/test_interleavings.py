"""Every order of the outgoing calls of acts that meet gives what one of the sequential orders gives."""

import os
import secrets
import threading
from collections import Counter, defaultdict
from itertools import permutations
from typing import Any

import pytest

from chalicelib.store.invoices import CounterRow
from chalicelib.store.topups import TopUpStore
from tests.product import Product
from tests.storm import account_races, autopay_races, races
from tests.storm.conftest import FULL, World
from tests.storm.harness import scheduler
from tests.storm.harness.scheduler import Choose, Exhausted, Scheduler, Stuck, drawn, one_after_another, orders
from tests.storm.races import Futures, Race, raced

NEAR = [*races.RACES, *account_races.RACES, *autopay_races.RACES]
FAR = [*races.FAR_RACES, *account_races.FAR_RACES, *autopay_races.FAR_RACES]
#: Of each race, at most.
ORDERS = 1000 if FULL else 100
SEED = os.environ.get("STORM_SEED") or secrets.token_hex(4)


def sequential(fresh: World, race: Race, futures: Futures) -> tuple[list[Any], Counter[str]]:
    """What each order of the whole acts gives, and how many calls an act makes at most."""
    found, calls = [], Counter[str]()
    for sequence in race.sequences():
        with fresh() as shop:
            result, run = raced(shop, sequence, one_after_another(sequence.acts), futures, race)
        found.append(result)
        calls |= Counter({name: count for name, count in Counter(run.order).items() if name in race.acts})
    return found, calls


@pytest.mark.parametrize("race", [*NEAR, *(FAR if FULL else ())], ids=str)
def test_any_order_of_calls_gives_what_a_sequence_gives(fresh: World, race: Race) -> None:
    print(f"STORM_SEED={SEED}")
    futures: Futures = {}
    expected, calls = sequential(fresh, race, futures)
    walked = set()
    for choose in orders(race.acts, calls, ORDERS, f"{SEED} {race}"):
        with fresh() as shop:
            result, run = raced(shop, race, choose, futures)
        assert result in expected, f"STORM_SEED={SEED}, no sequence gives this: {run.order}"
        walked.add(tuple(run.order))
    print(f"{race}: {len(walked)} orders, {len(futures)} ends")
    assert len(walked) > 1


def counted(shop: Product, act: Any, choose: Choose) -> tuple[int, list[str]]:
    """What a counter shows after two acts that each add one; it begins at 7."""
    CounterRow("counter#test", "counter", last=7).save()
    run = Scheduler({"a": act, "b": act}, choose)
    run.run(shop)
    return CounterRow.get("counter#test", "counter").last, run.order


def read_then_write() -> None:
    row = CounterRow.get("counter#test", "counter", consistent_read=True)
    CounterRow("counter#test", "counter", last=row.last + 1).save()


def test_a_lost_update_is_found(fresh: World) -> None:
    with fresh() as shop:
        found = [counted(shop, read_then_write, choose) for choose in Exhausted().orders()]
    assert sorted(order for _, order in found) == sorted(map(list, {*permutations("aabb")}))
    assert {"".join(order) for last, order in found if last == 9} == {"aabb", "bbaa"}
    assert {last for last, _ in found} == {8, 9}


def test_one_conditionless_addition_loses_nothing(fresh: World) -> None:
    """The product's own counter of invoices, which the same search finds no fault with."""
    with fresh() as shop:
        numbers = TopUpStore(1, 1000)
        found = [counted(shop, lambda: numbers.next_invoice("test"), choose) for choose in Exhausted().orders()]
    assert [last for last, _ in found] == [9, 9]


def test_a_schedule_run_again_is_the_same_run(fresh: World) -> None:
    race = next(race for race in races.RACES if len(race.acts) == 3)
    runs = []
    for _ in range(2):
        with fresh() as shop:
            result, run = raced(shop, race, drawn("the same"), {})
        runs.append((result, run.order))
    assert runs[0] == runs[1]
    assert len(set(runs[0][1])) == 3


def test_an_order_that_was_not_run_is_told_loudly(fresh: World) -> None:
    with pytest.raises(AssertionError, match="before this one was run"):
        list(orders(("a", "b"), {"a": 2, "b": 2}, ORDERS, "any"))


def test_what_is_left_alike_goes_on_alike(fresh: World) -> None:
    """So the hours after a race need to be lived once for each state that it may leave."""
    race = next(race for race in races.RACES if len(race.acts) == 3)
    found = defaultdict(list)
    for number in range(12):
        with fresh() as shop:
            futures: Futures = {}
            raced(shop, race, drawn(f"{number}"), futures)
        ((left, future),) = futures.items()
        found[left].append(future)
    assert 1 < len(found) < 12
    assert all(future == futures[0] for futures in found.values() for future in futures)


def test_a_thread_that_waits_for_a_lock_is_told_loudly(fresh: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "STUCK_AFTER", 0.5)
    lock = threading.Lock()

    def locked() -> None:
        with lock:
            read_then_write()

    with fresh() as shop, pytest.raises(Stuck, match=r"(?s)\['b'\] stopped after .*with lock"):
        counted(shop, locked, drawn("any"))


def test_the_acts_meet_on_the_same_order(fresh: World) -> None:
    """A race whose acts never met would prove nothing."""
    with fresh() as shop:
        assert [order.status for order in races.prepared(shop, races.PAIRS[-1]).values()] == ["awaiting_payment"]
