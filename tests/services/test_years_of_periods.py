"""Twenty-six months through the whole product, the clock stepping through each due instant, over a 29 February.

Anchors 1, 29 and 31 always; every anchor with ``STORM_EVERY_ANCHOR=1``.
"""

import os
from datetime import date, timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.billing import ServiceKind
from chalicelib.billing.embedded import accounts
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.billing.embedded.tables import EntryRow
from chalicelib.billing.embedded.verify import verify
from chalicelib.clock import day_start, local_date
from chalicelib.money import Kopecks
from tests.product import Product, books
from tests.unit.plain_days import days, starts_a_period

ANCHORS = range(1, 32) if os.environ.get("STORM_EVERY_ANCHOR") else (1, 29, 31)
NUMBER, DAYS = "100777", 26 * 30 + 12


@pytest.mark.parametrize("anchor", ANCHORS)
def test_each_period_is_opened_once_on_its_day(shop: Product, anchor: int) -> None:
    today = books().today()
    accounts.create(NewAccount(NUMBER, "sub-bob", "Дом", "Тверь", anchor, today), bootstrap.now())
    service = NewService("internet", ServiceKind.INTERNET, "Интернет", "t", "Сто", Kopecks(650_00), charged_from=today)
    accounts.add_service(books(), NUMBER, service)
    bootstrap.billing().post_payment(NUMBER, Kopecks(100_000_00), "p", "gateway:robokassa")
    shop.advance(days=DAYS)
    starts = [day for day in days(today, DAYS + 1) if day == today or starts_a_period(day, anchor)]
    entries = [row for row in EntryRow.query(NUMBER) if row.external_id != "p"]
    opened = [(row.external_id.split(":")[2], row.at) for row in entries]
    assert [id for id, _ in opened] == [day.isoformat() for day in starts]
    assert date(2028, 2, 29) in starts or anchor < 29
    # all but the first were opened at the first instant of their local day
    zone = bootstrap.settings().zone
    assert [local_date(at, zone) for _, at in opened] == starts
    late = [at - day_start(day, zone) for day, (_, at) in zip(starts, opened, strict=True)]
    assert max(late[1:]) < timedelta(seconds=2)
    assert not verify().differences
    assert not [case for case in shop.cases() if case.kind == "agenda"]
