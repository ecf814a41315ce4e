"""Receipts: each is asked about until it is registered, the closing one is sent once, and what stays away is a case."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chalicelib import bootstrap
from chalicelib.billing import OperationsQuery
from chalicelib.money import Kopecks
from chalicelib.store.receipts import CLOSING, PAYMENT, ReceiptRow, ReceiptStore
from chalicelib.store.subscribers import Profile
from chalicelib.store.topups import TopUpRow
from local.store.engine import Engine
from tests.autopaying import CHARGED, charges, connect, until
from tests.portal import client
from tests.product import Product, product, subscriber
from tests.scene import ACCOUNT, owe, settle

PRINTING = {"ROBOKASSA_RECEIPTS": "true", "ROBOKASSA_CLOSING_RECEIPT": "true", "UNITELLER_FISCAL": "true"}
#: Ten in the morning of the first of December in Moscow.
CLOSED_AT = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


@pytest.fixture
def shop(store: Engine) -> Iterator[Product]:
    """The usual people, and companies that print."""
    with product(invoice_start=1000, **PRINTING) as made:
        subscriber("sub-bob", "bob", "+79001112233")
        subscriber("sub-charlie", "charlie", "+79004445566")
        made.account("100201", "sub-bob")
        settle(made, balance=0)
        yield made


def paid(shop: Product, gateway: str = "robokassa", kopecks: int = 500_00, account: str = ACCOUNT) -> TopUpRow:
    topup = shop.order("sub-bob", account, kopecks, gateway=gateway).topup
    shop.pay(topup)
    shop.advance(seconds=10)
    found = bootstrap.topup_store().existing(topup.topup_id)
    assert found.status == "credited"
    return found


def row(topup: TopUpRow, item: str = PAYMENT) -> ReceiptRow:
    found = bootstrap.receipt_store().named(f"{topup.topup_id}#{item}")
    assert found is not None
    return found


def urls(account: str = ACCOUNT) -> list[str | None]:
    """Of the operations of a year, newest first, but for charges."""
    today = bootstrap.accounts().today()
    query = OperationsQuery(date_from=today.replace(year=today.year - 1), date_to=today)
    page = bootstrap.accounts().operations("sub-bob", account, query)
    return [each.receipt_url for each in page.items if each.kind in {"payment", "refund"}]


def calls(shop: Product, call: str) -> int:
    return sum(line["call"] == call for line in shop.sandboxed("GET", "/sandbox/calls-log"))


def until_closing(shop: Product, minutes: int = 5) -> None:
    shop.advance(seconds=(CLOSED_AT - bootstrap.now()).total_seconds() + 60 * minutes)


# of the money that came in


@pytest.mark.parametrize("gateway", ["robokassa", "uniteller"])
def test_a_payment_has_its_receipt_and_the_link_to_it(shop: Product, gateway: str) -> None:
    topup = paid(shop, gateway)
    assert (urls()[0], bootstrap.receipts().url_of(topup.topup_id)) == (None, None)
    shop.advance(minutes=2)
    receipt = row(topup)
    assert receipt.status == "done"
    assert receipt.agenda_key is None
    wanted = f"http://127.0.0.1:8000/sandbox/receipt?fn={receipt.fn}&fd={receipt.fd}&fpd={receipt.fpd}&sum=500.00"
    assert urls()[0] == bootstrap.receipts().url_of(topup.topup_id) == wanted


def test_a_payment_at_the_desk_has_no_receipt_of_ours(shop: Product) -> None:
    assert urls() == [None]
    assert list(ReceiptRow.scan(ReceiptRow.item.startswith("receipt#"))) == []


def test_the_screens_show_the_link_to_its_owner_alone(shop: Product) -> None:
    topup = paid(shop, account="100201")
    shop.advance(minutes=2)
    bob, charlie = client(), client()
    bob.log_in("bob")
    charlie.log_in("charlie")
    url = row(topup).url
    assert bob.get(f"/api/topups/{topup.topup_id}").json["receipt_url"] == url
    assert bob.get("/api/accounts/100201/operations").json["items"][0]["receipt_url"] == url
    assert bob.get("/api/home?account=100201").json["operations"][0]["receipt_url"] == url
    assert charlie.get(f"/api/topups/{topup.topup_id}").status == 404


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "http_500", "nonsense"])
@pytest.mark.parametrize("gateway", ["robokassa", "uniteller"])
def test_a_company_that_fails_is_asked_again(shop: Product, gateway: str, kind: str) -> None:
    call = "get_receipts" if gateway == "uniteller" else "get_receipt"
    shop.fault(gateway, call, kind, times=2)
    topup = paid(shop, gateway)
    shop.advance(minutes=30)
    assert (row(topup).status, calls(shop, call), shop.cases()) == ("done", 3, [])


def test_one_answer_serves_all_who_paid_in_the_same_minutes(shop: Product) -> None:
    """A morning of charges may not take every turn of those who pay by hand."""
    topups = [shop.order("sub-bob", ACCOUNT, 500_00 + each, gateway="uniteller").topup for each in range(20)]
    for topup in topups:
        shop.pay(topup, webhook="lost")
    shop.clock.advance(61)
    bootstrap.agenda_runner().run_due()
    shop.clock.advance(61)
    bootstrap.agenda_runner().run_due()
    assert [row(topup).status for topup in topups] == ["done"] * 20
    assert (calls(shop, "get_receipts"), calls(shop, "get_receipt")) == (1, 0)


def test_an_answer_from_before_the_question_was_due_is_not_believed(shop: Product) -> None:
    first = paid(shop, "uniteller")
    shop.clock.advance(55)
    second = paid(shop, "uniteller", kopecks=300_00)
    shop.advance(minutes=5)
    assert [row(topup).status for topup in (first, second)] == ["done", "done"]
    assert calls(shop, "get_receipts") == 2


def test_what_is_listed_and_not_registered_is_never_asked_about_alone(shop: Product) -> None:
    """The tax office's line is down for a day: a thousand that wait do not begin to take a turn each."""
    topup = paid(shop, "uniteller")
    shop.sandbox._state.change("update uniteller set amount_kopecks = 1")
    shop.advance(hours=12)
    assert (row(topup).status, calls(shop, "get_receipt"), shop.cases()) == ("waiting", 0, [])
    shop.sandbox._state.change("update uniteller set amount_kopecks = 50000")
    shop.advance(hours=2)
    assert (row(topup).status, calls(shop, "get_receipt")) == ("done", 0)


