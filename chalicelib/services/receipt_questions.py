"""What a company says of a receipt: asked one by one, or of many orders at once where it allows few questions.

A morning of charges is a thousand receipts that are due in the same minutes, and each question takes the turn of a
question about money. So one answer serves every receipt whose order falls into it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.clock import Clock
from chalicelib.providers.gateways import (
    PaymentGateway,
    Printed,
    RangeQuery,
    ReceiptKind,
    ReceiptState,
    ReceiptStatus,
    ReceiptWish,
)
from chalicelib.services.shared_answers import Answer
from chalicelib.store.topups import TopUpRow

#: How far a question reaches beyond its order; kept short, for the answer holds a document of each order.
BEFORE, AFTER = timedelta(minutes=2), timedelta(minutes=5)
#: A payer who took longer would widen everybody's range: such an order is asked about alone.
LONG = timedelta(hours=1)
#: And so is one that was missing among the others so often. That it is there and not registered is an answer.
IN_VAIN = 4


@dataclass(frozen=True)
class ReceiptQuestions:
    gateways: Mapping[str, PaymentGateway]
    now: Clock
    #: The last answer of each company to this worker.
    answers: dict[str, Answer[tuple[Printed, ...]]] = field(default_factory=dict)

    def ask(self, topup: TopUpRow, wish: ReceiptWish, due_at: datetime, missed: int) -> ReceiptState:
        """``missed``: how often the answer about many did not name its order, which is ``NOT_FOUND``.

        :raises NotYourTurn: no call left. :raises UpstreamError: ask again later.
        :raises KeyError: the gateway was switched off.
        """
        gateway, now = self.gateways[topup.gateway], self.now()
        ranges = gateway.ranges
        if ranges is None or wish.kind is ReceiptKind.CLOSING or missed >= IN_VAIN or not _is_near(topup, ranges, now):
            return gateway.get_receipt(wish)
        answer = self.answers.get(gateway.name)
        if answer is None or not answer.holds(topup, due_at, now):
            since, until = topup.created_at - BEFORE, _paid_at(topup) + AFTER
            answer = Answer(since, until, now, ranges.get_receipts(since, until))
            self.answers[gateway.name] = answer
        if topup.invoice not in answer.facts:
            return ReceiptState(status=ReceiptStatus.NOT_FOUND)
        return wish.among(answer.facts[topup.invoice])


def _paid_at(topup: TopUpRow) -> datetime:
    return topup.paid_at or topup.created_at


def _is_near(topup: TopUpRow, ranges: RangeQuery, now: datetime) -> bool:
    return _paid_at(topup) - topup.created_at <= LONG and now - topup.created_at < ranges.longest - LONG
