"""What Uniteller's words and codes mean to the portal (Technical order, internet acquiring, v. 1.43 rev. 48)."""

from collections.abc import Mapping

from chalicelib.providers.gateways import PaymentStatus

#: The statuses of a notification (4.6.1.1) and of /results/ (4.6.2), compared in lower case: the company writes
#: them small in the one and with a capital in the other. It calls an order paid when it is Authorized or Paid.
STATUSES: Mapping[str, PaymentStatus] = {
    "authorized": PaymentStatus.PAID,
    "paid": PaymentStatus.PAID,
    "not authorized": PaymentStatus.DECLINED,  # only in /results/; the payer may try again while the order lives
    "canceled": PaymentStatus.RETURNED,
    "cancelled": PaymentStatus.RETURNED,
    "partly canceled": PaymentStatus.PARTLY_RETURNED,
    "waiting": PaymentStatus.PENDING,  # a bill of e-money is out
    "pending": PaymentStatus.PENDING,  # 3-D Secure is going on
}
#: Held money of a two-stage payment, which we never ask for: not ours before somebody confirms it.
NEEDS_CONFIRMATION = "1"