@pytest.mark.parametrize("aside", ["a payer who took long", "a week old", "not found among the others"])
def test_what_stands_aside_is_asked_about_alone(shop: Product, aside: str) -> None:
    topup = shop.order("sub-bob", ACCOUNT, 500_00, gateway="uniteller").topup
    if aside == "a payer who took long":
        shop.clock.advance(2 * 3600)
    shop.pay(topup)
    if aside == "not found among the others":
        # their clock is another one
        shop.sandbox._state.change("update uniteller set opened_at = '2026-11-23T05:00:00.000000Z'")
    if aside == "a week old":
        shop.clock.advance(8 * 24 * 3600)
    shop.advance(hours=3)
    assert row(topup).status == "done"
    assert calls(shop, "get_receipt") == 1


def test_a_receipt_that_stays_away_for_a_day_is_a_case_and_rests_after_three(shop: Product) -> None:
    shop.fault("robokassa", "get_receipt", "http_500", times=1000)
    topup = paid(shop)
    shop.advance(hours=23)
    assert shop.cases() == []
    shop.advance(hours=3)
    assert [(case.kind, case.ref) for case in shop.cases()] == [("receipt", f"{topup.topup_id}#{PAYMENT}")]
    shop.advance(days=3)
    assert row(topup).status == "waiting"
    assert row(topup).agenda_key is None


def test_a_case_is_retried_by_command_and_ends_by_itself(shop: Product) -> None:
    shop.fault("robokassa", "get_receipt", "http_500", times=1000)
    topup = paid(shop)
    shop.advance(days=4)
    shop.sandboxed("DELETE", "/sandbox/faults")
    bootstrap.cases().retry(f"receipt:{topup.topup_id}#{PAYMENT}", "i.petrova", "касса починена")
    shop.advance(minutes=2)
    bootstrap.cases().watch()
    assert (row(topup).status, shop.cases()) == ("done", [])


