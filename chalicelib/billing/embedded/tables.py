"""The rows of the embedded billing.

Table ``billing`` keeps everything about an account except its entries in one partition, so that one
Query gives the whole account:

    <account>              account | head
    subscriber#<id>        <order>#<account>       which accounts a subscriber has, in their order

Table ``ledger`` keeps the entries, and next to them who has used which external id:

    <account>              <instant>#<seq>         an entry, never changed after it is written
    external#<id>          external                a uniqueness row, written with its entry
"""

import re
from datetime import date, datetime

from pynamodb.attributes import (
    Attribute,
    DiscriminatorAttribute,
    JSONAttribute,
    ListAttribute,
    MapAttribute,
    UnicodeAttribute,
)
from pynamodb.constants import STRING

from chalicelib.clock import from_text, to_text
from chalicelib.store.tables import TABLE_PREFIX, Connected, InstantAttribute, IntegerAttribute, Row

#: No ``#`` in it: an account number can never be mistaken for another kind of partition.
_ACCOUNT = re.compile(r"[0-9A-Za-z-]{1,32}", re.ASCII)


def is_account(text: str) -> bool:
    """Whether this can be an account number at all; anything else need not bother the store."""
    return _ACCOUNT.fullmatch(text) is not None


class DateAttribute(Attribute[date]):
    """A business date as ``YYYY-MM-DD``."""

    attr_type = STRING

    def serialize(self, value: date) -> str:
        return value.isoformat()

    def deserialize(self, value: str) -> date:
        return date.fromisoformat(value)


class BillingRow(Row):
    """Any row of ``billing``; a query on this class gives each row as its own class."""

    class Meta(Connected):
        table_name = TABLE_PREFIX + "billing"

    account = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    row = DiscriminatorAttribute()


class AccountRow(BillingRow, discriminator="account"):
    subscriber_id = UnicodeAttribute()
    label = UnicodeAttribute()
    address = UnicodeAttribute()
    anchor_day = IntegerAttribute()
    contract_on = DateAttribute()


class HeadRow(BillingRow, discriminator="head"):
    """Where the account's ledger ends, and how the account stands: ``standing`` is what ``standing.KEPT`` names.

    ``agenda_key`` is the row of the agenda that wakes the account on its next day, if there is one.
    """

    seq = IntegerAttribute(default=0)
    last_at = InstantAttribute()
    balance_kopecks = IntegerAttribute(default=0)
    payments_kopecks = IntegerAttribute(default=0)
    charges_kopecks = IntegerAttribute(default=0)
    other_kopecks = IntegerAttribute(default=0)
    hash = UnicodeAttribute(default="")
    #: counts every change of the account, with or without an entry; each is conditional on it
    revision = IntegerAttribute(default=0)
    marks: ListAttribute[str] = ListAttribute(default=list)
    standing = JSONAttribute(default=dict)
    agenda_key = UnicodeAttribute(null=True)


class MembershipRow(BillingRow, discriminator="membership"):
    """In the partition ``subscriber#<id>``: one account of that subscriber."""

    number = UnicodeAttribute()


class LegMap(MapAttribute[str, object]):
    """One leg of an entry; ``amount_kopecks`` is signed from the subscriber's view, ``contra`` gets the opposite."""

    kind = UnicodeAttribute()
    amount_kopecks = IntegerAttribute()
    title = UnicodeAttribute()
    contra = UnicodeAttribute()
    service = UnicodeAttribute(null=True)
    period_start = DateAttribute(null=True)
    period_end = DateAttribute(null=True)
    rule = UnicodeAttribute(null=True)
    formula = UnicodeAttribute(null=True)


class EntryRow(Row):
    """An immutable entry, with the balance and the running totals right after it."""

    class Meta(Connected):
        table_name = TABLE_PREFIX + "ledger"

    account = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    external_id = UnicodeAttribute()
    legs = ListAttribute(of=LegMap)
    operator = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    balance_kopecks = IntegerAttribute()
    payments_kopecks = IntegerAttribute()
    charges_kopecks = IntegerAttribute()
    other_kopecks = IntegerAttribute()
    previous_hash = UnicodeAttribute()
    hash = UnicodeAttribute()

    @property
    def at(self) -> datetime:
        return from_text(self.item.partition("#")[0])

    @property
    def seq(self) -> int:
        return int(self.item.partition("#")[2])


class ExternalRow(Row):
    """Who has used an external id: found by the id alone, enough to tell a repeat from a conflict."""

    class Meta(Connected):
        table_name = TABLE_PREFIX + "ledger"

    partition = UnicodeAttribute(hash_key=True, attr_name="account")
    item = UnicodeAttribute(range_key=True, default="external")
    owner = UnicodeAttribute()
    kind = UnicodeAttribute()
    amount_kopecks = IntegerAttribute()
    entry = UnicodeAttribute()


def entry_key(at: datetime, seq: int) -> str:
    """Of fixed width, so that keys sort by time and, within a second, by number."""
    return f"{to_text(at)}#{seq:010d}"


def external_key(external_id: str) -> str:
    return f"external#{external_id}"


def subscriber_key(subscriber_id: str) -> str:
    return f"subscriber#{subscriber_id}"
