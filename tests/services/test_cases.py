"""The operators' list: nothing is lost from it, nothing is decided twice, and what still fails comes back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib import bootstrap
from chalicelib.errors import NotFound, OutcomeUnknown
from chalicelib.handlers import jobs
from chalicelib.money import Kopecks
from chalicelib.services.agenda import FAILURES_BEFORE_A_CASE
from chalicelib.services.cases import Refused
from chalicelib.store.agenda import AgendaRow
from chalicelib.store.cases import CLOSED, CaseKind, CaseStore
from chalicelib.store.messages import MessageRow
from chalicelib.store.topups import TopUpRow
from local.store.handlers import Answer
from local.store.transport import Call, set_around
from ops.__main__ import main
from tests.log_lines import logged
from tests.product import Product
from tests.running import Life

DAY = timedelta(days=1)
Capture = pytest.CaptureFixture[str]


def uncredited(shop: Product) -> tuple[TopUpRow, str]:
    """A payment that the billing does not take for more than a day."""
    shop.fault("billing", "post_payment", "timeout_before", times=1000)
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup)
    later(shop, hours=25)
    return topup, f"uncredited:{topup.topup_id}"


def later(shop: Product, **by: float) -> None:
    """The clock jumps, and what is due by then runs: one try where a day of waiting would make thirty."""
    shop.clock.advance(int(timedelta(**by).total_seconds()))
    shop.sandboxed("POST", "/sandbox/run-due")


def repaired(shop: Product) -> None:
    shop.sandboxed("DELETE", "/sandbox/faults")


def open_ids(shop: Product) -> list[str]:
    return [row.case_id for row in shop.cases()]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore waits between its tries; the clock of a test does not."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


# closing


def test_a_closed_case_whose_trouble_lasts_comes_back_after_another_day_with_its_history(shop: Product) -> None:
    _, case = uncredited(shop)
    bootstrap.cases().close(case, "ivanova", "the billing is under repair")
    later(shop, hours=22)
    assert open_ids(shop) == []
    later(shop, hours=4)
    [row] = shop.cases()
    assert (row.case_id, bootstrap.now() - row.opened_at < timedelta(hours=3)) == (case, True)
    assert [line.split(" ", 1)[1] for line in row.history] == [
        "ivanova: closed: the billing is under repair", "portal: met again",
    ]  # fmt: skip


def test_a_closed_wrong_amount_stays_closed_however_often_it_is_told(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, webhook="wrong_amount")
    bootstrap.cases().close(f"wrong_amount:{topup.topup_id}", "ivanova", "refunded by hand")
    for _ in range(3):
        shop.notify(shop.result_fields(topup, OutSum="1.000000"))
        later(shop, days=3)
    assert open_ids(shop) == []


def test_two_operators_at_once_make_one_closing_and_the_other_is_told(shop: Product) -> None:
    _, case = uncredited(shop)

    def close(operator: str) -> str:
        try:
            bootstrap.cases().close(case, operator, "mine")
        except Refused as refused:
            return str(refused)
        return "done"

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(close, "abcdefgh"))
    [line] = CaseStore().get(case).history
    assert told.count("done") == 1
    assert {answer for answer in told if answer != "done"} == {f"closed already: {line}"}


def test_an_operator_who_decided_on_what_is_no_longer_so_decides_nothing(shop: Product) -> None:
    """Read while open, then closed and back again by others: another case under the same name."""
    topup, case = uncredited(shop)
    store = CaseStore()
    seen = store.get(case)
    bootstrap.cases().retry(case, "petrov", "try")
    later(shop, minutes=5)
    assert open_ids(shop) == [case]
    late = store.closing(seen, "ivanova", "closed: late", bootstrap.now(), None)
    with pytest.raises(Exception, match="case"):
        late.commit()
    assert not store.is_mine(seen, "ivanova", "closed: late", bootstrap.now())


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("action", ["close", "retry"])
def test_an_action_whose_answer_was_lost_is_done_once(shop: Product, action: str, after: bool) -> None:
    _, case = uncredited(shop)
    act = getattr(bootstrap.cases(), action)
    with losing_commits(times=1, after=after):
        act(case, "ivanova", "why")
    assert CaseStore().get(case).status == CLOSED
    assert len(CaseStore().get(case).history) == 1


def test_an_action_that_nobody_knows_of_says_so_and_can_be_repeated(shop: Product) -> None:
    _, case = uncredited(shop)
    with losing_commits(times=100, after=False), pytest.raises(OutcomeUnknown):
        bootstrap.cases().close(case, "ivanova", "why")
    bootstrap.cases().close(case, "ivanova", "why")
    assert open_ids(shop) == []


class losing_commits:
    """Transactions' answers are lost: before or after the store has applied them."""

    def __init__(self, times: int, after: bool) -> None:
        self._left, self._after = times, after

    def __enter__(self) -> None:
        set_around(self._around)

    def __exit__(self, *_: object) -> None:
        set_around(None)

    def _around(self, call: Call, proceed: Callable[[], Answer]) -> Answer:
        if call.operation != "TransactWriteItems" or self._left == 0:
            return proceed()
        self._left -= 1
        if self._after:
            proceed()
        raise ReadTimeoutError(endpoint_url="store")