def test_a_refused_receipt_is_a_case_at_once(shop: Product) -> None:
    shop.fault("robokassa", "get_receipt", "refused")
    topup = paid(shop)
    shop.advance(minutes=2)
    assert (row(topup).status, [case.kind for case in shop.cases()]) == ("failed", ["receipt"])


# of money given back


def test_each_refund_has_a_receipt_of_its_own(shop: Product) -> None:
    topup = paid(shop, "uniteller")
    for id in ("r1", "r2"):
        bootstrap.refunds().begin(topup.topup_id, Kopecks(100_00), "i.petrova", "Ошибка", id)
        shop.advance(minutes=5)
    documents = [row(topup, f"receipt#refund#{id}").fd for id in ("r1", "r2")]
    assert len({row(topup).fd, *documents, None}) == 4
    assert None not in urls()[:3]


def test_a_document_found_by_two_workers_at_once_is_one_receipts_alone(
    shop: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    topup = paid(shop, "uniteller")
    shop.advance(minutes=2)
    for id in ("r1", "r2"):
        bootstrap.refunds().begin(topup.topup_id, Kopecks(100_00), "i.petrova", "Ошибка", id)
    # each worker read what others had found before the other wrote it down
    monkeypatch.setattr(ReceiptStore, "all_of", lambda self, topup_id: [])
    shop.advance(minutes=2)
    found = [row(topup, f"receipt#refund#{id}") for id in ("r1", "r2")]
    assert sorted((each.status, int(each.tries)) for each in found) == [("done", 0), ("waiting", 1)]
    monkeypatch.undo()
    shop.advance(minutes=10)
    documents = [row(topup, f"receipt#refund#{id}").fd for id in ("r1", "r2")]
    assert len({row(topup).fd, *documents, None}) == 4


# the closing one


def test_it_is_sent_once_the_payment_is_used_up(shop: Product) -> None:
    topup = paid(shop, kopecks=500_00)
    until_closing(shop)
    assert (row(topup, CLOSING).status, calls(shop, "send_receipt")) == ("due", 0)
    owe(500_00, "calls")
    shop.advance(days=31)
    closing = row(topup, CLOSING)
    assert (closing.status, calls(shop, "send_receipt"), closing.number) == ("done", 1, 1001)
    shop.advance(days=40)
    assert (calls(shop, "send_receipt"), shop.cases()) == (1, [])


def test_a_later_payment_is_not_taken_for_what_is_left_of_an_earlier_one(shop: Product) -> None:
    first = paid(shop, kopecks=500_00)
    owe(500_00, "calls")
    shop.advance(days=1)
    second = paid(shop, kopecks=300_00)
    until_closing(shop)
    assert [row(topup, CLOSING).status for topup in (first, second)] == ["done", "due"]


@pytest.mark.parametrize("kind", ["timeout_after", "http_500", "nonsense"])
def test_an_unknown_outcome_is_asked_about_and_never_sent_again(shop: Product, kind: str) -> None:
    topup = paid(shop)
    owe(500_00, "calls")
    shop.fault("robokassa", "send_receipt", kind)
    until_closing(shop, minutes=600)
    assert (row(topup, CLOSING).status, calls(shop, "send_receipt")) == ("done", 1)
    sent = shop.sandbox._state.rows("select * from receipt")
    assert [(one["id"], one["kopecks"]) for one in sent] == [("1001", 500_00)]


def test_one_that_never_got_there_is_sent_again_under_its_number(shop: Product) -> None:
    topup = paid(shop)
    owe(500_00, "calls")
    shop.fault("robokassa", "send_receipt", "timeout_before")
    until_closing(shop, minutes=45)
    assert (row(topup, CLOSING).status, row(topup, CLOSING).number) == ("sending", 1001)
    shop.advance(hours=3)
    assert (row(topup, CLOSING).status, row(topup, CLOSING).number, calls(shop, "send_receipt")) == ("done", 1001, 2)


def test_one_that_never_gets_there_is_a_case_after_a_day_and_rests_after_three(shop: Product) -> None:
    topup = paid(shop)
    owe(500_00, "calls")
    shop.fault("robokassa", "send_receipt", "timeout_before", times=1000)
    until_closing(shop, minutes=23 * 60)
    assert shop.cases() == []
    shop.advance(hours=3)
    assert [(case.kind, case.ref) for case in shop.cases()] == [("receipt", f"{topup.topup_id}#{CLOSING}")]
    shop.advance(days=3)
    assert row(topup, CLOSING).status == "sending"
    assert row(topup, CLOSING).agenda_key is None


def test_a_refused_one_is_a_case_and_is_sent_anew_by_command(shop: Product) -> None:
    topup = paid(shop)
    owe(500_00, "calls")
    shop.fault("robokassa", "send_receipt", "refused")
    until_closing(shop)
    assert (row(topup, CLOSING).status, [case.kind for case in shop.cases()]) == ("failed", ["receipt"])
    bootstrap.cases().retry(f"receipt:{topup.topup_id}#{CLOSING}", "i.petrova", "налог исправлен")
    shop.advance(minutes=5)
    assert (row(topup, CLOSING).status, row(topup, CLOSING).number) == ("done", 1002)


def test_what_went_back_is_not_closed(shop: Product) -> None:
    whole, part = paid(shop), paid(shop, kopecks=300_00)
    for topup, kopecks in ((whole, None), (part, Kopecks(100_00))):
        bootstrap.refunds().begin(topup.topup_id, kopecks, "i.petrova", "Ошибка", "r1")
    owe(200_00, "calls")
    until_closing(shop)
    assert [row(topup, CLOSING).status for topup in (whole, part)] == ["cancelled", "done"]
    assert [one["kopecks"] for one in shop.sandbox._state.rows("select * from receipt")] == [200_00]


def test_without_an_address_a_person_is_told(shop: Product) -> None:
    topup = paid(shop)
    owe(500_00, "calls")
    Profile("sub-bob", "profile").update([Profile.contacts.set([])])
    until_closing(shop)
    assert (row(topup, CLOSING).status, [case.facts["why"] for case in shop.cases()]) == ("failed", ["no_contact"])


@pytest.mark.parametrize("gateway", ["robokassa", "uniteller"])
def test_a_charge_without_its_payer_has_a_receipt_too(shop: Product, gateway: str) -> None:
    connect(shop, gateway)
    until(shop, CHARGED, minutes=10)
    [charge] = charges()
    assert row(charge).status == "done"
    assert None not in urls()[:2]


def test_a_later_payment_that_went_back_hides_no_money(shop: Product) -> None:
    """What a later day brought and took back again says nothing of what is left of the first payment."""
    first = paid(shop)
    shop.advance(days=1)
    second = paid(shop)
    bootstrap.refunds().begin(second.topup_id, None, "i.petrova", "Ошибка", "r1")
    until_closing(shop)
    assert (row(first, CLOSING).status, row(second, CLOSING).status) == ("due", "cancelled")


def test_a_payment_that_was_credited_a_day_late_is_not_its_own_successor(shop: Product) -> None:
    shop.fault("billing", "post_payment", "timeout_before", times=1000)
    topup = shop.order("sub-bob", ACCOUNT, 500_00).topup
    shop.pay(topup)
    shop.advance(days=2)
    shop.sandboxed("DELETE", "/sandbox/faults")
    shop.advance(hours=2)
    until_closing(shop)
    assert (row(topup, CLOSING).status, calls(shop, "send_receipt")) == ("due", 0)


def test_a_refund_under_way_is_waited_for(shop: Product) -> None:
    """It may be refused; then the payment is to be closed after all."""
    topup = paid(shop)
    shop.advance(days=6)
    shop.fault("robokassa", "get_refund", "http_500", times=1000)
    bootstrap.refunds().begin(topup.topup_id, None, "i.petrova", "Ошибка", "r1")
    until_closing(shop)
    assert row(topup, CLOSING).status == "due"
    shop.sandboxed("DELETE", "/sandbox/faults")
    shop.advance(days=2)
    assert row(topup, CLOSING).status == "cancelled"
