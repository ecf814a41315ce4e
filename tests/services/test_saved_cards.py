"""Saved cards: what is known of one, the notice before its end, keeping one without autopay, forgetting it at once."""

from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.errors import Conflict, InvalidRequest, NotFound, Rejected
from chalicelib.money import Kopecks
from chalicelib.services.autopay_words import CARD_TERMS_VERSION, TERMS_VERSION, card_terms_hash
from chalicelib.services.saved_cards import last_day
from chalicelib.services.topups import TopUps, Wish
from chalicelib.store.autopays import NO_CARD
from chalicelib.store.invoices import CounterRow
from chalicelib.store.topups import TopUpRow
from tests.autopaying import (
    ANNOUNCED,
    CHARGED,
    FIRST,
    GATEWAYS,
    agree,
    bob,
    calls,
    card,
    charges,
    connect,
    consents,
    keep,
    row,
    saving,
    screen,
    state,
    until,
    wish,
)
from tests.product import Product
from tests.scene import ACCOUNT, NEXT_PERIOD, pay, settle, told


def connect_with(shop: Product, expires: str) -> None:
    """Autopay is on by a card that is good to the end of this month."""
    topup = agree()
    card(shop, topup, "good", expires=expires)
    shop.pay(topup)
    shop.advance(minutes=3)


# when a card expires


def test_a_card_that_is_taken_over_is_asked_about_once(shop: Product) -> None:
    settle(shop)
    connect(shop)
    shop.advance(days=5)
    shown = screen().card
    assert shown is not None
    assert (shown.mask, shown.expires, shown.ending, calls(shop, "saved_card")) == ("•• 2487", "2035-01", False, 1)


def test_where_nobody_tells_of_cards_nobody_is_asked(shop: Product) -> None:
    settle(shop)
    connect(shop, "robokassa")
    shop.advance(days=5)
    shown = screen().card
    assert shown is not None
    assert (shown.mask, shown.expires, row().ask_card_at, calls(shop, "saved_card")) == (None, None, None, 0)


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "http_500", "nonsense", "refused"])
def test_a_silent_card_service_postpones_the_question_and_nothing_else(shop: Product, kind: str) -> None:
    settle(shop)
    shop.fault("uniteller", "saved_card", kind, times=3)
    connect(shop)
    assert (screen().status, row().expires) == ("active", None)
    shop.advance(hours=13)
    assert (row().expires, row().ask_card_at, calls(shop, "saved_card")) == ("2035-01", None, 4)


def test_after_three_days_of_silence_the_question_rests_and_the_charge_is_made(shop: Product) -> None:
    settle(shop)
    until(shop, CHARGED - timedelta(days=5), minutes=0)
    shop.fault("uniteller", "saved_card", "http_500", times=1000)
    connect(shop)
    until(shop, CHARGED, minutes=10)
    assert [int(one.amount_kopecks) for one in charges()] == [500_00]
    asked = calls(shop, "saved_card")
    shop.advance(days=10)
    assert (row().ask_card_at, row().expires) == (None, None)
    assert 20 < asked == calls(shop, "saved_card") < 30


def test_another_accounts_question_takes_the_turn_and_ours_waits_for_the_next(shop: Product) -> None:
    settle(shop)
    topup = agree()
    shop.pay(topup)
    gateway = bootstrap.gateways()["uniteller"]
    gateway.saved_card(int(topup.invoice))
    bootstrap.autopay_view().screen("sub-bob", ACCOUNT, "ru")
    shop.advance(minutes=2)
    assert (row().expires, calls(shop, "saved_card")) == ("2035-01", 2)


def test_a_question_about_a_card_leaves_the_turns_of_payments_alone(shop: Product) -> None:
    settle(shop)
    topup = agree()
    shop.pay(topup)
    shop.advance(seconds=10)
    gateway = bootstrap.gateways()["uniteller"]
    gateway.saved_card(int(topup.invoice))
    assert gateway.get_payment(int(topup.invoice)).status == "paid"


