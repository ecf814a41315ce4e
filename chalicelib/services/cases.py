"""What the provider's staff do with a case: look at it, have it tried again, or close it.

Closing says "I have dealt with it". What only a person can decide then stays closed; what the portal
goes on waiting for comes back after another ``stuck_after`` if it still waits. A retry closes the case
too, and the first failure after it brings the case back, with its history.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any

from chalicelib.clock import Clock
from chalicelib.config import Settings
from chalicelib.errors import OutcomeUnknown, PortalError
from chalicelib.providers.gateways import ReceiptKind
from chalicelib.store.agenda import Kind
from chalicelib.store.autopays import AutopayRow, AutopayStore, late_charge, late_row
from chalicelib.store.cases import CLOSED, OPEN, CaseKind, CaseRow, CaseStore
from chalicelib.store.messages import MessageRow, MessageStore
from chalicelib.store.receipts import ENDED as RECEIPTS_ENDED, ReceiptRow, ReceiptStore
from chalicelib.store.refunds import ENDED, RefundRow, RefundStore
from chalicelib.store.topups import EventRow, Next, TopUpRow, TopUpStore
from chalicelib.store.transaction import ConditionFailed, Transaction

log = logging.getLogger(__name__)

#: Closed means settled: nothing of the portal's own goes on waiting.
DECIDED = frozenset({
    CaseKind.WRONG_AMOUNT, CaseKind.OTHER_ORDER, CaseKind.UNKNOWN_ORDER, CaseKind.UNPOSTABLE, CaseKind.UNDELIVERED,
    CaseKind.RETURNED, CaseKind.AUTOPAY_NOT_GIVEN_BACK,
})  # fmt: skip
#: Nothing of ours is named by these that could be tried again.
NOTHING_TO_RETRY = frozenset({
    CaseKind.OTHER_ORDER, CaseKind.UNKNOWN_ORDER, CaseKind.RETURNED, CaseKind.AUTOPAY_NOT_GIVEN_BACK,
})  # fmt: skip
#: More open cases than this are one trouble, not many: the count stops here.
MOST = 1000
#: How often an action is tried against others who change the same rows.
TRIES = 5
PORTAL = "portal"


class Refused(Exception):
    """The action makes no sense now; the text tells the operator why."""


@dataclass(frozen=True)
class CaseFile:
    """A case and what it is about, as it stands now."""

    row: CaseRow
    topup: TopUpRow | None = None
    events: Sequence[EventRow] = ()
    message: MessageRow | None = None
    refund: RefundRow | None = None
    autopay: AutopayRow | None = None
    receipt: ReceiptRow | None = None
    #: a charge that brought money when autopay had given it up
    late: TopUpRow | None = None


@dataclass(frozen=True)
class Cases:
    store: CaseStore
    topups: TopUpStore
    messages: MessageStore
    refunds: RefundStore
    autopays: AutopayStore
    receipts: ReceiptStore
    now: Clock
    settings: Settings

    def listed(self, kind: CaseKind | None = None, closed: bool = False) -> list[CaseRow]:
        """Oldest first."""
        return sorted(self.store.list(CLOSED if closed else OPEN, kind), key=lambda row: (row.opened_at, row.case_id))

    def file(self, case_id: str) -> CaseFile:
        """:raises NotFound: no such case."""
        file = self._file(self.store.get(case_id))
        return replace(file, events=self.topups.events(file.topup.topup_id)) if file.topup else file

    def close(self, case_id: str, operator: str, reason: str) -> None:
        """Take it out of the list; the reason stays with it.

        :raises NotFound: no such case. :raises Refused: somebody else closed it.
        """
        now = self.now()
        self._act(case_id, operator, f"closed: {reason}", now, lambda row, tx: None)

    def retry(self, case_id: str, operator: str, reason: str) -> None:
        """Put what it is about on the agenda, due now, in the transaction that closes the case.

        :raises NotFound: no such case. :raises Refused: closed by somebody, or nothing can be tried again.
        """
        now = self.now()
        self._act(case_id, operator, f"retried: {reason}", now, self._due_now, quiet_until=now)

    def watch(self, time_is_up: Callable[[], bool] = lambda: False) -> Counter[str]:
        """Count what stands open, by kind, and close what has settled itself meanwhile."""
        counts: Counter[str] = Counter({str(kind): 0 for kind in CaseKind})
        for row in list(islice(self.store.list(), MOST)):
            if time_is_up() or not self._settled_itself(row):
                counts[row.kind] += 1
        return counts

    def _act(
        self,
        case_id: str,
        by: str,
        what: str,
        at: datetime,
        add: Callable[[CaseRow, Transaction], None],
        quiet_until: datetime | None = None,
    ) -> None:
        for _ in range(TRIES):
            row = self.store.get(case_id)
            if row.status == CLOSED:
                raise Refused(f"closed already: {row.history[-1]}")
            quiet = quiet_until or (None if row.kind in DECIDED else at + self.settings.stuck_after)
            tx = self.store.closing(row, by, what, at, quiet)
            add(row, tx)
            try:
                return tx.commit()
            except (ConditionFailed, OutcomeUnknown) as error:
                # a repeated request whose first answer was lost finds its own closing
                if self.store.is_mine(row, by, what, at):
                    return None
                if isinstance(error, OutcomeUnknown):
                    raise
        raise Refused("it keeps changing; look again")

    def _due_now(self, row: CaseRow, tx: Transaction) -> None:
        if row.kind in NOTHING_TO_RETRY:
            raise Refused("there is nothing to try again: decide by hand, then close it")
        file = self._file(row)
        if file.refund is not None:
            self._refund_due_now(file.refund, tx)
        elif file.receipt is not None:
            self._receipt_due_now(file.receipt, tx)
        elif file.late is not None:
            tx.put("late charge", late_row(file.late.topup_id, self.now(), self.topups.shards))
        elif file.autopay is not None:
            self.autopays.replan(file.autopay, self.now(), tx)
        elif file.topup is not None:
            self._topup_due_now(file.topup, tx)
        elif file.message is not None:
            if row.kind == CaseKind.AGENDA and file.message.agenda_key is None:
                raise Refused("the message has been dealt with meanwhile: close the case")
            self.messages.replan(file.message, self.now(), tx)
        else:
            raise Refused("what it was about is not there any more: close the case")

    def _topup_due_now(self, topup: TopUpRow, tx: Transaction) -> None:
        if topup.status == "credited":
            raise Refused("the top-up is credited: close the case")
        kind = Kind.SETTLE_TOPUP if topup.status == "paid" else Kind.ASK_GATEWAY
        self.topups.replan(topup, Next(kind, self.now()), tx)

    def _refund_due_now(self, refund: RefundRow, tx: Transaction) -> None:
        if refund.status == "unknown":
            raise Refused("nobody may ask for it again: find out, `refunds settle` it, then close the case")
        if refund.status in ENDED:
            raise Refused(f"the refund is {refund.status}: close the case")
        self.refunds.replan(refund, self.now(), tx)

    def _receipt_due_now(self, receipt: ReceiptRow, tx: Transaction) -> None:
        """One that was refused is sent anew, under another number; any other is asked about again from the start."""
        if receipt.status in RECEIPTS_ENDED:
            raise Refused(f"the receipt is {receipt.status}: close the case")
        anew = receipt.status == "failed" and receipt.kind == ReceiptKind.CLOSING
        to: Any = "due" if anew else "waiting" if receipt.status == "failed" else receipt.status
        number = None if anew else receipt.number
        self.receipts.replan(receipt, to, self.now(), tx, since=self.now(), tries=0, number=number)

    def _file(self, row: CaseRow) -> CaseFile:
        kind, ref = _about(row)
        if kind == Kind.RECEIPT:
            return CaseFile(row, topup=self.topups.get(ref.partition("#")[0]), receipt=self.receipts.named(ref))
        if kind == Kind.DELIVER_MESSAGE:
            return CaseFile(row, message=self.messages.get(ref))
        if kind == Kind.REFUND:
            topup_id, _, id = ref.partition("#")
            return CaseFile(row, topup=self.topups.get(topup_id), refund=self.refunds.get(topup_id, id))
        if kind == Kind.AUTOPAY and (late := late_charge(ref)) is not None:
            return CaseFile(row, late=self.topups.get(late))
        if kind == Kind.AUTOPAY:
            return CaseFile(row, autopay=self.autopays.get(ref))
        return CaseFile(row, topup=self.topups.get(ref) if kind else None)

    def _is_noted(self, late: TopUpRow) -> bool:
        """Whether autopay has written down what became of it."""
        period = self.autopays.period(late.account, date.fromisoformat(late.autopay_period or ""))
        states = {one["state"] for one in (period.attempts if period else ()) if one["topup"] == late.topup_id}
        return bool(states & {"charged", "returned"})

    def _settled_itself(self, row: CaseRow) -> bool:
        try:
            now, file = self.now(), self._file(row)
            if not (self._is_noted(file.late) if file.late is not None else _is_over(file, now)):
                return False
            self._act(row.case_id, PORTAL, "it has settled itself", now, lambda row, tx: None, quiet_until=now)
        except (PortalError, Refused):
            log.info("case left for the next look", extra={"case": row.case_id}, exc_info=True)
            return False
        return True


def _about(row: CaseRow) -> tuple[str, str]:
    """The kind of work that the case hangs on and the fact it works on; nothing for somebody else's order."""
    if row.kind == CaseKind.AGENDA:
        kind, _, ref = row.ref.partition(":")
        return kind, ref
    if row.kind == CaseKind.UNDELIVERED:
        return Kind.DELIVER_MESSAGE, row.ref
    if row.kind in {CaseKind.REFUND_UNKNOWN, CaseKind.REFUND_UNFINISHED}:
        return Kind.REFUND, row.ref
    if row.kind == CaseKind.RECEIPT:
        return Kind.RECEIPT, row.ref
    return ("", "") if row.kind == CaseKind.UNKNOWN_ORDER else (Kind.SETTLE_TOPUP, row.ref)


