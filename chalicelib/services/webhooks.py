"""Payment notifications: theirs, ours, once."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib import logs, metrics
from chalicelib.clock import Clock
from chalicelib.errors import NotFound, OutcomeUnknown, Quarantined, SignatureInvalid, UpstreamUnavailable
from chalicelib.providers.gateways import Acknowledgement, PaymentEvent, PaymentGateway, PaymentStatus
from chalicelib.services.questions import Questions
from chalicelib.services.settlement import Settlement
from chalicelib.store.cases import CaseKind, CaseStore
from chalicelib.store.topups import TopUpRow, TopUpStore

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Webhooks:
    gateways: Mapping[str, PaymentGateway]
    store: TopUpStore
    settlement: Settlement
    questions: Questions
    cases: CaseStore
    now: Clock

    def receive(self, name: str, fields: Mapping[str, str]) -> Acknowledgement:
        """Check, record, try to credit, acknowledge. A repeat gets the same acknowledgement and changes nothing.

        :raises SignatureInvalid, BadWebhook: not theirs or unreadable; nothing is touched.
        :raises Quarantined: theirs, but not our order or not its sum; an operator sees it.
        :raises UpstreamUnavailable: not known to be recorded; the company must come again.
        """
        gateway = self.gateway(name)
        logs.add(gateway=name)
        try:
            event = gateway.parse_webhook(fields)
        except SignatureInvalid:
            log.warning("webhook with a foreign signature")
            metrics.put(name, {"signature_failures": 1})
            raise
        topup = self._ours(name, event)
        if not event.proven:
            self._told(topup, event, name)
        elif event.status is PaymentStatus.PAID and topup.status not in {"paid", "credited"}:
            topup = self._paid(topup, name)
        if topup.status == "paid":
            self.settlement.credit(topup)
        return gateway.acknowledge(event)

    def _paid(self, topup: TopUpRow, name: str) -> TopUpRow:
        try:
            return self.settlement.paid(topup, f"webhook:{name}")
        except OutcomeUnknown as lost:
            # recorded or not, their repeat is harmless and any 2xx might stop it
            raise UpstreamUnavailable(f"{name} must come again") from lost

    def _told(self, topup: TopUpRow, event: PaymentEvent, name: str) -> None:
        """Signed, and too little to decide by: the company's answer to our own question decides."""
        if topup.status == "paid" and event.status in {PaymentStatus.RETURNED, PaymentStatus.PARTLY_RETURNED}:
            # the credit comes first: only then can it be seen what went back
            raise UpstreamUnavailable(f"{name} must come again")
        try:
            self.questions.wake(topup, event.status)
        except OutcomeUnknown as lost:
            raise UpstreamUnavailable(f"{name} must come again") from lost

    def gateway(self, name: str) -> PaymentGateway:
        """:raises NotFound: this provider does not use that gateway."""
        if name not in self.gateways:
            raise NotFound(name)
        return self.gateways[name]

    def _ours(self, name: str, event: PaymentEvent) -> TopUpRow:
        """The order it speaks of. The account and the sum come from our row, never from the notification."""
        topup = self.store.by_invoice(name, event.invoice) if event.invoice is not None else None
        if topup is None:
            self._quarantine(CaseKind.UNKNOWN_ORDER, name, event, None)
        elif event.topup_id is not None and event.topup_id != topup.topup_id:
            self._quarantine(CaseKind.OTHER_ORDER, name, event, topup)
        elif event.proven and event.amount_kopecks != topup.amount_kopecks:
            self._quarantine(CaseKind.WRONG_AMOUNT, name, event, topup)
        else:
            logs.add(topup=topup.topup_id)
            return topup
        raise Quarantined(f"{name} {event.order}")

    def _quarantine(self, kind: CaseKind, name: str, event: PaymentEvent, topup: TopUpRow | None) -> None:
        log.error("webhook quarantined", extra={"gateway": name, "kind": kind, "invoice": event.order})
        told = {
            "gateway": name,
            "invoice": event.invoice or event.order,
            "told_kopecks": event.amount_kopecks,
            "by": "webhook",
        }
        ours = {"account": topup.account, "ordered_kopecks": topup.amount_kopecks} if topup else {}
        self.cases.open(kind, topup.topup_id if topup else f"{name}:{event.order}", self.now(), {**told, **ours})