def test_a_question_waits_for_a_charge_that_is_under_way(shop: Product) -> None:
    settle(shop)
    parent = connect(shop, "robokassa")
    card(shop, parent, "pending")
    until(shop, CHARGED)
    shop.pay(agree("uniteller"))
    shop.advance(minutes=30)
    assert (screen().gateway, state(), calls(shop, "saved_card")) == ("uniteller", "charging", 0)
    card(shop, parent, "good")
    shop.advance(hours=2)
    assert (state(), row().expires, calls(shop, "saved_card")) == ("charged", "2035-01", 1)


def test_the_end_of_another_card_is_never_written_to_the_new_one(shop: Product) -> None:
    """The answer comes while the card is forgotten."""
    settle(shop)
    topup = agree()
    shop.pay(topup)
    autopay = row()
    bootstrap.autopay_days().saved(autopay)
    bootstrap.autopay().disconnect(bob(), ACCOUNT)
    bootstrap.saved_cards().ask(autopay)
    assert {name: getattr(row(), name) for name in NO_CARD} == NO_CARD


# the notice


def test_the_last_day_of_a_card_is_the_last_of_its_month() -> None:
    assert [last_day(month).isoformat() for month in ("2026-12", "2028-02")] == ["2026-12-31", "2028-02-29"]


def test_a_card_that_will_not_be_good_for_the_charge_after_the_coming_one_is_told_of_once(shop: Product) -> None:
    """Charged on 9 December, and then on 9 January."""
    settle(shop)
    connect_with(shop, "2026-12")
    shown = screen().card
    assert shown is not None
    assert shown.ending
    until(shop, ANNOUNCED - timedelta(minutes=10))
    assert told(shop, "autopay_card_expires") == []
    until(shop, ANNOUNCED)
    [text] = told(shop, "autopay_card_expires")
    assert "•• 2487 действует до 12/26" in text
    assert "/#/autopay" in text
    assert len(told(shop, "autopay_announced")) == 1
    until(shop, CHARGED, minutes=10)
    assert [int(one.amount_kopecks) for one in charges()] == [500_00]
    shop.advance(days=31)
    assert len(told(shop, "autopay_card_expires")) == 1
    assert bootstrap.autopay_view().summary(ACCOUNT).card_ends == "2026-12"


def test_a_card_that_is_good_for_one_more_charge_is_not_told_of(shop: Product) -> None:
    settle(shop)
    connect_with(shop, "2027-01")
    until(shop, ANNOUNCED)
    assert (told(shop, "autopay_card_expires"), bootstrap.autopay_view().summary(ACCOUNT).card_ends) == ([], None)
    pay(500_00, "by-hand")
    until(shop, ANNOUNCED + timedelta(days=31))
    assert len(told(shop, "autopay_card_expires")) == 1


def test_a_card_is_told_of_though_nothing_is_to_be_charged(shop: Product) -> None:
    settle(shop, balance=900_00)
    connect_with(shop, "2026-12")
    until(shop, ANNOUNCED)
    assert (len(told(shop, "autopay_card_expires")), told(shop, "autopay_announced"), state()) == (1, [], "covered")


def test_a_card_is_told_of_though_the_period_is_skipped(shop: Product) -> None:
    settle(shop)
    connect_with(shop, "2026-11")
    bootstrap.autopay().skip(bob(), ACCOUNT, NEXT_PERIOD)
    until(shop, ANNOUNCED - timedelta(minutes=10))
    assert told(shop, "autopay_card_expires") == []
    until(shop, ANNOUNCED)
    assert (len(told(shop, "autopay_card_expires")), state()) == (1, "skipped")


def test_each_card_is_told_of_by_itself(shop: Product) -> None:
    settle(shop)
    connect_with(shop, "2026-11")
    until(shop, ANNOUNCED)
    connect_with(shop, "2026-12")
    shop.advance(days=32)
    assert len(told(shop, "autopay_card_expires")) == 2