# retrying


def test_a_retried_payment_is_credited_at_the_next_look_and_the_case_stays_closed(shop: Product) -> None:
    topup, case = uncredited(shop)
    repaired(shop)
    bootstrap.cases().retry(case, "ivanova", "the billing is back")
    assert shop.sandboxed("POST", "/sandbox/run-due")["settle_topup"] == 1
    assert (shop.status(topup), shop.balance("100201")) == ("credited", 500_00)
    later(shop, days=3)
    assert open_ids(shop) == []


def test_a_retry_that_fails_brings_the_case_back_at_once(shop: Product) -> None:
    _, case = uncredited(shop)
    bootstrap.cases().retry(case, "ivanova", "perhaps")
    assert open_ids(shop) == []
    later(shop, minutes=1)
    [row] = shop.cases()
    assert [line.split(" ", 1)[1] for line in row.history] == ["ivanova: retried: perhaps", "portal: met again"]


def test_a_payment_the_billing_still_refuses_after_a_retry_comes_back(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    bootstrap.billing().post_payment("100202", Kopecks(500_00), topup.topup_id, "gateway:robokassa")
    shop.pay(topup)
    bootstrap.cases().retry(f"unpostable:{topup.topup_id}", "ivanova", "look again")
    assert open_ids(shop) == []
    later(shop, minutes=1)
    assert open_ids(shop) == [f"unpostable:{topup.topup_id}"]


def test_a_silent_gateway_is_asked_at_once(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, webhook="lost")
    shop.fault("robokassa", "get_payment", "http_500", times=1000)
    later(shop, minutes=2)
    later(shop, hours=30)
    assert open_ids(shop) == [f"unasked:{topup.topup_id}"]
    repaired(shop)
    bootstrap.cases().retry(f"unasked:{topup.topup_id}", "ivanova", "the company is back")
    assert shop.sandboxed("POST", "/sandbox/run-due")["ask_gateway"] == 1
    assert shop.status(topup) == "credited"


def test_an_undelivered_message_is_sent_though_it_is_late(shop: Product) -> None:
    case = undelivered(shop)
    repaired(shop)
    bootstrap.cases().retry(case, "ivanova", "the company is back")
    shop.sandboxed("POST", "/sandbox/run-due")
    assert len(shop.messages()) == 1
    assert list(AgendaRow.scan(AgendaRow.kind != "account_day")) == []


def test_an_undelivered_message_that_fails_again_is_a_case_again_a_day_later(shop: Product) -> None:
    case = undelivered(shop)
    bootstrap.cases().retry(case, "ivanova", "perhaps")
    later(shop, hours=23)
    assert open_ids(shop) == []
    later(shop, hours=3)
    assert open_ids(shop) == [case]


def undelivered(shop: Product) -> str:
    for call in ("send", "was_sent"):
        shop.fault("sms", call, "timeout_before", times=1000)
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup)
    later(shop, minutes=2)
    later(shop, hours=30)
    assert open_ids(shop) == [f"undelivered:topup:{topup.topup_id}:credited"]
    return f"undelivered:topup:{topup.topup_id}:credited"


