"""The tariff catalogue: data of the provider, replaced as a whole.

It is one row, so that nobody ever sees half of an import and every decision takes one read. What an account pays
stands in the account: a tariff that is changed or gone here keeps its old terms for those who have it.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator
from pynamodb.attributes import UnicodeAttribute

from chalicelib.billing import ServiceKind, Tariff
from chalicelib.billing.embedded.tables import BillingRow
from chalicelib.errors import InvalidRequest
from chalicelib.models import Value
from chalicelib.money import Kopecks
from chalicelib.store.tables import fetch
from chalicelib.store.transaction import Transaction

#: A row of the store holds 400 kB, and every decision about a tariff reads it.
LARGEST_BYTES = 300_000
_KEY = "catalogue#tariffs", "current"

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
NotNegative = Annotated[Kopecks, Field(ge=0, le=10**9)]


class CatalogueTariff(Value):
    """``offered`` False: nobody may change to it any more. ``switch_fee_kopecks`` is for a change at once; from the
    next period it is always free."""

    id: Name
    title: Annotated[str, Field(min_length=1, max_length=200)]
    kind: ServiceKind
    fee_kopecks: NotNegative
    speed_mbps: Annotated[int, Field(gt=0)] | None = None
    group: Name
    offered: bool = True
    switch_fee_kopecks: NotNegative = Kopecks(0)

    @property
    def terms(self) -> Tariff:
        """What an account that has it keeps."""
        return Tariff(id=self.id, title=self.title, fee_kopecks=self.fee_kopecks, speed_mbps=self.speed_mbps)


class TariffGroup(Value):
    """Only groups that differ from the default need one. ``moves``: the groups to which its tariffs may be changed,
    its own if it names none. ``promise_percent`` is the largest promised payment, of the monthly fee."""

    id: Name
    moves: tuple[Name, ...] | None = None
    promise_percent: Annotated[int, Field(ge=0, le=1000)] | None = None


class Catalogue(Value):
    tariffs: tuple[CatalogueTariff, ...] = ()
    groups: tuple[TariffGroup, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _once("tariff", [tariff.id for tariff in self.tariffs])
        _once("group", [group.id for group in self.groups])
        known = {group.id for group in self.groups} | {tariff.group for tariff in self.tariffs}
        for group in self.groups:
            unknown = sorted(set(group.moves or ()) - known)
            if unknown:
                raise ValueError(f"group {group.id} moves to unknown groups: {', '.join(unknown)}")
        return self

    def tariff(self, id: str) -> CatalogueTariff | None:
        return next((tariff for tariff in self.tariffs if tariff.id == id), None)

    def reachable(self, current: Tariff, kind: ServiceKind) -> tuple[CatalogueTariff, ...]:
        """What a service may be changed to, in the catalogue's order; nothing from a tariff that is not in it."""
        own = self.tariff(current.id)
        if own is None:
            return ()
        group = self._group(own.group)
        moves = group.moves if group is not None and group.moves is not None else (own.group,)
        return tuple(
            tariff
            for tariff in self.tariffs
            if tariff.offered and tariff.kind is kind and tariff.group in moves and tariff.id != current.id
        )

    def promise_percent(self, current: Tariff, default: int) -> int:
        """Of the group that a tariff belongs to."""
        own = self.tariff(current.id)
        group = self._group(own.group) if own is not None else None
        return group.promise_percent if group is not None and group.promise_percent is not None else default

    def _group(self, id: str) -> TariffGroup | None:
        return next((group for group in self.groups if group.id == id), None)


class CatalogueRow(BillingRow, discriminator="catalogue"):
    content = UnicodeAttribute()


def load() -> Catalogue:
    """One get, consistent. Empty if the provider has none. :raises UpstreamUnavailable: the store did not answer."""
    row = fetch(CatalogueRow, *_KEY)
    return Catalogue.model_validate_json(row.content) if row is not None else Catalogue()


def replace(tariffs: Iterable[CatalogueTariff], groups: Iterable[TariffGroup] = ()) -> Catalogue:
    """Put a new catalogue in place of the old one, whole or not at all. Idempotent.

    :raises InvalidRequest: an id twice, an unknown group, too much for one row; the old one stays.
    :raises OutcomeUnknown: the old or the new one stands; do it again.
    """
    try:
        catalogue = Catalogue(tariffs=tuple(tariffs), groups=tuple(groups))
    except ValidationError as error:
        raise InvalidRequest({"catalogue": "invalid"}, str(error.errors()[0]["msg"])) from None
    content = catalogue.model_dump_json()
    if len(content.encode()) > LARGEST_BYTES:
        raise InvalidRequest({"catalogue": "too_large"})
    tx = Transaction()
    tx.put("catalogue", CatalogueRow(*_KEY, content=content))
    tx.commit()
    return catalogue


def _once(what: str, ids: Sequence[str]) -> None:
    twice = sorted({id for id in ids if ids.count(id) > 1})
    if twice:
        raise ValueError(f"{what} given twice: {', '.join(twice)}")
