"""Money back to the payer: off the account first, then the company's call, and back on the account if it says no.

Each step is one transaction, so a refund that dies anywhere is gone on with. The call itself has no key of ours at any
company: it leaves once, by whoever wrote the intent, and an outcome that nobody knows is a person's to find out.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.billing import BillingSystem, PostResult
from chalicelib.clock import Clock
from chalicelib.config import Settings
from chalicelib.errors import NotFound, NotYourTurn, OutcomeUnknown, UpstreamError, UpstreamUnavailable
from chalicelib.money import Kopecks
from chalicelib.providers.gateways import PaymentGateway, PaymentStatus, Refund, RefundAnswer, RefundStatus
from chalicelib.services.receipts import Receipts
from chalicelib.store import refunds as store_of
from chalicelib.store.agenda import Agenda, AgendaRow
from chalicelib.store.cases import CaseKind, CaseStore
from chalicelib.store.receipts import Adds
from chalicelib.store.refunds import RefundRow, RefundStore
from chalicelib.store.topups import TopUpRow, TopUpStore

log = logging.getLogger(__name__)

#: How often the top-up is read anew when it changes under a decision.
TRIES = 5
#: A step that could not be taken is tried again after this, and an accepted refund asked about.
AGAIN, ASK_AGAIN = timedelta(minutes=1), timedelta(hours=1)
#: An intent older than this is not acted upon by its own writer.
FRESH = timedelta(seconds=5)
#: Who takes the steps that nobody asked for.
PORTAL = "portal"


class Refused(Exception):
    """This refund makes no sense; the text tells the operator why."""


@dataclass(frozen=True)
class Refunds:
    store: RefundStore
    topups: TopUpStore
    billing: BillingSystem
    gateways: Mapping[str, PaymentGateway]
    agenda: Agenda
    cases: CaseStore
    receipts: Receipts
    now: Clock
    token: Callable[[], str]
    settings: Settings

    def begin(self, topup_id: str, kopecks: Kopecks | None, operator: str, reason: str, id: str) -> RefundRow:
        """Give back a payment, or a part of it, once for one id; None is all that is left of it.

        :raises Refused: it cannot be. :raises NotFound: no such top-up.
        :raises UpstreamError: not known to be written down: begin again with the same id.
        """
        return self.proceed(self._written(topup_id, kopecks, operator, reason, id, self.now() + AGAIN))

    def owe(self, topup_id: str, reason: str, id: str) -> None:
        """Give back what is left of a payment, by the portal itself: written down now, and gone about by the agenda,
        for who asks may be in a request of the subscriber's. Repeatable, and raises what ``begin`` does."""
        self._written(topup_id, None, PORTAL, reason, id, self.now())

    def work(self, item: AgendaRow) -> None:
        """Agenda: go on with a refund."""
        refund = self.store.pointed(item)
        if refund is None:
            return self.agenda.drop(item)
        self.proceed(refund)
        return None

    def proceed(self, refund: RefundRow) -> RefundRow:
        """Every step that can be taken now; the agenda takes the others, and what a company's troubles postpone."""
        steps: Mapping[str, Callable[[RefundRow], bool]] = {
            "created": self._post,
            "posted": self._send,
            "sending": self._resolve,
            "accepted": self._ask,
            "refusing": self._take_back,
        }
        before = -1
        while refund.status in steps and refund.revision != before:
            before = refund.revision
            try:
                goes_on = steps[refund.status](refund)
            except NotYourTurn as wait:
                goes_on = self._later(refund, wait.available_from)
            except (UpstreamError, NotFound, KeyError) as error:
                log.warning("refund postponed", extra={**_names(refund), "error": type(error).__name__})
                goes_on = self._later(refund, self._again(refund))
            if not goes_on:
                break
        return refund

    def settle(self, topup_id: str, id: str, done: bool, operator: str) -> RefundRow:
        """A person has found out what became of an unknown one.

        :raises Refused: it is not unknown. :raises NotFound: no such refund.
        """
        refund = self.store.get(topup_id, id)
        if refund is None:
            raise NotFound(id)
        if refund.status != "unknown":
            raise Refused(f"it is {refund.status}, not unknown")
        to: store_of.Status = "done" if done else "refusing"
        more = self._receipt(refund) if done else None
        if not self.store.advance(refund, to, self.now(), operator, None if done else self.now(), more=more):
            raise Refused(f"somebody else has decided: it is {refund.status}")
        return self.proceed(refund)

    def _written(
        self, topup_id: str, kopecks: Kopecks | None, operator: str, reason: str, id: str, due_at: datetime
    ) -> RefundRow:
        for _ in range(TRIES):
            topup, earlier = self.topups.existing(topup_id), self.store.get(topup_id, id)
            if earlier is not None:
                if kopecks not in (None, earlier.amount_kopecks):
                    raise Refused("this id stands for another sum")
                return earlier
            left = topup.amount_kopecks - topup.refunded_kopecks
            refund = store_of.new(topup_id, id, self._allowed(topup, kopecks, left), operator, reason, self.now())
            if self.store.begin(topup, refund, due_at):
                return refund
        raise UpstreamUnavailable(f"top-up {topup_id} keeps changing")

    def _allowed(self, topup: TopUpRow, kopecks: Kopecks | None, left: int) -> int:
        gateway = self.gateways.get(topup.gateway)
        if gateway is None or not gateway.can_refund:
            raise Refused(f"{topup.gateway} cannot refund with the settings that it has")
        if topup.status != "credited":
            raise Refused(f"the top-up is {topup.status}, not credited")
        if left <= 0:
            raise Refused("all of it was refunded before")
        if kopecks is not None and not 0 < kopecks <= left:
            raise Refused(f"{left} kopecks of it are left")
        return left if kopecks is None else kopecks

    def _post(self, refund: RefundRow) -> bool:
        topup = self.topups.existing(refund.topup_id)
        result = self.billing.post_refund(
            topup.account,
            Kopecks(refund.amount_kopecks),
            _external(refund),
            _source(topup),
            refund.operator,
            refund.reason,
        )
        if result not in {PostResult.CREATED, PostResult.ALREADY}:
            return self._later(refund, self._again(refund))
        return self._move(refund, "posted", self.now() + AGAIN)

    def _send(self, refund: RefundRow) -> bool:
        """Look at the payment, write the intent, then call; an answer that is lost is for ``_resolve``, much later."""
        topup = self.topups.existing(refund.topup_id)
        gateway = self.gateways[topup.gateway]
        state = gateway.get_payment(topup.invoice)
        full = refund.amount_kopecks == topup.amount_kopecks
        if full and state.status is PaymentStatus.RETURNED:
            return self._move(refund, "done", None)
        # a part went back without us: the whole is not there any more, and the company would give the rest
        whole = state.status is PaymentStatus.PAID
        if not (whole or (not full and state.status is PaymentStatus.PARTLY_RETURNED)):
            return self._move(refund, "refusing", self.now() + AGAIN, code=f"payment_{state.status}")
        mine, at = self.token(), self.now()
        due = at + AGAIN
        if not self._move(refund, "sending", due, sent_by=mine, sent_at=at, reference=state.reference):
            return False
        if refund.sent_by != mine:
            return False
        # who was held up may no longer send: somebody else may have looked already
        return self.now() - at <= FRESH and self._call(refund, topup)

    def _call(self, refund: RefundRow, topup: TopUpRow) -> bool:
        try:
            answer = self.gateways[topup.gateway].refund(_asked(refund, topup))
        except OutcomeUnknown:
            return self._unknown(refund, topup)
        except UpstreamUnavailable:
            # certainly not executed: the intent is taken back
            self._move(refund, "posted", self.now() + AGAIN)
            return False
        return self._answered(refund, answer)

    def _resolve(self, refund: RefundRow) -> bool:
        """The intent stands. Fresh, its writer may be about to call; old, nobody knows whether it has."""
        if refund.sent_at is not None and self.now() - refund.sent_at < AGAIN:
            return False
        topup = self.topups.existing(refund.topup_id)
        gateway = self.gateways[topup.gateway]
        if not (refund.amount_kopecks == topup.amount_kopecks and gateway.full_refund_repeats):
            return self._for_a_person(refund, topup)
        if gateway.get_payment(topup.invoice).status is PaymentStatus.RETURNED:
            return self._move(refund, "done", None)
        # the company itself says whether it had been done; a no to the second says nothing about the first
        answer = gateway.refund(_asked(refund, topup))
        refused = answer.status is RefundStatus.REFUSED
        return self._for_a_person(refund, topup) if refused else self._answered(refund, answer)

    def _unknown(self, refund: RefundRow, topup: TopUpRow) -> bool:
        """A full one that may be repeated waits for the agenda; any other is for a person, and is never sent again."""
        if refund.amount_kopecks == topup.amount_kopecks and self.gateways[topup.gateway].full_refund_repeats:
            return self._later(refund, self._again(refund))
        return self._for_a_person(refund, topup)

    def _for_a_person(self, refund: RefundRow, topup: TopUpRow) -> bool:
        facts = {"amount_kopecks": refund.amount_kopecks, "gateway": topup.gateway, "invoice": topup.invoice}
        self.cases.open(CaseKind.REFUND_UNKNOWN, _ref(refund), self.now(), {"account": topup.account, **facts})
        return self._move(refund, "unknown", None)

    def _ask(self, refund: RefundRow) -> bool:
        topup = self.topups.existing(refund.topup_id)
        return self._answered(refund, self.gateways[topup.gateway].get_refund(_asked(refund, topup), refund.request))

    def _answered(self, refund: RefundRow, answer: RefundAnswer) -> bool:
        if answer.status is RefundStatus.DONE:
            return self._move(refund, "done", None)
        if answer.status is RefundStatus.REFUSED:
            return self._move(refund, "refusing", self.now() + AGAIN, code=answer.code)
        if refund.status == "accepted":
            return self._later(refund, self.now() + ASK_AGAIN)
        self._move(refund, "accepted", self.now() + AGAIN, request=answer.request)
        return False

    def _take_back(self, refund: RefundRow) -> bool:
        topup = self.topups.existing(refund.topup_id)
        amount = Kopecks(refund.amount_kopecks)
        result = self.billing.reverse_refund(topup.account, amount, _external(refund), _source(topup))
        if result not in {PostResult.CREATED, PostResult.ALREADY}:
            return self._later(refund, self._again(refund))
        if refund.operator == PORTAL:
            # nobody waits for the outcome of what the portal gives back by itself
            facts = {"account": topup.account, "amount_kopecks": refund.amount_kopecks, "why": refund.code}
            self.cases.open(CaseKind.AUTOPAY_NOT_GIVEN_BACK, topup.topup_id, self.now(), facts)
        return self._move(refund, "refused", None, give_back=topup)

    def _move(
        self,
        refund: RefundRow,
        to: store_of.Status,
        due_at: datetime | None,
        give_back: TopUpRow | None = None,
        **changes: object,
    ) -> bool:
        more = self._receipt(refund) if to == "done" else None
        return self.store.advance(refund, to, self.now(), PORTAL, due_at, give_back, more, **changes)

    def _receipt(self, refund: RefundRow) -> Adds | None:
        if not self.receipts.told_of_refunds:
            return None
        return self.receipts.of_refund(self.topups.existing(refund.topup_id), refund.id, refund.amount_kopecks)

    def _again(self, refund: RefundRow) -> datetime:
        """The older it is, the longer until the next try."""
        now = self.now()
        return now + min(max((now - refund.created_at) / 4, AGAIN), ASK_AGAIN)

    def _later(self, refund: RefundRow, due_at: datetime) -> bool:
        """Try again then; what has waited too long stands in the operator's list. False: nothing more to do now."""
        if self.now() - refund.created_at >= self.settings.stuck_after:
            facts = {"status": refund.status, "amount_kopecks": refund.amount_kopecks}
            self.cases.open(CaseKind.REFUND_UNFINISHED, _ref(refund), self.now(), facts)
        status: Any = refund.status
        self.store.advance(refund, status, self.now(), PORTAL, due_at)
        return False


def _asked(refund: RefundRow, topup: TopUpRow) -> Refund:
    return Refund(
        invoice=topup.invoice,
        reference=refund.reference,
        account=topup.account,
        amount_kopecks=Kopecks(refund.amount_kopecks),
        paid_kopecks=Kopecks(topup.amount_kopecks),
    )


def _external(refund: RefundRow) -> str:
    return f"refund:{refund.topup_id}:{refund.id}"


def _source(topup: TopUpRow) -> str:
    return f"gateway:{topup.gateway}"


def _ref(refund: RefundRow) -> str:
    return f"{refund.topup_id}#{refund.id}"


def _names(refund: RefundRow) -> dict[str, object]:
    return {"topup": refund.topup_id, "refund": refund.id}
