"""Asking the payment companies what became of orders: one by one, or all at once where they allow few questions."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.clock import Clock
from chalicelib.errors import NotYourTurn, UpstreamError, UpstreamUnavailable
from chalicelib.providers.gateways import PaymentGateway, PaymentState, PaymentStatus, RangeQuery
from chalicelib.services.settlement import Settlement
from chalicelib.services.shared_answers import Answer
from chalicelib.store.agenda import Agenda, AgendaRow, Kind, pointed
from chalicelib.store.topups import TRIES, Next, TopUpRow, TopUpStore, is_pointed
from chalicelib.store.transaction import ConditionFailed

log = logging.getLogger(__name__)

#: A question about many orders reaches back so far at least, so that its answer serves whoever else waits.
SHORTEST = timedelta(hours=2)
#: The company may register an order a little before or after the moment that we have written down.
SLACK = timedelta(minutes=5)
#: An order past its end by so much is asked about alone: it is rare, and would widen everybody's range.
PAST_END = timedelta(hours=1)


@dataclass(frozen=True)
class Questions:
    store: TopUpStore
    gateways: Mapping[str, PaymentGateway]
    settlement: Settlement
    agenda: Agenda
    now: Clock
    #: The last answer of each company to this worker: everything that is due by then needs no question of its own.
    answers: dict[str, Answer[PaymentState]] = field(default_factory=dict)

    def ask(self, item: AgendaRow) -> None:
        """Agenda: find out about an order that nobody has told us of."""
        topup = self.store.get(item.ref)
        if topup is None or not is_pointed(topup, item):
            return self.agenda.drop(item)
        try:
            state = self._state(topup, item)
        except NotYourTurn as wait:
            return self.settlement.unanswered(topup, item, Next(Kind.ASK_GATEWAY, wait.available_from))
        except (UpstreamError, KeyError) as error:
            # a gateway that was switched off is as silent as one whose line is down
            facts = {"topup": topup.topup_id, "gateway": topup.gateway, "error": type(error).__name__}
            log.warning("gateway not asked", extra=facts)
            return self.settlement.unanswered(topup, item)
        return self.settlement.answered(topup, state, item)

    def ask_now(self, topup: TopUpRow) -> None:
        """Ask ahead of the agenda's turn. A top-up that nothing waits for any more is left alone."""
        if topup.agenda_key is None:
            return
        item = pointed(topup.agenda_key)
        item.kind, item.ref = Kind.ASK_GATEWAY, topup.topup_id
        self.ask(item)

    def wake(self, topup: TopUpRow, status: PaymentStatus) -> None:
        """A company says that this has become of an order, and does not prove it: ask at once, or as soon as may be.

        Idempotent. What would be no news is passed over.
        :raises UpstreamError: not known to be written down; the company must come again.
        """
        for _ in range(TRIES):
            if not _would_be_news(topup, status):
                return
            try:
                # the next whole second: an answer that is on its way just now may not know of it yet
                woken = self.store.wake(topup, self.now() + timedelta(seconds=1))
                break
            except ConditionFailed:
                found = self.store.existing(topup.topup_id)
                if found.wakes != topup.wakes:
                    # a copy of this claim was heeded since we looked, and whoever wrote that asks after it
                    return
                topup = found
        else:
            raise UpstreamUnavailable(f"top-up {topup.topup_id} keeps changing")
        try:
            self.ask_now(woken)
        except (UpstreamError, ConditionFailed) as error:
            # it is written down: the agenda asks; or somebody else has ended the order in the same instant
            log.warning("asked later", extra={"topup": topup.topup_id, "error": type(error).__name__})

    def _state(self, topup: TopUpRow, item: AgendaRow) -> PaymentState:
        gateway, now = self.gateways[topup.gateway], self.now()
        ranges = gateway.ranges
        age = now - topup.created_at
        if ranges is None or now > topup.expires_at + PAST_END or age > ranges.longest - 3 * SLACK:
            return gateway.get_payment(topup.invoice)
        answer = self.answers.get(gateway.name)
        if answer is None or not answer.holds(topup, item.due_at, now):
            answer = self.answers[gateway.name] = self._asked(ranges, topup, now)
        return answer.facts.get(topup.invoice, PaymentState(status=PaymentStatus.NOT_FOUND))

    def _asked(self, ranges: RangeQuery, topup: TopUpRow, now: datetime) -> Answer[PaymentState]:
        since = min(topup.created_at, now - SHORTEST)
        return Answer(since, now, now, ranges.get_payments(since - SLACK, now + SLACK))


def _would_be_news(topup: TopUpRow, status: PaymentStatus) -> bool:
    if status in {PaymentStatus.PENDING, PaymentStatus.DECLINED}:
        return False
    if topup.status == "credited":
        return status is not PaymentStatus.PAID
    return topup.status != "paid"
