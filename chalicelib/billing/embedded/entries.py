"""What an entry of the ledger is: its legs, what they must satisfy, its running totals and its hash. Pure.

Double entry: a leg moves ``amount_kopecks`` to the subscriber and the opposite to its contra account,
so a leg sums to zero by construction. A contra account (``gateway:robokassa``, ``revenue:internet``,
``correction``) is a label that ``verify`` sums, not a row: a shared row would make every payment of the
provider wait for one item.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Self

from chalicelib.billing import OperationKind, ServicePeriod
from chalicelib.billing.embedded.tables import EntryRow, HeadRow, LegMap, is_account
from chalicelib.money import Kopecks

#: Services an account may have, hence legs of its opening.
MAX_LEGS = 40

_CONTRA = re.compile(r"[a-z][a-z0-9_-]*(:[a-z0-9][a-z0-9 _-]*)?", re.ASCII)


@dataclass(frozen=True)
class Leg:
    """One operation on screen. ``rule`` and ``formula`` say why an automatic sum is what it is.

    :raises ValueError: a sum that is zero, not a whole number or of the wrong sign, or a bad contra label.
    """

    kind: OperationKind
    amount_kopecks: Kopecks
    title: str
    contra: str
    service: str | None = None
    period: ServicePeriod | None = None
    rule: str | None = None
    formula: str | None = None

    def __post_init__(self) -> None:
        amount = self.amount_kopecks
        if type(amount) is not int or amount == 0:
            raise ValueError("a leg moves a whole number of kopecks, not zero")
        if (self.kind is OperationKind.PAYMENT and amount < 0) or (self.kind is OperationKind.CHARGE and amount > 0):
            raise ValueError(f"a {self.kind} of this sign is a refund or a correction")
        if not self.title or not _CONTRA.fullmatch(self.contra):
            raise ValueError("a leg has a title and a contra account")

    def as_map(self) -> LegMap:
        period = self.period
        return LegMap(  # type: ignore[no-untyped-call]
            kind=self.kind,
            amount_kopecks=self.amount_kopecks,
            title=self.title,
            contra=self.contra,
            service=self.service,
            period_start=period.start if period else None,
            period_end=period.end if period else None,
            rule=self.rule,
            formula=self.formula,
        )


@dataclass(frozen=True)
class NewEntry:
    """What to post. ``external_id`` names the fact for ever: the same id never moves money twice.

    ``operator`` and ``reason`` stand on everything that a person did by hand.

    :raises ValueError: no legs or too many, no id, half a signature, an unexplained correction.
    """

    account: str
    external_id: str
    legs: tuple[Leg, ...]
    operator: str | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.legs) <= MAX_LEGS:
            raise ValueError(f"an entry has 1 to {MAX_LEGS} legs")
        if not is_account(self.account) or not 0 < len(self.external_id) <= 200:
            raise ValueError("an entry has an account and an external id")
        if bool(self.operator) != bool(self.reason):
            raise ValueError("an operator gives a reason, and a reason has an operator")
        if not self.operator and any(leg.kind is OperationKind.CORRECTION and not leg.rule for leg in self.legs):
            raise ValueError("a correction is explained by an operator's reason or by a rule")

    @property
    def amount_kopecks(self) -> Kopecks:
        return Kopecks(sum(leg.amount_kopecks for leg in self.legs))

    @property
    def kind(self) -> str:
        """The kinds of its legs in one word, to tell a repeat from another fact under the same id."""
        return "+".join(sorted({leg.kind.value for leg in self.legs}))


@dataclass(frozen=True)
class Totals:
    """Running totals since the account began. Refunds and corrections are ``other``."""

    payments: int = 0
    charges: int = 0
    other: int = 0

    @classmethod
    def of(cls, row: HeadRow | EntryRow) -> Self:
        return cls(row.payments_kopecks, row.charges_kopecks, row.other_kopecks)

    @property
    def balance(self) -> Kopecks:
        return Kopecks(self.payments + self.charges + self.other)

    def after(self, legs: Iterable[Leg | LegMap]) -> "Totals":
        payments, charges, other = self.payments, self.charges, self.other
        for leg in legs:
            if leg.kind == OperationKind.PAYMENT:
                payments += leg.amount_kopecks
            elif leg.kind == OperationKind.CHARGE:
                charges += leg.amount_kopecks
            else:
                other += leg.amount_kopecks
        return Totals(payments, charges, other)


def entry_hash(row: EntryRow) -> str:
    """SHA-256 of everything the row says, its key and the previous hash included, as canonical JSON."""
    content: dict[str, object] = {name: getattr(row, name) for name in row.get_attributes() if name != "hash"}
    content["legs"] = [{name: getattr(leg, name) for name in LegMap.get_attributes()} for leg in row.legs]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=date.isoformat)
    return hashlib.sha256(text.encode()).hexdigest()
