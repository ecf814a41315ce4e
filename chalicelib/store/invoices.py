"""Invoice numbers of a shop: each is given once, and names one top-up (or one receipt of ours) for ever."""

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import UpdateError

from chalicelib.errors import UpstreamUnavailable
from chalicelib.store.tables import TABLE_PREFIX, Connected, IntegerAttribute, Row, fetch
from chalicelib.store.transaction import Transaction

_INVOICE, _COUNTER = "invoice", "counter"
LARGEST_INVOICE = 2**31 - 1


class InvoiceRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "topups"

    topup_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default=_INVOICE)
    target = UnicodeAttribute()


class CounterRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "topups"

    topup_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default=_COUNTER)
    last = IntegerAttribute()


def following(gateway: str, start: int) -> int:
    """A number of this shop never given before, ``start`` the first time. A lost answer may skip one; none comes twice.

    :raises UpstreamUnavailable: no number, ask again; one may be skipped.
    """
    counter = CounterRow(f"counter#{gateway}", _COUNTER)
    try:
        # the first number ever is the setting; ADD on an absent item would start at nought
        value = CounterRow.last.set((CounterRow.last | (start - 1)) + 1)
        counter.update([value])
    except UpdateError as error:
        # whether or not it was counted, asking again gives a number of one's own
        raise UpstreamUnavailable("invoice counter") from error
    if counter.last > LARGEST_INVOICE:
        raise UpstreamUnavailable("invoice numbers are used up")
    return counter.last


def claim(tx: Transaction, gateway: str, invoice: int, topup_id: str) -> None:
    """The number is this top-up's; the commit fails with ``invoice`` among the names if it is another's, which only a
    reset counter can cause."""
    row = InvoiceRow(_key(gateway, invoice), target=topup_id)
    tx.put("invoice", row, InvoiceRow.topup_id.does_not_exist())


def order_of(gateway: str, invoice: int) -> str | None:
    """The top-up that has this number."""
    found = fetch(InvoiceRow, _key(gateway, invoice), _INVOICE)
    return found.target if found else None


def _key(gateway: str, invoice: int) -> str:
    return f"invoice#{gateway}#{invoice}"
