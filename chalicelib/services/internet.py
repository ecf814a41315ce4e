"""The internet service: its tariffs and its suspension, on the account of whoever asks.

What is allowed and what it costs is the billing's to say; here is only whose account it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib.billing import BillingSystem, Start, SuspensionOffer, TariffChanged, TariffOffer
from chalicelib.errors import NotFound
from chalicelib.money import Kopecks


@dataclass(frozen=True)
class Internet:
    """Every method :raises NotFound: not the caller's account, or no such service; the two look alike."""

    billing: BillingSystem

    def tariffs(self, subscriber_id: str, account: str, service: str) -> Sequence[TariffOffer]:
        self._owned(subscriber_id, account)
        return self.billing.tariff_offers(account, service)

    def change_tariff(
        self,
        subscriber_id: str,
        account: str,
        service: str,
        tariff: str,
        when: Start,
        expected: Kopecks,
        expected_fee: Kopecks | None,
    ) -> TariffChanged:
        """:raises Rejected: a rule says no, or ``numbers_changed``."""
        self._owned(subscriber_id, account)
        return self.billing.change_tariff(account, service, tariff, when, expected, expected_fee)

    def cancel_tariff_change(self, subscriber_id: str, account: str, service: str) -> None:
        self._owned(subscriber_id, account)
        self.billing.cancel_tariff_change(account, service)

    def suspension(
        self, subscriber_id: str, account: str, service: str, start: date | None, end: date | None
    ) -> SuspensionOffer:
        self._owned(subscriber_id, account)
        return self.billing.suspension_offer(account, service, start, end)

    def suspend(
        self, subscriber_id: str, account: str, service: str, start: date, end: date, expected_refund: Kopecks | None
    ) -> SuspensionOffer:
        """The offer as it is then: ``current`` is what was ordered. :raises Rejected: as ``change_tariff``."""
        self._owned(subscriber_id, account)
        self.billing.suspend(account, service, start, end, expected_refund)
        return self.billing.suspension_offer(account, service)

    def resume(self, subscriber_id: str, account: str, service: str) -> None:
        """Cancel what is planned or end what runs. :raises Rejected: ``too_early``."""
        self._owned(subscriber_id, account)
        self.billing.resume(account, service)

    def _owned(self, subscriber_id: str, account: str) -> None:
        if not self.billing.owns(subscriber_id, account):
            raise NotFound(account)
