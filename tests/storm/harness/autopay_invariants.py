"""What must hold of charges without their payer, whatever happened."""

from datetime import timedelta

from chalicelib.store.autopays import AUTOPAY, AutopayRow, ConsentRow, PeriodRow
from chalicelib.store.messages import MessageRow
from chalicelib.store.topups import TopUpRow
from tests.storm.harness.seen import Seen

NOTICE = timedelta(hours=72)


def charges(seen: Seen) -> list[TopUpRow]:
    return [order for order in seen.topups if order.autopay_period is not None]


def i3_every_charge_has_a_consent_and_a_notice(seen: Seen) -> None:
    """When its intent was committed: a live consent, and a notice 72 hours old of at least the sum."""
    for order in charges(seen):
        period = PeriodRow.get(order.account, f"period#{order.autopay_period}")
        assert order.amount_kopecks <= period.amount_kopecks
        notice = MessageRow.get(period.message_id)
        assert notice.sent_at is not None
        assert notice.sent_at + NOTICE <= order.created_at
        found = ConsentRow.query(order.account, ConsentRow.item.startswith("consent#"))
        # that a card is kept is no consent to a charge of it
        consents = [row for row in found if row.purpose == AUTOPAY]
        assert any(row.at <= order.created_at <= (row.withdrawn_at or seen.now) for row in consents)


def i4_a_period_is_charged_once(seen: Seen) -> None:
    """At most one charge of an account and a period is kept; of the companies' books as of ours.

    One that a company had declined and has taken after all goes back whole.
    """
    taken = {(gateway, invoice) for gateway, invoice, _ in seen.captured}
    paid = [
        (order.account, order.autopay_period)
        for order in charges(seen)
        if order.refunded_kopecks < order.amount_kopecks
        and (order.status in {"paid", "credited"} or (order.gateway, int(order.invoice)) in taken)
    ]
    assert len(paid) == len(set(paid)), paid


def i3_a_card_is_saved_by_a_payment_of_its_own_account(seen: Seen) -> None:
    """And of a payer who agreed to it; so is the payment that one waits for."""
    invoices = {(order.gateway, int(order.invoice)): order for order in seen.topups}
    ids = {order.topup_id: order for order in seen.topups}
    for row in AutopayRow.scan(AutopayRow.item == "autopay"):
        rests_on = [invoices[row.gateway, int(row.parent_invoice)]] if row.parent_invoice is not None else []
        rests_on += [ids[row.pending_topup]] if row.pending_topup is not None else []
        for order in rests_on:
            agreed = (order.account, order.subscriber_id, order.saves_card) == (row.account, row.subscriber_id, True)
            assert agreed, f"the card of {row.account} rests on a payment that did not agree to it"


def i6_what_became_of_a_charge_is_written_down(seen: Seen) -> None:
    """In its period, once it is known; or the agenda has yet to look at that period."""
    known = {"credited": {"charged", "returned"}, "declined": {"declined", "not_sent"}}
    rows = {row.account: row for row in AutopayRow.scan(AutopayRow.item == "autopay")}
    late = {row.ref for row in seen.agenda}
    for order in charges(seen):
        row = rows[order.account]
        waits = row.period == order.autopay_period and row.agenda_key is not None
        if order.status in known and not waits and f"late:{order.topup_id}" not in late:
            attempts = PeriodRow.get(order.account, f"period#{order.autopay_period}").attempts
            [state] = [one["state"] for one in attempts if one["topup"] == order.topup_id]
            assert state in known[order.status]
