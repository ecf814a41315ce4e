"""What must hold whatever happened. Each function is one invariant and takes the product's rows as they stand.

``quiet`` is all of them, for when nobody has anything left to do. A feature adds its own here; those of
charges without the payer stand in ``autopay_invariants``.
Those of what the days do to an account stand in ``account_invariants``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from chalicelib import bootstrap
from chalicelib.billing.embedded.verify import verify
from chalicelib.providers.gateways import ReceiptKind
from chalicelib.store.agenda import Kind
from chalicelib.store.receipts import PAYMENT, refund_item
from chalicelib.store.topups import MOVES, EventRow
from local.store.engine import Engine
from tests.product import Product, digest
from tests.storm.harness.account_invariants import (
    i5_a_promise_is_a_limit_and_never_money,
    i13_each_day_is_paid_once,
    i14_a_service_is_on_by_the_rules_alone,
)
from tests.storm.harness.autopay_invariants import (
    i3_a_card_is_saved_by_a_payment_of_its_own_account,
    i3_every_charge_has_a_consent_and_a_notice,
    i4_a_period_is_charged_once,
    i6_what_became_of_a_charge_is_written_down,
)
from tests.storm.harness.seen import Seen, look

DAY = timedelta(hours=24)
#: What is known long before its day.
TO_COME = {Kind.ACCOUNT_DAY, Kind.PROMISED_PAYMENT, Kind.AUTOPAY}
#: Nothing follows of itself from these; a late payment may still come.
ENDS = {"credited", "declined", "expired"}


def i1_the_ledger_is_whole(seen: Seen) -> None:
    """Sums, running balances and the hash chain, all recomputed from the entries."""
    assert not verify().differences


def i2_captured_money_is_credited_once(seen: Seen) -> None:
    """Every payment that a company took, to its order's account, with its exact sum; and nothing else.

    One that it gave back without us may stand as credited only if a person has been told.
    """
    orders = {(order.gateway, int(order.invoice)): order for order in seen.topups}

    def due(payments: list[tuple[str, int, int]]) -> list[tuple[str, str, int]]:
        found = [(orders[gateway, invoice], kopecks) for gateway, invoice, kopecks in payments]
        return [(order.account, order.topup_id, kopecks) for order, kopecks in found]

    ours = {topup for _, topup, _ in due(seen.refunded)}
    known = [each for each in due(seen.returned) if each[1] in seen.told | ours and each in seen.credits()]
    assert seen.credits() == sorted(due(seen.captured) + known)


def i12_what_goes_back_is_taken_off(seen: Seen) -> None:
    """Exactly what the companies gave back for us is off the accounts, or a person has been told of that refund."""
    orders = {(order.gateway, int(order.invoice)): order.topup_id for order in seen.topups}
    given: dict[str, int] = {}
    for gateway, invoice, kopecks in seen.refunded:
        topup = orders[gateway, invoice]
        given[topup] = given.get(topup, 0) + kopecks
    told = {ref.partition("#")[0] for ref in seen.told if "#" in ref}
    wrong = {topup for topup in given | seen.taken_off() if given.get(topup) != seen.taken_off().get(topup)}
    assert wrong <= told, (given, seen.taken_off())


def i12_each_payment_and_refund_has_its_receipt(seen: Seen) -> None:
    """Of companies that tell of them: one each, registered within a day, or a person has been told; none is two's."""
    told = {name: gateway.receipts for name, gateway in bootstrap.gateways().items()}
    orders = {order.topup_id: order for order in seen.topups if order.status == "credited"}
    owed = {(id, PAYMENT) for id, order in orders.items() if ReceiptKind.PAYMENT in told[order.gateway]}
    done = [refund for refund in seen.refunds if refund.status == "done"]
    owed |= {
        (refund.topup_id, refund_item(refund.id))
        for refund in done
        if ReceiptKind.REFUND in told[orders[refund.topup_id].gateway]
    }
    made = {(row.topup_id, row.item): row for row in seen.receipts if row.kind != ReceiptKind.CLOSING}
    assert set(made) == owed
    closing = {row.topup_id: row for row in seen.receipts if row.kind == ReceiptKind.CLOSING}
    assert set(closing) == {id for id, order in orders.items() if ReceiptKind.CLOSING in told[order.gateway]}
    back = {id for id, order in orders.items() if order.refunded_kopecks == order.amount_kopecks}
    assert {id for id, row in closing.items() if row.status == "cancelled"} <= back
    documents = [row.fd for row in seen.receipts if row.fd]
    assert len(documents) == len(set(documents))


