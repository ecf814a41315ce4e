"""Money back to the payer: off the account first, one call, and what an unknown outcome is worth."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.billing import OperationsQuery
from chalicelib.billing.embedded.verify import verify
from chalicelib.money import Kopecks
from chalicelib.services.cases import Refused as CaseRefused
from chalicelib.services.refunds import Refused
from chalicelib.store.refunds import RefundRow
from chalicelib.store.topups import TopUpRow
from local.web import Response
from ops.__main__ import main
from tests.contract.gateways import uniteller_case
from tests.product import Product

GATEWAYS = ["robokassa", "uniteller"]
each_gateway = pytest.mark.parametrize("gateway", GATEWAYS)


def paid(shop: Product, gateway: str, kopecks: int = 500_00) -> TopUpRow:
    topup: TopUpRow = shop.order("sub-bob", "100201", kopecks, gateway=gateway).topup
    shop.pay(topup)
    assert shop.status(topup) == "credited"
    shop.clock.advance(10)
    return topup


def give_back(topup: TopUpRow, kopecks: int | None = None, id: str = "r1") -> RefundRow:
    sum_ = None if kopecks is None else Kopecks(kopecks)
    return bootstrap.refunds().begin(topup.topup_id, sum_, "i.petrova", "Ошибочный платёж", id)


def now(topup: TopUpRow, id: str = "r1") -> RefundRow:
    refund = bootstrap.refunds().store.get(topup.topup_id, id)
    assert refund is not None
    return refund


def sent(shop: Product) -> list[str]:
    """The refunds that were asked of any company."""
    return [line["target"] for line in shop.sandboxed("GET", "/sandbox/calls-log") if line["call"] == "refund"]


def given(shop: Product) -> int:
    """What the companies have given back."""
    rows = shop.sandbox._state.rows("select kopecks from refund")
    return sum(row["kopecks"] for row in rows)


def case_ids(shop: Product) -> list[str]:
    return [case.case_id for case in shop.cases()]


def set_aside(topup: TopUpRow) -> int:
    return int(bootstrap.topup_store().existing(topup.topup_id).refunded_kopecks)


@each_gateway
@pytest.mark.parametrize("kopecks", [None, 500_00, 120_50])
def test_what_is_given_back_is_off_the_account_and_reaches_the_payer(
    shop: Product, gateway: str, kopecks: int | None
) -> None:
    topup = paid(shop, gateway)
    give_back(topup, kopecks)
    back = kopecks or 500_00
    assert shop.balance("100201") == 500_00 - back
    shop.advance(hours=3)
    assert (now(topup).status, given(shop), set_aside(topup)) == ("done", back, back)
    assert sent(shop) == [gateway]
    assert not shop.cases()
    assert not verify().differences


@each_gateway
def test_the_history_shows_a_refund_with_who_and_why(shop: Product, gateway: str) -> None:
    give_back(paid(shop, gateway), 100_00)
    november = OperationsQuery(date_from=date(2026, 11, 1), date_to=date(2026, 11, 30))
    page = bootstrap.billing().operations("100201", november)
    newest = page.items[0]
    assert (newest.kind, newest.amount_kopecks, newest.title) == ("refund", -100_00, "Возврат платежа")
    assert page.totals.payments_kopecks == 500_00


@each_gateway
def test_parts_add_up_to_the_payment_and_not_to_more(shop: Product, gateway: str) -> None:
    topup = paid(shop, gateway)
    give_back(topup, 300_00, "a")
    shop.clock.advance(10)
    with pytest.raises(Refused, match="20000 kopecks"):
        give_back(topup, 200_01, "b")
    give_back(topup, None, "c")
    shop.advance(hours=3)
    with pytest.raises(Refused, match="all of it"):
        give_back(topup, None, "d")
    assert (given(shop), shop.balance("100201"), now(topup, "c").status) == (500_00, 0, "done")
    assert not shop.cases()


@each_gateway
def test_the_same_id_again_gives_back_nothing_more(shop: Product, gateway: str) -> None:
    topup = paid(shop, gateway)
    for _ in range(3):
        give_back(topup, 100_00)
        shop.clock.advance(10)
    with pytest.raises(Refused, match="another sum"):
        give_back(topup, 200_00)
    shop.advance(hours=3)
    assert (given(shop), shop.balance("100201")) == (100_00, 400_00)


@each_gateway
def test_two_operators_at_once_give_back_once(shop: Product, gateway: str) -> None:
    topup = paid(shop, gateway)

    def one(id: str) -> str:
        try:
            return str(give_back(topup, None, id).status)
        except Refused:
            return "refused"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(one, ["a", "b", "c", "d"]))
    shop.advance(hours=3)
    assert answers.count("refused") == 3
    assert (given(shop), shop.balance("100201")) == (500_00, 0)


@each_gateway
def test_one_id_from_many_places_at_once_is_sent_once(shop: Product, gateway: str) -> None:
    topup = paid(shop, gateway)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: give_back(topup, 200_00), range(4)))
    shop.advance(hours=3)
    assert (given(shop), shop.balance("100201"), len(sent(shop))) == (200_00, 300_00, 1)


@each_gateway
def test_a_refusal_puts_the_money_back_and_it_may_be_asked_for_again(shop: Product, gateway: str) -> None:
    topup = paid(shop, gateway)
    shop.fault(gateway, "refund", "refused")
    assert give_back(topup).status == "refused"
    assert (shop.balance("100201"), set_aside(topup)) == (500_00, 0)
    shop.clock.advance(10)
    give_back(topup, None, "r2")
    shop.advance(hours=3)
    assert (now(topup, "r2").status, given(shop), shop.balance("100201")) == ("done", 500_00, 0)
    assert not verify().differences


UNKNOWN = ["timeout_before", "timeout_after", "http_500", "nonsense"]


@pytest.mark.parametrize("kind", UNKNOWN)
@pytest.mark.parametrize(("gateway", "kopecks"), [("robokassa", None), ("robokassa", 100_00), ("uniteller", 100_00)])
def test_an_unknown_outcome_is_a_case_and_never_sent_again(
    shop: Product, gateway: str, kopecks: int | None, kind: str
) -> None:
    topup = paid(shop, gateway)
    shop.fault(gateway, "refund", kind)
    assert give_back(topup, kopecks).status == "unknown"
    assert shop.balance("100201") == 500_00 - (kopecks or 500_00)
    shop.advance(days=3)
    assert len(sent(shop)) == 1
    assert case_ids(shop) == [f"refund_unknown:{topup.topup_id}#r1"]


@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_full_one_at_uniteller_is_asked_for_again_and_done_once(shop: Product, kind: str) -> None:
    """Code 16, "has already been cancelled", is the answer that makes a repeat harmless."""
    topup = paid(shop, "uniteller")
    shop.fault("uniteller", "refund", kind)
    assert give_back(topup).status == "sending"
    shop.advance(hours=1)
    assert (now(topup).status, given(shop), shop.balance("100201")) == ("done", 500_00, 0)
    assert not shop.cases()


def test_a_no_to_the_repeat_says_nothing_about_the_first_call(shop: Product) -> None:
    """The first may be on its way, as returns by SBP are: the money must not go back on the account by itself."""
    topup = paid(shop, "uniteller")
    shop.fault("uniteller", "refund", "timeout_before")
    assert give_back(topup).status == "sending"
    shop.fault("uniteller", "refund", "refused")
    shop.advance(minutes=10)
    assert (now(topup).status, shop.balance("100201")) == ("unknown", 0)
    assert case_ids(shop) == [f"refund_unknown:{topup.topup_id}#r1"]
    shop.advance(days=1)
    assert len(sent(shop)) == 2


def test_the_whole_is_not_given_back_once_a_part_went_without_us(shop: Product) -> None:
    """The company would give the rest, and the account would be short of the whole."""
    topup = paid(shop, "uniteller")
    answers = shop.wire.around

    def partly(name: str, proceed: Callable[[], Response]) -> Response:
        return uniteller_case.rows(uniteller_case.row("Partly canceled", number=f"LK-{topup.invoice}"))

    shop.wire.around = partly
    refund = give_back(topup)
    shop.wire.around = answers
    assert (refund.status, refund.code, shop.balance("100201")) == ("refused", "payment_partly_returned", 500_00)
    assert not sent(shop)


def test_of_two_who_decide_on_an_unknown_one_only_the_first_is_heard(
    shop: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    topup = paid(shop, "robokassa")
    shop.fault("robokassa", "refund", "timeout_after")
    give_back(topup)
    refunds, stale = bootstrap.refunds(), now(topup)
    refunds.settle(topup.topup_id, "r1", True, "first")
    monkeypatch.setattr(type(refunds.store), "get", lambda self, topup_id, id: stale)
    with pytest.raises(Refused, match="somebody else has decided: it is done"):
        refunds.settle(topup.topup_id, "r1", False, "second")
    assert shop.balance("100201") == 0


@pytest.mark.parametrize(("done", "balance"), [(True, 0), (False, 500_00)])
def test_a_person_says_what_became_of_an_unknown_one(shop: Product, done: bool, balance: int) -> None:
    topup = paid(shop, "robokassa")
    shop.fault("robokassa", "refund", "timeout_after" if done else "timeout_before")
    give_back(topup)
    bootstrap.refunds().settle(topup.topup_id, "r1", done, "i.petrova")
    shop.advance(hours=1)
    assert (now(topup).status, shop.balance("100201")) == ("done" if done else "refused", balance)
    with pytest.raises(Refused, match="not unknown"):
        bootstrap.refunds().settle(topup.topup_id, "r1", not done, "i.petrova")


def test_an_accepted_one_that_is_cancelled_later_puts_the_money_back(shop: Product) -> None:
    topup = paid(shop, "robokassa")
    assert give_back(topup).status == "accepted"
    shop.sandbox._state.change("update refund set state = 'canceled'")
    shop.advance(hours=3)
    assert (now(topup).status, shop.balance("100201")) == ("refused", 500_00)


@each_gateway
def test_a_worker_that_dies_in_the_call_leaves_no_second_one(shop: Product, gateway: str) -> None:
    topup = paid(shop, gateway)

    class Died(BaseException):
        pass

    def die(name: str, proceed: Callable[[], Response]) -> Response:
        answer = proceed()
        if "Create" in name or "unblock" in name:
            raise Died
        return answer

    before, shop.wire.around = shop.wire.around, die
    with pytest.raises(Died):
        give_back(topup, 200_00)
    shop.wire.around = before
    assert now(topup).status == "sending"
    # somebody is quick to try again: the writer of the intent may still be about to call
    assert give_back(topup, 200_00).status == "sending"
    shop.advance(hours=2)
    assert (now(topup).status, len(sent(shop)), given(shop)) == ("unknown", 1, 200_00)
    assert case_ids(shop) == [f"refund_unknown:{topup.topup_id}#r1"]


@each_gateway
def test_who_was_held_up_after_the_intent_does_not_send(
    shop: Product, gateway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    topup = paid(shop, gateway)
    refunds = bootstrap.refunds()
    real = refunds.store.advance

    def slow(refund: RefundRow, to: Any, *rest: Any, **more: Any) -> bool:
        moved = real(refund, to, *rest, **more)
        if to == "sending":
            shop.clock.advance(6)
        return moved

    monkeypatch.setattr(type(refunds.store), "advance", lambda self, *rest, **more: slow(*rest, **more))
    give_back(topup, 200_00)
    monkeypatch.undo()
    assert (now(topup).status, sent(shop)) == ("sending", [])


@each_gateway
def test_a_company_that_is_down_is_tried_until_it_answers(shop: Product, gateway: str) -> None:
    topup = paid(shop, gateway)
    shop.fault(gateway, "get_payment", "http_500", times=3)
    assert give_back(topup, 200_00).status == "posted"
    shop.advance(hours=2)
    assert (now(topup).status, given(shop)) == ("done", 200_00)


@each_gateway
def test_a_refund_stuck_for_a_day_is_a_case(shop: Product, gateway: str) -> None:
    topup = paid(shop, gateway)
    shop.fault(gateway, "get_payment", "http_500", times=1000)
    give_back(topup, 200_00)
    shop.advance(hours=26)
    assert case_ids(shop) == [f"refund_unfinished:{topup.topup_id}#r1"]


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after"])
@each_gateway
def test_a_silent_billing_takes_it_off_once(shop: Product, gateway: str, kind: str) -> None:
    topup = paid(shop, gateway)
    shop.fault("billing", "post_refund", kind)
    give_back(topup, 200_00)
    shop.advance(hours=2)
    assert (now(topup).status, shop.balance("100201"), given(shop)) == ("done", 300_00, 200_00)


def test_only_credited_money_goes_back(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    with pytest.raises(Refused, match="awaiting_payment"):
        give_back(topup)


def test_a_shop_without_password_3_cannot_refund(shop: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    topup = paid(shop, "robokassa")
    monkeypatch.setattr(bootstrap.gateways()["robokassa"], "can_refund", False)
    with pytest.raises(Refused, match="cannot refund"):
        give_back(topup)


def test_our_own_refund_is_no_surprise_when_the_company_tells_of_it(shop: Product) -> None:
    topup = paid(shop, "uniteller")
    give_back(topup)
    shop.advance(minutes=2)
    assert shop.notify(shop.told_fields(topup, "canceled"), "uniteller").status == 200
    shop.advance(hours=1)
    assert not shop.cases()


def test_a_refund_may_leave_a_debt_and_says_so_by_the_balance(shop: Product) -> None:
    topup = paid(shop, "robokassa")
    bootstrap.billing().post_refund("100201", Kopecks(450_00), "by-hand", "gateway:cash", "i.petrova", "Касса")
    give_back(topup)
    assert shop.balance("100201") == -450_00


def test_the_older_it_is_the_longer_until_the_next_try(shop: Product) -> None:
    """A company that is down for a day is asked some dozens of times, not each minute."""
    topup = paid(shop, "robokassa")
    shop.fault("robokassa", "get_payment", "http_500", times=1000)
    give_back(topup)
    before = len(shop.sandboxed("GET", "/sandbox/calls-log"))
    shop.advance(hours=24)
    assert 20 < len(shop.sandboxed("GET", "/sandbox/calls-log")) - before < 60


def test_a_case_of_a_refund_ends_with_it(shop: Product) -> None:
    topup = paid(shop, "robokassa")
    shop.fault("robokassa", "refund", "timeout_after")
    give_back(topup)
    case = f"refund_unknown:{topup.topup_id}#r1"
    with pytest.raises(CaseRefused, match="refunds settle"):
        bootstrap.cases().retry(case, "anna", "again")
    bootstrap.cases().watch()
    assert case_ids(shop) == [case]
    bootstrap.refunds().settle(topup.topup_id, "r1", True, "i.petrova")
    bootstrap.cases().watch()
    assert not shop.cases()


def test_a_stuck_refund_is_tried_at_once_when_its_case_says_so(shop: Product) -> None:
    topup = paid(shop, "robokassa")
    shop.fault("robokassa", "get_payment", "http_500", times=1000)
    give_back(topup)
    shop.advance(hours=26)
    [case] = case_ids(shop)
    shop.sandboxed("DELETE", "/sandbox/faults")
    bootstrap.cases().retry(case, "anna", "it is up again")
    bootstrap.agenda_runner().run_due()
    assert (now(topup).status, case_ids(shop)) == ("accepted", [])
    assert main(["cases", "show", case]) == 0


BY = ("--operator", "i.petrova", "--reason", "Ошибочный платёж")


def test_staff_give_back_look_and_settle(shop: Product, capsys: pytest.CaptureFixture[str]) -> None:
    topup = paid(shop, "robokassa").topup_id
    shop.fault("robokassa", "refund", "timeout_after")
    assert main(["refunds", "make", topup, "120,50", *BY, "--id", "r1"]) == 1
    assert "id r1\nr1  120.50 RUB  unknown: nobody knows" in capsys.readouterr().out
    assert main(["refunds", "settle", topup, "r1", "done", "--operator", "o.sidorov"]) == 0
    assert main(["refunds", "make", topup, *BY]) == 0
    assert main(["refunds", "show", topup]) == 0
    told = capsys.readouterr().out
    assert "2 refunds" in told
    assert "379.50 RUB  accepted" in told
    assert "done by o.sidorov" in told


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["make", "no-such-topup", *BY], "no such top-up"),
        (["make", "TOPUP", "600", *BY], "50000 kopecks of it are left"),
        (["settle", "TOPUP", "x", "done", "--operator", "a"], "no such top-up or refund"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    shop: Product, capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    topup = paid(shop, "robokassa").topup_id
    assert main(["refunds", *(topup if each == "TOPUP" else each for each in arguments)]) == 1
    assert why in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["make", "t", "-5"], ["make", "t", "1e2"], ["make", "t", "--id", "a b"], ["make"]]
)
def test_bad_arguments_are_named(shop: Product, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["refunds", *arguments, *BY])
    assert ended.value.code == 2
