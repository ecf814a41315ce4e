"""What may meet at a charge without the payer: its withdrawal, a skip, money, a dearer month, and itself; and what at
a card that is being kept: the look that takes it, the one that asks about it, its forgetting, autopay by it."""

from dataclasses import replace
from typing import Any

from chalicelib import bootstrap
from chalicelib.services.autopay_words import TERMS_VERSION
from chalicelib.services.topups import PAYABLE
from chalicelib.store.topups import TopUpRow
from tests.autopaying import ANNOUNCED, CHARGED, bob, charges, saving, until, wish
from tests.portal import Got
from tests.product import Product
from tests.scene import ACCOUNT, NEXT_PERIOD, owe
from tests.storm.flows.money import ID, notify
from tests.storm.harness.ground import ground
from tests.storm.harness.schedules import fire
from tests.storm.harness.seen import payments
from tests.storm.races import Race, Stage

PARENT = "3f1c9a52-7d0e-4b6a-8f21-5c9d0e7ab320"


def due(shop: Product, race: tuple[str, ...]) -> TopUpRow:
    """This minute 500 ₽ are to be charged; 200 ₽ have just been paid by hand, and nobody has heard of it."""
    ground(200_00, NEXT_PERIOD)
    shop.pay(bootstrap.connecting().by_payment(bob(), wish("robokassa", id=PARENT), TERMS_VERSION, None).topup)
    until(shop, ANNOUNCED)
    until(shop, CHARGED, minutes=-40)
    topup: TopUpRow = shop.order("sub-bob", ACCOUNT, 200_00, id=ID).topup
    shop.advance(minutes=35)
    shop.clock.advance(int((CHARGED - bootstrap.now()).total_seconds()) + 1)
    shop.pay(topup, webhook="lost")
    return topup


def charge(shop: Product, _: Any) -> None:
    fire("autopay")


def withdraw(shop: Product, _: Any) -> None:
    """The answer tells whether a charge was under way; either is true in between."""
    bootstrap.autopay().disconnect(bob(), ACCOUNT)


def skip(shop: Product, _: Any) -> None:
    bootstrap.autopay().skip(bob(), ACCOUNT, NEXT_PERIOD)


def by_hand(shop: Product, topup: TopUpRow) -> Got:
    return notify(shop, topup)


def webhook(shop: Product, _: Any) -> None:
    """Of the charge, if there is one by then."""
    for each in charges("created"):
        notify(shop, each)


def dearer(shop: Product, _: Any) -> None:
    owe(70_00, "abroad")


AT_THE_CHARGE = Stage("autopay is due", due, {
    "charge": charge,
    "overlapping charge": charge,
    "withdrawal": withdraw,
    "skip": skip,
    "payment by hand": by_hand,
    "webhook": webhook,
    "dearer month": dearer,
})  # fmt: skip


def being_kept(shop: Product, race: tuple[str, ...]) -> None:
    """The payment that saves a card is made; the next look takes the card."""
    ground(200_00, NEXT_PERIOD)
    shop.pay(saving(id=PARENT))
    shop.clock.advance(61)


def kept(shop: Product, race: tuple[str, ...]) -> None:
    """Kept this minute, and its company has not been asked about it."""
    being_kept(shop, race)
    fire("autopay")
    shop.clock.advance(1)


def turn_on(shop: Product, _: Any) -> None:
    bootstrap.connecting().by_card(bob(), ACCOUNT, TERMS_VERSION, None)


def another(shop: Product, race: tuple[str, ...]) -> None:
    """A card is kept, and the payment that saves another one is made: the next look takes that one."""
    kept(shop, race)
    shop.pay(saving("robokassa", id=ID))
    shop.clock.advance(61)


#: The one id that everybody in the next race has come by.
TAKEN = "3f1c9a52-7d0e-4b6a-8f21-5c9d0e7ab321"


def at_the_form(shop: Product, race: tuple[str, ...]) -> None:
    """Nothing is ordered, nothing agreed to."""
    ground(200_00, NEXT_PERIOD)
    shop.account("100301", "sub-charlie")


def autopay(shop: Product, _: Any) -> None:
    bootstrap.connecting().by_payment(bob(), wish(id=TAKEN), TERMS_VERSION, None)


def autopay_of_another(shop: Product, _: Any) -> None:
    wanted = replace(wish(id=TAKEN), account="100301")
    bootstrap.connecting().by_payment(bob(subscriber_id="sub-charlie"), wanted, TERMS_VERSION, None)


def card_of_the_other_account(shop: Product, _: Any) -> None:
    bootstrap.card_keeping().order(bob(), replace(wish(id=TAKEN), account="100202"), None)


def ordinary(shop: Product, _: Any) -> None:
    bootstrap.topups().order("sub-bob", replace(wish(id=TAKEN), save_card=False))


def paid(shop: Product, _: Any = None) -> None:
    """Whoever has ordered it; but once, though we may not have heard of it yet."""
    topup, taken = bootstrap.topup_store().get(TAKEN), payments(shop.sandbox._state, "paid")
    known = topup is not None and (topup.gateway, int(topup.invoice)) in {each[:2] for each in taken}
    if topup is not None and topup.status in PAYABLE and not known:
        shop.pay(topup)


AT_THE_FORM = Stage("one id", at_the_form, {
    "autopay": autopay,
    "autopay again": autopay,
    "another's autopay": autopay_of_another,
    "card of the other account": card_of_the_other_account,
    "ordinary payment": ordinary,
    "withdrawal": withdraw,
    "payment": paid,
}, last=paid)  # fmt: skip

_AT_A_CARD = {"look": charge, "overlapping look": charge, "withdrawal": withdraw, "autopay by it": turn_on}
BEING_KEPT = Stage("a card is being kept", being_kept, _AT_A_CARD)
KEPT = Stage("a card is kept", kept, _AT_A_CARD)
ANOTHER = Stage("another card is being kept", another, _AT_A_CARD)
RACES = [Race(AT_THE_CHARGE, acts) for acts in (("charge", "withdrawal"), ("charge", "payment by hand"))]
RACES += [Race(AT_THE_FORM, ("autopay", "another's autopay")), Race(AT_THE_FORM, ("autopay", "ordinary payment"))]
RACES += [Race(BEING_KEPT, acts) for acts in (("look", "withdrawal"), ("look", "autopay by it"))]
RACES += [Race(KEPT, ("withdrawal", "autopay by it"))]
CARD_RACES = [
    Race(stage, acts)
    for stage in (BEING_KEPT, KEPT, ANOTHER)
    for acts in (
        ("look", "autopay by it"),
        ("look", "overlapping look"),
        ("look", "withdrawal", "autopay by it"),
    )
]
FAR_RACES = [race for race in CARD_RACES if race not in RACES] + [
    Race(AT_THE_FORM, acts)
    for acts in (
        ("autopay", "autopay again"), ("autopay", "card of the other account"), ("autopay", "withdrawal"),
        ("another's autopay", "card of the other account"), ("autopay", "autopay again", "withdrawal"),
        ("autopay", "another's autopay", "ordinary payment"), ("autopay", "autopay again", "payment"),
    )
]  # fmt: skip
FAR_RACES += [
    Race(AT_THE_CHARGE, acts)
    for acts in (
        ("charge", "overlapping charge"), ("charge", "skip"), ("charge", "dearer month"), ("charge", "webhook"),
        ("withdrawal", "payment by hand"), ("charge", "withdrawal", "payment by hand"),
        ("charge", "withdrawal", "webhook"),
    )
]  # fmt: skip
