"""What the tests of autopay share: the account of the scene with a saved card, and a clock that goes to an hour.

The next period begins on 12 December: announced on the 5th at 10:00 in Moscow, charged on the 9th.
"""

import uuid
from datetime import UTC, date, datetime
from typing import Any

from chalicelib import bootstrap
from chalicelib.billing import OperationKind
from chalicelib.billing.embedded.tables import LegMap
from chalicelib.money import Kopecks
from chalicelib.services.autopay import Caller
from chalicelib.services.autopay_screen import AutopayScreen
from chalicelib.services.autopay_words import CARD_TERMS_VERSION, TERMS_VERSION
from chalicelib.services.identity import Client, Identity
from chalicelib.services.topups import Wish
from chalicelib.store.autopays import ConsentRow, PeriodRow
from chalicelib.store.topups import TopUpRow
from tests.product import START, Product
from tests.scene import ACCOUNT, NEXT_PERIOD, entry_legs

GATEWAYS = ("uniteller", "robokassa")
#: 10:00 in Moscow
ANNOUNCED = datetime(2026, 12, 5, 7, 0, tzinfo=UTC)
CHARGED = datetime(2026, 12, 9, 7, 0, tzinfo=UTC)
SECOND, THIRD, LAST = (datetime(2026, 12, d, h, 0, tzinfo=UTC) for d, h in ((10, 7), (11, 7), (11, 17)))
#: What the first payment, which saves the card, brings.
FIRST = Kopecks(100_00)


def bob(stepped_up: bool = True, subscriber_id: str = "sub-bob") -> Caller:
    identity = Identity(subscriber_id, "session-1", START, START if stepped_up else None, None, False)
    return Caller(identity, Client("203.0.113.7", "Firefox", "ru"), stepped_up)


def wish(gateway: str = "uniteller", kopecks: int = FIRST, id: str | None = None) -> Wish:
    return Wish(id or str(uuid.uuid4()), ACCOUNT, Kopecks(kopecks), gateway, "ru", save_card=True)


def agree(gateway: str = "uniteller", cap: int | None = None) -> TopUpRow:
    wanted = Kopecks(cap) if cap is not None else None
    return bootstrap.connecting().by_payment(bob(), wish(gateway), TERMS_VERSION, wanted).topup


def connect(shop: Product, gateway: str = "uniteller", cap: int | None = None) -> TopUpRow:
    """Agreed, paid, and taken over."""
    topup = agree(gateway, cap)
    shop.pay(topup)
    shop.advance(minutes=3)
    assert screen().status == "active"
    return topup


def saving(gateway: str = "uniteller", id: str | None = None) -> TopUpRow:
    """An ordinary payment is ordered, and its card is to be kept."""
    return bootstrap.card_keeping().order(bob(stepped_up=False), wish(gateway, id=id), CARD_TERMS_VERSION).topup


def keep(shop: Product, gateway: str = "uniteller") -> TopUpRow:
    """Ordered, paid, kept; autopay is off."""
    topup = saving(gateway)
    shop.pay(topup)
    shop.advance(minutes=3)
    assert screen().card is not None
    return topup


def row() -> Any:
    """What the store holds of the account's autopay."""
    found = bootstrap.autopay_store().get(ACCOUNT)
    assert found is not None
    return found


def card(shop: Product, parent: TopUpRow, state: str, webhook: str = "normal", expires: str | None = None) -> None:
    number = f"LK-{parent.invoice}" if parent.gateway == "uniteller" else str(parent.invoice)
    body = {"invoice": number, "state": state, "webhook": webhook, "expires": expires}
    shop.sandboxed("POST", f"/sandbox/{parent.gateway}/card", body)


def turned(shop: Product, charge: TopUpRow) -> None:
    """The company's support has found the money of a declined charge; a notification tells of it."""
    change = shop.sandbox._state.change
    if charge.gateway == "robokassa":
        change("update payment set state = 'paid' where invoice = ?", int(charge.invoice))
        shop.notify(shop.result_fields(charge))
    else:
        change("update uniteller set state = 'paid' where number = ?", f"LK-{charge.invoice}")
        shop.notify(shop.told_fields(charge), "uniteller")


def until(shop: Product, at: datetime, minutes: int = 3) -> None:
    """Live to this moment and a little more, every due thing in its order."""
    shop.advance(seconds=(at - bootstrap.now()).total_seconds() + 60 * minutes)


def screen(language: str = "ru") -> AutopayScreen:
    return bootstrap.autopay_view().screen("sub-bob", ACCOUNT, "en" if language == "en" else "ru")


def period(start: date = NEXT_PERIOD) -> PeriodRow | None:
    return bootstrap.autopay_store().period(ACCOUNT, start)


def state(start: date = NEXT_PERIOD) -> str | None:
    found = period(start)
    return str(found.state) if found is not None else None


def charges(status: str | None = "credited") -> list[TopUpRow]:
    """The charges without the payer, oldest first; of one status, or all of them."""
    rows = [row for row in TopUpRow.scan(TopUpRow.item == "topup") if row.autopay_period is not None]
    found = [row for row in rows if status is None or row.status == status]
    return sorted(found, key=lambda row: int(row.invoice))


def payments() -> list[LegMap]:
    return [leg for leg in entry_legs() if leg.kind == OperationKind.PAYMENT]


def calls(shop: Product, call: str = "charge_saved") -> int:
    return sum(line["call"] == call for line in shop.sandboxed("GET", "/sandbox/calls-log"))


def consents() -> list[ConsentRow]:
    """Everything that was agreed to, oldest first."""
    return list(ConsentRow.query(ACCOUNT, ConsentRow.item.startswith("consent#"), consistent_read=True))