def failing(shop: Product) -> tuple[TopUpRow, str]:
    """An agenda row whose work ends in an error that nobody foresaw, until it is a case."""
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, webhook="lost")
    row = TopUpRow(topup.topup_id, "topup")
    row.update([TopUpRow.status.set("no_such_status")])
    for _ in range(FAILURES_BEFORE_A_CASE):
        later(shop, hours=1)
    row.update([TopUpRow.status.set("awaiting_payment")])
    return topup, f"agenda:ask_gateway:{topup.topup_id}"


def test_a_row_that_kept_failing_starts_afresh_when_retried(shop: Product) -> None:
    topup, case = failing(shop)
    assert open_ids(shop) == [case]
    bootstrap.cases().retry(case, "ivanova", "mended")
    [row] = AgendaRow.scan(AgendaRow.kind != "account_day")
    assert row.attempts == 0
    assert row.attribute_values.get("lease_until") is None
    shop.sandboxed("POST", "/sandbox/run-due")
    assert (shop.status(topup), shop.balance("100201")) == ("credited", 500_00)


@pytest.mark.parametrize("kind", [CaseKind.UNKNOWN_ORDER, CaseKind.OTHER_ORDER])
def test_somebody_elses_order_cannot_be_tried_again(shop: Product, kind: CaseKind) -> None:
    CaseStore().open(kind, "robokassa:7", bootstrap.now(), {"gateway": "robokassa"})
    with pytest.raises(Refused, match="by hand"):
        bootstrap.cases().retry(f"{kind}:robokassa:7", "ivanova", "why not")
    assert open_ids(shop) == [f"{kind}:robokassa:7"]


def test_what_is_credited_already_cannot_be_tried_again(shop: Product) -> None:
    _, case = uncredited(shop)
    repaired(shop)
    later(shop, hours=2)
    with pytest.raises(Refused, match="credited"):
        bootstrap.cases().retry(case, "ivanova", "why not")


def test_two_operators_who_retry_at_once_ask_once(shop: Product) -> None:
    topup, case = uncredited(shop)
    repaired(shop)

    def retry(operator: str) -> bool:
        try:
            bootstrap.cases().retry(case, operator, "mine")
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(retry, "abcdefgh")) == 1
    later(shop, minutes=1)
    assert shop.balance("100201") == 500_00


def test_a_wrong_amount_that_is_retried_and_still_wrong_comes_back(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, webhook="wrong_amount")
    case = f"wrong_amount:{topup.topup_id}"
    bootstrap.cases().retry(case, "ivanova", "they say they mended it")
    assert open_ids(shop) == []
    shop.notify(shop.result_fields(topup, OutSum="1.000000"))
    assert open_ids(shop) == [case]


# watching


def test_what_has_settled_itself_leaves_the_list(shop: Product) -> None:
    _, case = uncredited(shop)
    repaired(shop)
    later(shop, hours=2)
    assert open_ids(shop) == [case]
    assert bootstrap.cases().watch()["uncredited"] == 0
    assert open_ids(shop) == []
    assert CaseStore().get(case).history[0].endswith("portal: it has settled itself")


def test_what_has_not_settled_stays_and_is_counted_nought_is_told_too(shop: Product) -> None:
    uncredited(shop)
    CaseStore().open(CaseKind.UNKNOWN_ORDER, "robokassa:7", bootstrap.now(), {})
    with logged() as lines:
        jobs.watch_cases(Life())
    told = {line["kind"]: line["stuck_items"] for line in lines() if "stuck_items" in line}
    assert told == {**{str(kind): 0 for kind in CaseKind}, "uncredited": 1, "unknown_order": 1}


