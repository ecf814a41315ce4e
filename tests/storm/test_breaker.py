"""What the breaker says of itself: kinds that no flow of today can meet, and a fault that is really one."""

import time

import pytest

from chalicelib import bootstrap, upstream
from chalicelib.errors import UpstreamBroken, UpstreamUnavailable
from tests.storm.conftest import World
from tests.storm.harness.breaker import KINDS, Breaker, broken, kinds_at


def ask() -> None:
    bootstrap.gateways()["robokassa"].get_payment(1000)


def test_after_the_deadline_a_company_is_not_waited_for_and_no_other_is_called(fresh: World) -> None:
    breaker = Breaker({1: "deadline"})
    with fresh() as shop, broken(shop, breaker):
        upstream.deadline.set(time.monotonic() + 20)
        with pytest.raises(UpstreamBroken):
            ask()
        with pytest.raises(UpstreamUnavailable):
            ask()
        upstream.deadline.set(None)
    assert (len(breaker.calls), breaker.broken) == (1, [1])


def test_the_time_may_be_over_while_the_store_answers(fresh: World) -> None:
    """The store is waited for all the same; the company's call behind it does not leave any more."""
    breaker = Breaker({1: "deadline"})
    with fresh() as shop:
        topup = shop.order("sub-bob", "100201").topup
        with broken(shop, breaker):
            upstream.deadline.set(time.monotonic() + 20)
            assert shop.status(topup) == "awaiting_payment"
            with pytest.raises(UpstreamUnavailable):
                ask()
            upstream.deadline.set(None)
    assert breaker.broken == [1]


def test_a_deadline_is_tried_where_a_company_is_called_in_a_request(fresh: World) -> None:
    seen = Breaker()
    with fresh() as shop:
        topup = shop.order("sub-bob", "100201").topup
        with broken(shop, seen):
            upstream.deadline.set(time.monotonic() + 20)
            shop.status(topup)
            ask()
            upstream.deadline.set(None)
            ask()
    assert ["deadline" in kinds_at(seen.passed, k) for k in (1, 2, 3)] == [True, True, False]
    assert set(kinds_at(seen.passed, 2)) == set(KINDS) - {"conflict"}


def test_a_fault_that_cannot_apply_is_not_counted_as_one(fresh: World) -> None:
    breaker = Breaker({1: "conflict"})
    with fresh() as shop:
        topup = shop.order("sub-bob", "100201").topup
        with broken(shop, breaker):
            shop.status(topup)
    assert (len(breaker.calls), breaker.broken) == (1, [])