# keeping a card


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_card_is_kept_once_its_top_up_is_paid_and_nothing_is_charged(shop: Product, gateway: str) -> None:
    settle(shop)
    topup = saving(gateway)
    assert (screen().status, screen().card, screen().pending_topup) == ("off", None, topup.topup_id)
    shop.pay(topup)
    shop.advance(minutes=3)
    shown = screen()
    assert shown.card is not None
    assert (shown.status, shown.gateway, shown.pending_topup) == ("off", gateway, None)
    [consent] = consents()
    assert (consent.purpose, consent.terms_version) == ("card", CARD_TERMS_VERSION)
    assert (consent.text_hash, consent.language, consent.address) == (card_terms_hash("ru"), "ru", "203.0.113.7")
    assert consent.withdrawn_at is None
    until(shop, CHARGED, minutes=60 * 24 * 4)
    assert (charges(None), calls(shop), period_states()) == ([], 0, [])


def period_states() -> list[str]:
    return [str(each.state) for each in bootstrap.autopay_store().periods(ACCOUNT, 5)]


def test_a_payment_that_is_never_made_keeps_no_card_and_ends_its_consent(shop: Product) -> None:
    settle(shop)
    saving()
    shop.advance(days=4)
    [consent] = consents()
    assert (screen().card, screen().pending_topup, row().agenda_key) == (None, None, None)
    assert consent.withdrawn_at is not None


def test_a_refused_wish_leaves_no_consent(shop: Product) -> None:
    """The id is an ordinary payment's: that one may not come to save a card."""
    settle(shop)
    topup = shop.order("sub-bob", ACCOUNT, FIRST, gateway="uniteller").topup
    with pytest.raises(Conflict):
        saving(id=topup.topup_id)
    with pytest.raises(Conflict):
        bootstrap.connecting().by_payment(bob(), wish(id=topup.topup_id), TERMS_VERSION, None)
    assert (consents(), bootstrap.autopay_store().get(ACCOUNT)) == ([], None)
    shop.pay(topup)
    shop.advance(minutes=3)
    assert (screen().status, screen().card) == ("off", None)


def test_a_late_copy_of_a_click_brings_no_consent_back(shop: Product) -> None:
    """Withdrawn meanwhile: the payment is an ordinary one, and who wants to keep a card begins anew."""
    settle(shop)
    topup = saving()
    bootstrap.autopay().disconnect(bob(), ACCOUNT)
    with pytest.raises(Conflict):
        saving(id=topup.topup_id)
    shop.pay(topup)
    shop.advance(minutes=3)
    assert (screen().card, [one.withdrawn_at is None for one in consents()]) == (None, [False])


def test_the_id_of_a_card_that_was_to_be_kept_connects_no_autopay(shop: Product) -> None:
    """Also once another payment has taken its place."""
    settle(shop)
    first = saving()
    for _ in range(2):
        with pytest.raises(Conflict):
            bootstrap.connecting().by_payment(bob(), wish(id=first.topup_id), TERMS_VERSION, None)
        second = saving()
    assert screen().pending_topup == second.topup_id