def i6_portal_and_ledger_agree(seen: Seen) -> None:
    """What the portal calls credited is in the ledger and the other way round, or a person has been told."""
    posted = {external_id for _, external_id, _ in seen.credits()}
    claimed = {order.topup_id for order in seen.topups if order.status == "credited"}
    unsettled = {order.topup_id for order in seen.topups if order.status == "paid"}
    assert (posted ^ claimed) | unsettled <= seen.told


def i7_nothing_is_forgotten(seen: Seen) -> None:
    """Nothing that has begun is older than a day, unless a person has been told of it."""
    day_ago = seen.now - DAY
    unfinished = {order.topup_id for order in seen.topups if order.created_at < day_ago and order.status not in ENDS}
    unfinished |= {row.message_id for row in seen.messages if row.agenda_key and row.created_at < day_ago}
    unfinished |= {row.ref for row in seen.agenda if row.due_at < day_ago}
    unfinished |= {row.ref for row in seen.receipts if row.status in {"waiting", "sending"} and row.since < day_ago}
    assert unfinished <= seen.told


def i8_a_status_never_goes_back(seen: Seen) -> None:
    """The events of a top-up are a lawful walk to the status that it has; only a late payment leaves an end."""
    for order in seen.topups:
        names = [row.name for row in EventRow.query(order.topup_id, EventRow.item.startswith("event#"))]
        assert (names[0], names[-1]) == ("created", order.status)
        assert all(after in MOVES[before] for before, after in zip(names, names[1:], strict=False)), names


def i13_each_message_is_sent_once(seen: Seen) -> None:
    """A company keeps a repeated id once, so its log of calls is asked; ``unknown`` may or may not have arrived."""
    outcomes = [outcome for row in seen.messages for outcome in row.outcomes.values()]
    assert outcomes.count("sent") <= len(seen.received) <= outcomes.count("sent") + outcomes.count("unknown")
    assert seen.sends == len(seen.received)


def nothing_is_left_to_do(seen: Seen) -> None:
    """Every account waits for its own next day, an open promise for its end, and nothing else waits."""
    assert [row.key for row in seen.agenda if row.kind not in TO_COME or row.due_at <= seen.now] == []


INVARIANTS: tuple[Callable[[Seen], None], ...] = (
    i1_the_ledger_is_whole,
    i2_captured_money_is_credited_once,
    i12_what_goes_back_is_taken_off,
    i12_each_payment_and_refund_has_its_receipt,
    i3_a_card_is_saved_by_a_payment_of_its_own_account,
    i3_every_charge_has_a_consent_and_a_notice,
    i4_a_period_is_charged_once,
    i6_what_became_of_a_charge_is_written_down,
    i5_a_promise_is_a_limit_and_never_money,
    i6_portal_and_ledger_agree,
    i7_nothing_is_forgotten,
    i8_a_status_never_goes_back,
    i13_each_message_is_sent_once,
    i13_each_day_is_paid_once,
    i14_a_service_is_on_by_the_rules_alone,
)


def quiet(shop: Product, cases: int | None = 0) -> Seen:
    """Everything, when nobody has anything left to do; ``cases`` is how many a person has to look at."""
    seen = look(shop)
    for holds in (*INVARIANTS, nothing_is_left_to_do):
        holds(seen)
    assert cases is None or len(seen.cases) == cases, [case.case_id for case in seen.cases]
    return seen


@contextmanager
def i10_unchanged(engine: Engine) -> Iterator[None]:
    """Input that is refused leaves every row of every table as it was."""
    before = digest(engine)
    yield
    assert digest(engine) == before
