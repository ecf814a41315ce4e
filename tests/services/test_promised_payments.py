"""Taking a promised payment: who may have one, what it is, and that it is one, whatever breaks."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.billing import AccountState
from chalicelib.billing.embedded import accounts, catalogue
from chalicelib.billing.embedded.catalogue import TariffGroup
from chalicelib.errors import NotFound, OutcomeUnknown, Rejected
from chalicelib.money import Kopecks
from chalicelib.services.promised_payments import PastPromise
from chalicelib.store.promises import PromiseRow, PromiseStore
from local.store.handlers import Answer
from local.store.transport import Call, set_around
from tests import scene
from tests.product import Product, books
from tests.promising import UNTIL, blocked, history, offer, quiet, take
from tests.scene import ACCOUNT, NEXT_PERIOD, entry_legs, owe, pay, settle, told, view
from tests.storm.harness.breaker import Breaker, broken


def refused(expected: int = 600_00) -> str:
    before = view()
    with pytest.raises(Rejected) as no:
        take(expected)
    assert view() == before
    return no.value.code


# what it is


def test_a_blocked_account_gets_what_it_lacks_and_is_on_again_in_the_same_step(shop: Product) -> None:
    blocked(shop)
    taken = take()
    assert (taken.state, taken.amount_kopecks, taken.until) == ("active", 600_00, UNTIL)
    now = view()
    assert (now.state, now.balance_kopecks, now.available_kopecks) == ("active", -600_00, 0)
    assert now.promised is not None
    assert (now.promised.amount_kopecks, now.promised.until) == (600_00, UNTIL)


def test_it_is_a_limit_and_never_money(shop: Product) -> None:
    settle(shop, balance=0)
    shop.advance(days=17)
    legs = len(entry_legs())
    take()
    assert (view().balance_kopecks, len(entry_legs())) == (0, legs)
    shop.advance(days=2)
    assert (view().balance_kopecks, view().state) == (-800_00, "active")
    assert not [leg for leg in entry_legs() if "promis" in leg.contra]


def test_the_sum_is_what_is_lacking_in_whole_roubles(shop: Product) -> None:
    blocked(shop, balance=199_01)
    assert offer().amount_kopecks == 601_00
    assert take().amount_kopecks == 601_00


def test_a_payment_lowers_it_and_at_nought_it_is_over(shop: Product) -> None:
    blocked(shop)
    take()
    pay(250_00, "part")
    assert [left.amount_kopecks for left in (view().promised, offer().active) if left] == [350_00, 350_00]
    pay(350_00, "rest")
    assert (view().promised, offer().active) == (None, None)
    assert history() == [("repaid", 600_00)]
    shop.advance(days=4)
    assert view().state == "active"
    assert told(shop, "promise_ended") == []
    quiet(shop)


# codes of refusal


def test_a_second_one_is_refused_while_one_is_active(shop: Product) -> None:
    blocked(shop)
    take()
    shop.advance(minutes=2)
    assert refused() == "already_active"


def test_the_next_one_waits_28_days_from_the_end_of_the_last(shop: Product) -> None:
    blocked(shop)
    take()
    shop.advance(days=4)
    pay(600_00, "debt")
    shop.advance(days=27)
    assert refused() == "cooldown"
    assert offer().available_from == date(2026, 12, 16) + timedelta(days=28)
    shop.advance(days=1)
    assert offer().code is None


def test_the_next_one_wants_payments_of_at_least_the_last_ones_sum(shop: Product) -> None:
    blocked(shop)
    take()
    pay(599_99, "almost")
    shop.advance(days=40)
    assert refused() == "no_payment_since"
    pay(1, "kopeck")
    assert offer().code is None


def test_an_account_that_never_paid_is_refused(shop: Product) -> None:
    settle(shop)
    shop.account("100204", "sub-bob")
    shop.advance(days=19)
    with pytest.raises(Rejected) as no:
        bootstrap.promised_payments().take("sub-bob", "100204", Kopecks(650_00), "ru")
    assert (no.value.code, no.value.fix) == ("no_payment_since", "pay")


def test_more_than_a_months_fee_is_refused_with_the_sum_to_pay_first(shop: Product) -> None:
    blocked(shop, balance=0)
    owe(50_50, "one")
    assert refused(851_00) == "debt_too_big"
    assert offer().pay_first_kopecks == 51_00
    pay(51_00, "part")
    assert take().amount_kopecks == 800_00


def test_a_promise_is_refused_before_thirty_days_of_contract(shop: Product) -> None:
    settle(shop, balance=0, contract_on=date(2026, 11, 12))
    shop.advance(days=18)
    assert refused(800_00) == "contract_too_young"
    assert offer().available_from == date(2026, 12, 12)
    shop.advance(days=1)
    assert take().state == "active"


def test_a_suspended_account_is_refused(shop: Product) -> None:
    settle(shop)
    bootstrap.billing().suspend(ACCOUNT, "internet", date(2026, 11, 24), date(2026, 12, 20), None)
    shop.advance(days=19)
    assert refused() == "suspended"


def test_who_has_enough_needs_none(shop: Product) -> None:
    settle(shop, balance=800_00)
    shop.advance(days=17)
    assert refused() == "not_needed"
    assert offer().available_from is None


def test_one_that_would_be_over_before_the_opening_is_not_needed_yet(shop: Product) -> None:
    settle(shop)
    assert refused() == "not_needed"
    assert offer().available_from == NEXT_PERIOD - timedelta(days=3)
    shop.advance(days=16)
    assert take().state == "active"


def test_an_administrative_block_or_a_provider_who_gives_none_offers_nothing(shop: Product) -> None:
    blocked(shop)
    accounts.set_state(books(), ACCOUNT, AccountState.ADMIN_BLOCK, "by order")
    assert refused() == "not_offered"


def test_a_group_may_have_its_own_largest_sum(shop: Product) -> None:
    """Half of 650 ₽ and 150 ₽ may be promised, all of it is lacking."""
    blocked(shop, balance=0)
    catalogue.replace(scene.TARIFFS, [TariffGroup(id="home", promise_percent=50)])
    assert (offer().code, offer().pay_first_kopecks) == ("debt_too_big", 400_00)


# numbers


def test_another_sum_than_the_shown_one_is_refused_with_the_new_one(shop: Product) -> None:
    blocked(shop)
    shown = offer().amount_kopecks
    pay(100_00, "between")
    with pytest.raises(Rejected) as no:
        take(shown)
    assert (no.value.code, no.value.numbers) == ("numbers_changed", {"amount_kopecks": 500_00})


def test_a_payment_between_the_look_and_the_grant_is_seen_by_the_grant_itself(shop: Product) -> None:
    """The portal has looked and written its intent; then money comes; the billing decides on what it finds."""
    blocked(shop)

    def pay_first(call: Call, proceed: Callable[[], Answer]) -> Answer:
        if call.operation == "TransactWriteItems" and "promises" in str(call.body):
            set_around(None)
            pay(100_00, "between")
        return proceed()

    set_around(pay_first)
    assert refused_without_looking(600_00) == "numbers_changed"
    assert offer().active is None
    quiet(shop)


def refused_without_looking(expected: int) -> str:
    with pytest.raises(Rejected) as no:
        take(expected)
    return no.value.code


# twice, at once, lost


def test_a_second_click_within_a_minute_gets_the_same_answer(shop: Product) -> None:
    blocked(shop)
    assert take(600_00) == take(600_00)
    assert history() == [("active", 600_00)]


def test_two_clicks_at_once_are_one_promise(shop: Product) -> None:
    blocked(shop)
    together = threading.Barrier(2)

    def click(_: int) -> PastPromise:
        together.wait()
        return take(600_00)

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(click, range(2))
    assert first.id == second.id
    assert len(list(PromiseRow.scan(PromiseRow.item.startswith("promise#")))) == 1
    shop.advance(minutes=5)
    assert (view().balance_kopecks, len(told(shop, "promise_taken"))) == (-600_00, 1)


def test_two_promises_under_two_ids_are_one_in_the_billing(shop: Product) -> None:
    blocked(shop)
    codes = []
    for id in ("a", "b", "a"):
        with suppress(Rejected):
            codes.append((id, bootstrap.billing().grant_promise(ACCOUNT, id, Kopecks(600_00)).amount_kopecks))
    assert codes == [("a", 600_00), ("a", 600_00)]


@pytest.mark.parametrize("kind", ["timeout_after", "timeout_before", "http_500"])
def test_an_answer_that_the_billing_lost_is_found_out_by_the_agenda(shop: Product, kind: str) -> None:
    blocked(shop)
    shop.fault("billing", "grant_promise", kind)
    with pytest.raises(OutcomeUnknown):
        take(600_00)
    shop.advance(minutes=2)
    assert history() == [("active", 600_00)]


def test_a_wish_that_was_not_granted_for_a_quarter_of_an_hour_is_given_up(shop: Product) -> None:
    blocked(shop)
    shop.fault("billing", "grant_promise", "timeout_before", times=1000)
    with pytest.raises(OutcomeUnknown):
        take(600_00)
    shop.advance(minutes=30)
    shop.sandboxed("DELETE", "/sandbox/faults")
    shop.advance(hours=3)
    assert (history(), view().promised, view().state) == ([], None, "financial_block")
    quiet(shop)
    assert take(600_00).state == "active"


def test_a_limit_that_no_record_carries_is_taken_back(shop: Product) -> None:
    """While the billing grants, another worker has given the wish up."""
    blocked(shop)

    def give_up(call: Call, proceed: Callable[[], Answer]) -> Answer:
        answer = proceed()
        if call.operation == "TransactWriteItems" and "portal-ledger" in str(call.body):
            set_around(None)
            store = PromiseStore(bootstrap.settings().agenda_shards)
            assert store.advance(store.all_of(ACCOUNT)[0], "refused", bootstrap.now(), None)
        return answer

    set_around(give_up)
    assert refused_without_looking(600_00) == "not_offered"
    assert (offer().active, view().state, history()) == (None, "financial_block", [])
    quiet(shop)


# whose, and what it costs


def test_anothers_account_is_not_found(shop: Product) -> None:
    blocked(shop)
    for subscriber in ("sub-charlie", "sub-nobody"):
        with pytest.raises(NotFound):
            bootstrap.promised_payments().take(subscriber, ACCOUNT, Kopecks(600_00), "ru")
        with pytest.raises(NotFound):
            bootstrap.promised_payments().screen(subscriber, ACCOUNT, "ru")


def test_a_promise_costs_ten_store_calls(shop: Product) -> None:
    blocked(shop)
    seen = Breaker()
    with broken(shop, seen):
        take(600_00)
    assert [call.removeprefix("store ").replace("portal-", "") for call in seen.calls] == [
        "GetItem billing",  # whose account
        "Query promises",  # the same click?
        "Query billing",
        "GetItem billing",  # the offer, with the catalogue
        "TransactWriteItems agenda+promises",  # the intent
        "GetItem billing",
        "Query billing",
        "TransactWriteItems agenda+billing+ledger+messages",  # the grant, and the opening that it covers
        "TransactWriteItems agenda+messages+promises",
        "GetItem promises",
    ]
