"""How many orders a subscriber may make a day: a limit against floods, not an account."""

from datetime import date

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import UpdateError

from chalicelib.errors import UpstreamUnavailable
from chalicelib.store.tables import TABLE_PREFIX, Connected, IntegerAttribute, Row, code_of


class BudgetRow(Row):
    class Meta(Connected):
        table_name = TABLE_PREFIX + "topups"

    topup_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    used = IntegerAttribute(default=0)


def spend(subscriber_id: str, day: date, limit: int) -> bool:
    """Count one more order of this day, before anything is written for it; False if there were enough.

    A lost answer may count one twice. :raises UpstreamUnavailable: not counted, ask again.
    """
    row = BudgetRow(f"budget#{subscriber_id}", day.isoformat())
    try:
        row.update([BudgetRow.used.add(1)], condition=BudgetRow.used.does_not_exist() | (BudgetRow.used < limit))
    except UpdateError as error:
        if code_of(error) == "ConditionalCheckFailedException":
            return False
        raise UpstreamUnavailable("the budget of orders") from error
    return True
