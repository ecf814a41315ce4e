"""A billing that fails when the sandbox says so, whatever billing stands behind it."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from chalicelib.billing import BillingSystem
from chalicelib.errors import OutcomeUnknown, UpstreamBroken, UpstreamUnavailable

#: The verbs of the port that change something; whatever else it has is a question.
WRITES = frozenset({
    "post_payment", "post_refund", "reverse_refund", "post_charge", "reverse_charge", "change_tariff",
    "cancel_tariff_change", "grant_promise", "hold_block", "revoke_promise", "suspend", "resume",
    "set_internet_password", "update_contacts", "update_identity_document",
})  # fmt: skip

TakeFault = Callable[[str], str | None]


class _FaultyBilling:
    def __init__(self, billing: BillingSystem, take: TakeFault) -> None:
        self._billing = billing
        self._take = take

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._billing, name)
        return partial(self._call, name, found) if callable(found) and not name.startswith("_") else found

    def _call(self, name: str, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        kind = self._take(name)
        if kind in ("timeout_before", "refused"):
            raise UpstreamUnavailable(f"billing {name}: {kind}")
        answer = verb(*args, **kwargs)
        if kind is not None:
            raise (OutcomeUnknown if name in WRITES else UpstreamBroken)(f"billing {name}: {kind}")
        return answer


def faulty(billing: BillingSystem, take: TakeFault) -> BillingSystem:
    """The same billing behind a line that may break.

    ``timeout_before`` and ``refused``: not executed, UpstreamUnavailable. ``timeout_after``, ``http_500`` and
    ``nonsense``: executed, then OutcomeUnknown for a write and UpstreamBroken for a question.
    """
    return cast(BillingSystem, _FaultyBilling(billing, take))
