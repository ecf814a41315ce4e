"""What the tests of promised payments share: an account that lacks 600 roubles, and the one promise it takes."""

from datetime import UTC, datetime

from chalicelib import bootstrap
from chalicelib.billing import PromiseOffer
from chalicelib.billing.embedded.verify import verify
from chalicelib.money import Kopecks
from chalicelib.services.promised_payments import PastPromise
from chalicelib.store.agenda import AgendaRow, Kind
from chalicelib.store.promises import OpenRow
from tests.product import Product
from tests.scene import ACCOUNT, settle, view

#: 23:59:59 of 12 December + 3 days in Moscow
UNTIL = datetime(2026, 12, 15, 20, 59, 59, tzinfo=UTC)
#: What may happen at a call that makes a difference to what comes after it.
DEATHS = ("crash_before", "crash_after", "lost_answer", "server_error")


def offer() -> PromiseOffer:
    return bootstrap.billing().promise_offer(ACCOUNT)


def take(expected: int | None = None) -> PastPromise:
    wanted = Kopecks(offer().amount_kopecks if expected is None else expected)
    return bootstrap.promised_payments().take("sub-bob", ACCOUNT, wanted, "ru")


def history() -> list[tuple[str, int]]:
    shown = bootstrap.promised_payments().screen("sub-bob", ACCOUNT, "ru").history
    return [(one.state, one.amount_kopecks) for one in shown]


def blocked(shop: Product, balance: int = 200_00) -> None:
    """On 12 December, the first day of a period that the balance does not pay for."""
    settle(shop, balance)
    shop.clock.advance(19 * 86400)
    bootstrap.billing().run_calendar(ACCOUNT)
    assert view().state == "financial_block"


def quiet(shop: Product) -> None:
    """Nobody owes anything: no open record, no agenda row but the account's own next day."""
    assert not list(OpenRow.scan(OpenRow.item == "open"))
    assert {row.kind for row in AgendaRow.scan()} <= {Kind.ACCOUNT_DAY, Kind.DELIVER_MESSAGE}
    assert not verify().differences