#: Nothing that the portal does by itself ends these.
_FOR_A_PERSON = {CaseKind.WRONG_AMOUNT, CaseKind.OTHER_ORDER, CaseKind.RETURNED, CaseKind.AUTOPAY_NOT_GIVEN_BACK}


def _is_over(file: CaseFile, now: datetime) -> bool:
    """Whether what the portal waited for has come, so that nobody need look."""
    kind, topup = file.row.kind, file.topup
    if kind in {CaseKind.REFUND_UNKNOWN, CaseKind.REFUND_UNFINISHED}:
        return file.refund is not None and file.refund.status in ENDED
    if file.receipt is not None:
        return file.receipt.status in RECEIPTS_ENDED
    if file.autopay is not None:
        # what fails stays where it is, overdue; what succeeds is due at another time
        due_at = file.autopay.due_at
        return due_at is None or due_at > now
    if kind == CaseKind.AGENDA:
        fact = file.refund or topup or file.message
        return fact is not None and fact.agenda_key is None
    if topup is None or kind in _FOR_A_PERSON:
        return False
    if kind == CaseKind.UNASKED:
        return topup.unanswered_since is None
    if kind == CaseKind.UNFINISHED:
        return topup.status not in {"created", "awaiting_payment"}
    return topup.status == "credited"
