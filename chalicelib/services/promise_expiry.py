"""The end of a promised payment: announced a day before, ended on time, unless money is on its way.

A promise that still stands in the billing after its last instant ends like this: an intent (``ending``), committed
only if no top-up of the account has moved since we looked; then the billing is told; then ``ended``. A payment that
the gateway has and the billing has not is waited for, a young order is asked about once.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from chalicelib.billing import BillingSystem, PromiseOffer
from chalicelib.clock import Clock, local_date
from chalicelib.config import Settings
from chalicelib.errors import UpstreamUnavailable
from chalicelib.services.questions import Questions
from chalicelib.services.settlement import Settlement
from chalicelib.store import in_flight
from chalicelib.store.cases import CaseKind, CaseStore
from chalicelib.store.in_flight import InFlightRow
from chalicelib.store.messages import MessageRow
from chalicelib.store.promises import MoneyCame, PromiseRow, PromiseStore
from chalicelib.store.topups import TopUpRow

log = logging.getLogger(__name__)

#: How often we look whether a payment that is waited for was credited.
BETWEEN_LOOKS = timedelta(minutes=10)
#: How often the end is decided anew because money moved meanwhile, before the agenda's next turn.
TRIES = 5
#: Nobody is woken by an announcement: it comes the evening before the night, never later than promised.
EVENING, MORNING = time(20), time(10)


@dataclass(frozen=True)
class PromiseExpiry:
    store: PromiseStore
    billing: BillingSystem
    settlement: Settlement
    questions: Questions
    cases: CaseStore
    now: Clock
    settings: Settings

    def first_look(self, until: datetime) -> datetime:
        """When the end is announced; the end itself if that is too near."""
        notice = until - timedelta(hours=self.settings.promise_notice_hours)
        local = notice.astimezone(self.settings.zone)
        if local.time() > EVENING:
            notice = local.replace(hour=EVENING.hour, minute=0, second=0)
        elif local.time() < MORNING:
            notice = (local - timedelta(days=1)).replace(hour=EVENING.hour, minute=0, second=0)
        return notice if notice > self.now() else _after(until)

    def look(self, record: PromiseRow) -> None:
        """What an open promise is waiting for. :raises UpstreamError: not done; the agenda comes again."""
        assert record.until is not None, "only a promise that was granted is looked at"
        if record.status == "ending":
            return self._end(record)
        offer = self.billing.promise_offer(record.account)
        if offer.active is None:
            self.store.advance(record, "repaid", self.now(), None)
        elif self.now() <= record.until:
            self._announce(record, offer)
        else:
            self._expire(record)
        return None

    def _announce(self, record: PromiseRow, offer: PromiseOffer) -> None:
        assert offer.active is not None
        until = local_date(record.until, self.settings.zone).isoformat()
        facts = {"until": until, "amount_kopecks": offer.active.amount_kopecks}
        said = self._message(record, "promise_ends_soon", facts)
        self.store.advance(record, "active", self.now(), _after(record.until), [(said, self.now())])

    def _expire(self, record: PromiseRow) -> None:
        asked = False
        for _ in range(TRIES):
            # first of all: a payment that lands after this look changes what was seen, one before it the offer
            seen = in_flight.of(record.account)
            if self.billing.promise_offer(record.account).active is None:
                self.store.advance(record, "repaid", self.now(), None)
                return
            paid, young = self._on_the_way(seen)
            if any(self.settlement.credit(topup) for topup in paid):
                continue
            if young and not asked and not record.postponed:
                for topup in young:
                    self.questions.ask_now(topup)
                asked = True
                continue
            try:
                return self._decide(record, seen, paid, young)
            except MoneyCame:
                log.info("money moved at the end of a promised payment", extra={"account": record.account})
        raise UpstreamUnavailable(f"promise {record.id}: money keeps moving")

    def _decide(
        self, record: PromiseRow, seen: InFlightRow, paid: Sequence[TopUpRow], young: Sequence[TopUpRow]
    ) -> None:
        """Wait, or end it: either way only if what we saw of the account's top-ups is still so.

        :raises MoneyCame: it is not.
        """
        now = self.now()
        if paid and now < record.until + timedelta(hours=self.settings.promise_credit_hours):
            self.store.advance(record, "active", now, now + BETWEEN_LOOKS, seen=seen)
            return
        if young and not record.postponed:
            wait = timedelta(minutes=self.settings.promise_question_minutes)
            self.store.advance(record, "active", now, now + wait, seen=seen, postponed=True)
            return
        if paid:
            told: dict[str, object] = {"account": record.account, "paid": [topup.topup_id for topup in paid]}
            self.cases.open(CaseKind.PROMISE_UNCREDITED, record.id, now, told)
        if self.store.advance(record, "ending", now, _after(record.until), seen=seen):
            self._end(record)

    def _on_the_way(self, seen: InFlightRow) -> tuple[Sequence[TopUpRow], Sequence[TopUpRow]]:
        """Top-ups that are paid and not credited, and orders so young that their payer may still be at the gateway."""
        store = self.settlement.store
        found = [store.get(id) for id in sorted({*(seen.paid or ()), *(seen.awaiting or ())})]
        topups = [topup for topup in found if topup is not None]
        oldest = self.now() - timedelta(minutes=self.settings.promise_question_minutes)
        paid = [topup for topup in topups if topup.status == "paid"]
        waiting = [topup for topup in topups if topup.status in {"created", "awaiting_payment"}]
        return paid, [topup for topup in waiting if topup.created_at > oldest]

    def _end(self, record: PromiseRow) -> None:
        """The intent stands: the billing is told as often as it takes."""
        self.billing.revoke_promise(record.account, record.id)
        said = self._message(record, "promise_ended", {})
        self.store.advance(record, "ended", self.now(), None, [(said, self._awake())])

    def _message(self, record: PromiseRow, event: str, facts: Mapping[str, object]) -> MessageRow:
        return MessageRow(
            f"promise:{record.id}:{event}",
            subscriber_id=record.subscriber_id,
            event=event,
            facts={"account": record.account, **facts},
            language=record.language,
            created_at=self.now(),
        )

    def _awake(self) -> datetime:
        """Now, or the morning if it is night where the provider is."""
        local = self.now().astimezone(self.settings.zone)
        if local.time() >= MORNING:
            return self.now()
        return local.replace(hour=MORNING.hour, minute=0, second=0, microsecond=0)


def _after(until: datetime) -> datetime:
    return until + timedelta(seconds=1)