def test_a_second_click_in_the_instant_of_the_takeover_is_no_conflict(
    shop: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paid and taken over after the order was read, and before the autopay was."""
    settle(shop)
    first, known = wish(), TopUps.known
    topup = bootstrap.connecting().by_payment(bob(), first, TERMS_VERSION, None).topup

    def overtaken(self: TopUps, subscriber_id: str, wanted: Wish) -> TopUpRow | None:
        found = known(self, subscriber_id, wanted)
        shop.pay(topup)
        shop.advance(minutes=3)
        return found

    monkeypatch.setattr(TopUps, "known", overtaken)
    assert bootstrap.connecting().by_payment(bob(), first, TERMS_VERSION, None).checkout is None


def test_a_consent_without_its_order_is_forgotten(shop: Product) -> None:
    """As one was left by a version that wrote the one before the other."""
    settle(shop)
    saving().delete()
    shop.advance(minutes=3)
    [consent] = consents()
    assert (row().pending_topup, consent.withdrawn_at is not None) == (None, True)


def test_a_number_that_is_taken_is_drawn_anew(shop: Product) -> None:
    """The counter was set back."""
    settle(shop)
    last = saving("robokassa").invoice
    CounterRow("counter#robokassa", "counter", last=last - 1).save()
    assert saving("robokassa").invoice > last


def test_a_payment_that_saves_a_card_is_not_ordered_alone(shop: Product) -> None:
    with pytest.raises(ValueError, match="consent"):
        bootstrap.topups().order("sub-bob", wish())


def test_a_card_is_there_as_soon_as_its_payment_is(shop: Product) -> None:
    """No need to look at the screen first."""
    settle(shop)
    shop.pay(saving())
    shop.advance(seconds=10)
    assert bootstrap.connecting().by_card(bob(), ACCOUNT, TERMS_VERSION, None)


def test_a_wish_that_came_to_nothing_leaves_a_charge_in_flight_looked_at(shop: Product) -> None:
    """Autopay was disconnected while a charge was under way; it succeeds after the wish has ended."""
    settle(shop)
    parent = connect(shop)
    card(shop, parent, "pending")
    until(shop, CHARGED)
    assert bootstrap.autopay().disconnect(bob(), ACCOUNT) is not None
    saving("robokassa")
    shop.advance(hours=30)
    assert (row().pending_topup, state()) == (None, "charging")
    card(shop, parent, "good")
    shop.advance(hours=30)
    assert [int(one.refunded_kopecks) for one in charges()] == [500_00]


def test_the_same_wish_again_is_one_consent_and_one_order(shop: Product) -> None:
    settle(shop)
    wanted = wish()
    keeping = bootstrap.card_keeping()
    first, again = (keeping.order(bob(), wanted, None) for _ in range(2))
    assert (first.created, again.created, first.checkout) == (True, False, again.checkout)
    assert len(consents()) == 1
    with pytest.raises(Conflict):
        keeping.order(bob(), wish(id=wanted.id, kopecks=200_00), None)


def test_of_two_cards_the_one_agreed_to_last_is_kept_whichever_is_paid_first(shop: Product) -> None:
    settle(shop)
    first = saving()
    shop.clock.advance(1)
    second = saving("robokassa")
    shop.pay(second)
    shop.advance(minutes=3)
    shop.pay(first)
    shop.advance(hours=2)
    assert (screen().gateway, row().parent_invoice) == ("robokassa", second.invoice)
    assert [one.withdrawn_at is None for one in consents()] == [False, True]


def test_a_card_kept_later_takes_the_place_of_the_one_before(shop: Product) -> None:
    settle(shop)
    keep(shop)
    second = keep(shop, "robokassa")
    assert (row().parent_invoice, row().mask, row().expires) == (second.invoice, None, None)
    assert [one.withdrawn_at is None for one in consents()] == [False, True]


def test_only_ones_own_account_and_a_gateway_that_saves_cards(shop: Product) -> None:
    settle(shop)
    keeping = bootstrap.card_keeping()
    with pytest.raises(NotFound):
        keeping.order(bob(subscriber_id="sub-alice"), wish(), None)
    with pytest.raises(NotFound):
        bootstrap.connecting().by_card(bob(subscriber_id="sub-alice"), ACCOUNT, TERMS_VERSION, None)
    with pytest.raises(InvalidRequest):
        keeping.order(bob(), wish(kopecks=1), None)


# autopay by a card that is kept


def test_autopay_turned_on_by_a_kept_card_charges_it(shop: Product) -> None:
    settle(shop)
    parent = keep(shop)
    assert bootstrap.connecting().by_card(bob(), ACCOUNT, TERMS_VERSION, None) is True
    assert bootstrap.connecting().by_card(bob(), ACCOUNT, TERMS_VERSION, None) is False
    assert (screen().status, screen().cap_kopecks, row().parent_invoice) == ("active", 1600_00, parent.invoice)
    assert [one.purpose for one in consents()] == ["card", "autopay"]
    until(shop, CHARGED, minutes=10)
    assert [int(one.amount_kopecks) for one in charges()] == [500_00]
    assert len(told(shop, "autopay_connected")) == 1


def test_a_card_that_arrives_after_autopay_was_turned_on_replaces_nothing(shop: Product) -> None:
    settle(shop)
    parent = keep(shop)
    late = saving("robokassa")
    shop.clock.advance(1)
    bootstrap.connecting().by_card(bob(), ACCOUNT, TERMS_VERSION, None)
    shop.pay(late)
    shop.advance(hours=1)
    assert (screen().status, screen().gateway, row().parent_invoice) == ("active", "uniteller", parent.invoice)
    assert [(one.purpose, one.withdrawn_at is None) for one in consents()] == [
        ("card", True), ("card", False), ("autopay", True),
    ]  # fmt: skip


@pytest.mark.parametrize("paid", [False, True])
def test_while_autopay_has_or_waits_for_a_card_no_other_is_kept(shop: Product, paid: bool) -> None:
    settle(shop)
    topup = agree()
    if paid:
        shop.pay(topup)
        shop.advance(minutes=3)
    with pytest.raises(Rejected, match="card_by_autopay"):
        saving()
    assert len(consents()) == 1


def test_connecting_by_a_first_payment_replaces_a_kept_card_once_it_is_paid(shop: Product) -> None:
    settle(shop)
    kept = keep(shop)
    topup = agree("robokassa")
    assert (screen().status, row().parent_invoice) == ("pending", kept.invoice)
    shop.pay(topup)
    shop.advance(minutes=3)
    assert (screen().status, row().parent_invoice, row().card_consent) == ("active", topup.invoice, None)
    assert [one.withdrawn_at is None for one in consents()] == [False, True]


def test_a_card_that_may_not_be_charged_again_is_no_saved_card(shop: Product) -> None:
    settle(shop)
    parent = keep(shop)
    bootstrap.connecting().by_card(bob(), ACCOUNT, TERMS_VERSION, None)
    card(shop, parent, "stolen")
    until(shop, CHARGED, minutes=10)
    assert (screen().status, screen().card) == ("stopped", None)
    with pytest.raises(Rejected, match="no_saved_card"):
        bootstrap.connecting().by_card(bob(), ACCOUNT, TERMS_VERSION, Kopecks(500_00))
    keep(shop)
    assert screen().status == "stopped"
    assert bootstrap.connecting().by_card(bob(), ACCOUNT, TERMS_VERSION, None)
    assert (screen().status, screen().stop_reason) == ("active", None)


# forgetting


def forgotten() -> bool:
    """Neither parent nor mask nor expiry, nobody to ask, no live consent."""
    kept = {name: getattr(row(), name) for name in NO_CARD}
    return kept == NO_CARD and all(one.withdrawn_at is not None for one in consents()) and row().card_consent is None


def test_a_kept_card_is_forgotten_at_once(shop: Product) -> None:
    settle(shop)
    keep(shop)
    assert bootstrap.autopay().disconnect(bob(stepped_up=False), ACCOUNT) is None
    assert bootstrap.autopay().disconnect(bob(stepped_up=False), ACCOUNT) is None
    assert (forgotten(), screen().card, told(shop, "autopay_disconnected")) == (True, None, [])


@pytest.mark.parametrize("by_kept", [False, True])
def test_the_card_of_autopay_is_forgotten_at_once(shop: Product, by_kept: bool) -> None:
    settle(shop)
    if by_kept:
        keep(shop)
        bootstrap.connecting().by_card(bob(), ACCOUNT, TERMS_VERSION, None)
    else:
        connect(shop)
    until(shop, ANNOUNCED)
    bootstrap.autopay().disconnect(bob(), ACCOUNT)
    assert forgotten()
    until(shop, CHARGED, minutes=10)
    assert (charges(None), calls(shop)) == ([], 0)


def test_a_payment_made_after_the_wish_was_taken_back_keeps_no_card(shop: Product) -> None:
    settle(shop)
    topup = saving()
    bootstrap.autopay().disconnect(bob(), ACCOUNT)
    shop.pay(topup)
    shop.advance(hours=2)
    assert (forgotten(), screen().card, shop.status(topup)) == (True, None, "credited")