def test_a_case_is_counted_when_it_opens_and_when_it_comes_back_not_when_it_is_met(shop: Product) -> None:
    store, now = CaseStore(), bootstrap.now()
    with logged() as lines:
        for _ in range(2):
            store.open(CaseKind.UNCREDITED, "t", now, {})
        bootstrap.cases().close("uncredited:t", "ivanova", "why")
        store.open(CaseKind.UNCREDITED, "t", now + DAY / 2, {})
        store.open(CaseKind.UNCREDITED, "t", now + DAY, {})
    assert [line["kind"] for line in lines() if "cases_opened" in line] == ["uncredited"] * 2


# the command


def ops(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    code = main(["cases", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_the_list_is_oldest_first_with_age_account_and_gateway(shop: Product, capsys: Capture) -> None:
    topup, case = uncredited(shop)
    CaseStore().open(CaseKind.UNKNOWN_ORDER, "robokassa:7", bootstrap.now(), {"gateway": "robokassa"})
    code, out, _ = ops(capsys)
    first, second, count = out.splitlines()
    assert (code, count) == (0, "2 open")
    assert first.split()[1:] == [first.split()[1], "uncredited", "100201", "robokassa", case]
    assert second.split()[1:] == ["0m", "unknown_order", "-", "robokassa", "unknown_order:robokassa:7"]


def test_the_list_can_be_of_one_kind_and_of_closed_ones(shop: Product, capsys: Capture) -> None:
    _, case = uncredited(shop)
    CaseStore().open(CaseKind.UNKNOWN_ORDER, "robokassa:7", bootstrap.now(), {})
    assert ops(capsys, "close", case, "--operator", "i", "--reason", "r")[0] == 0
    assert ops(capsys, "--kind", "uncredited")[1] == "0 open\n"
    assert case in ops(capsys, "--closed")[1]
    assert "unknown_order" not in ops(capsys, "--closed")[1]


def test_one_case_is_shown_with_the_whole_way_of_its_topup(shop: Product, capsys: Capture) -> None:
    topup, case = uncredited(shop)
    bootstrap.cases().retry(case, "ivanova", "perhaps")
    later(shop, minutes=1)
    code, out, _ = ops(capsys, "show", case)
    assert code == 0
    for told in ("paid by webhook:robokassa", "500.00 RUB, account 100201", "now paid", "ivanova: retried: perhaps"):
        assert told in out


def test_a_message_is_shown_by_its_channels_and_without_an_address(shop: Product, capsys: Capture) -> None:
    _, out, _ = ops(capsys, "show", undelivered(shop))
    assert "sms sending" in out
    assert "+7900" not in out


@pytest.mark.parametrize("action", ["retry", "close"])
def test_a_decision_wants_a_name_and_a_reason(shop: Product, capsys: Capture, action: str) -> None:
    for given in ([], ["--operator", "i"], ["--operator", " ", "--reason", "r"], ["--operator", "i", "--reason", ""]):
        with pytest.raises(SystemExit) as ended:
            main(["cases", action, "x", *given])
        assert ended.value.code == 2


def test_a_refusal_says_why_and_ends_with_one(shop: Product, capsys: Capture) -> None:
    _, case = uncredited(shop)
    by = ("--operator", "ivanova", "--reason", "done")
    assert ops(capsys, "close", case, *by)[0] == 0
    code, out, err = ops(capsys, "close", case, *by)
    assert (code, out) == (1, "")
    assert "ivanova: closed: done" in err
    for action in (["show"], ["close"], ["retry"]):
        assert ops(capsys, *action, "uncredited:none", *(by if action != ["show"] else ()))[::2] == (
            1, "no such case: uncredited:none\n",
        )  # fmt: skip


def test_no_such_case_is_not_found_by_the_service_either(shop: Product) -> None:
    with pytest.raises(NotFound):
        bootstrap.cases().file("uncredited:none")
    assert not list(MessageRow.scan())
