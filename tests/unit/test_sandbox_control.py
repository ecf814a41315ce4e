"""The sandbox's controls: the clock, the faults, the panel, who may touch them, and what survives."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from chalicelib.billing import BillingSystem
from chalicelib.errors import OutcomeUnknown, UpstreamBroken, UpstreamUnavailable
from local.clock import MovableClock
from local.web import Request
from tests.unit.sandbox_world import START, World

FORM = "application/x-www-form-urlencoded"
SMS = {"login": "demo-isp", "psw": "sandbox-sms-password", "fmt": "3", "charset": "utf-8"}


@pytest.fixture
def world() -> World:
    return World()


def hours(*numbers: float) -> list[datetime]:
    return [START + timedelta(hours=number) for number in numbers]


def test_each_due_instant_happens_at_its_own_time_and_in_order(world: World) -> None:
    world.agenda.dues = hours(30, 1, 5, 73)
    status, answer = world.call("POST", "clock", {"advance_days": 3})
    assert (status, answer["now"]) == (200, "2026-11-26T09:00:00Z")
    assert world.agenda.ran == hours(1, 5, 30)


def test_work_that_makes_work_is_done_on_the_way(world: World) -> None:
    world.agenda.dues = hours(1)
    run = world.agenda.run_due

    def run_and_plan() -> dict[str, int]:
        counts = run()
        if counts["ask_gateway"] and len(world.agenda.ran) < 3:
            world.agenda.dues.append(world.clock() + timedelta(hours=2))
        return counts

    world.agenda.run_due = run_and_plan  # type: ignore[method-assign]
    world.call("POST", "clock", {"advance_days": 1})
    assert world.agenda.ran == hours(1, 3, 5)


def test_jump_runs_everything_late(world: World) -> None:
    world.agenda.dues = hours(1, 5)
    world.call("POST", "clock", {"advance_days": 1, "jump": True})
    assert world.agenda.ran == hours(24, 24)


def test_overdue_work_runs_at_the_present_not_in_the_past(world: World) -> None:
    world.agenda.dues = hours(-5)
    world.call("POST", "clock", {"advance_seconds": 60})
    assert world.agenda.ran == hours(0)


def test_work_that_stays_due_does_not_stop_time(world: World) -> None:
    world.agenda.dues, world.agenda.stuck = hours(1), True
    _, answer = world.call("POST", "clock", {"advance_days": 30})
    assert answer["now"] == "2026-12-23T09:00:00Z"
    assert len(world.agenda.ran) < 2000


def test_clock_goes_on_after_the_move_and_after_a_failure(world: World) -> None:
    def fail() -> dict[str, int]:
        raise RuntimeError("the agenda is broken")

    world.agenda.dues = hours(1)
    world.agenda.run_due = fail  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        world.call("POST", "clock", {"advance_days": 1})
    world.real += timedelta(seconds=7)
    assert world.clock() == START + timedelta(hours=1, seconds=7)


def test_clock_is_set_to_an_instant_and_back(world: World) -> None:
    assert world.call("POST", "clock", {"now": "2027-01-01T03:00:00+03:00"})[1]["now"] == "2027-01-01T00:00:00Z"
    assert world.call("POST", "clock", {"advance_seconds": -300})[1]["now"] == "2026-12-31T23:55:00Z"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"now": "9999-12-31T23:59:59Z"},
        {"now": "0001-01-01T00:00:00Z"},
        {"advance_days": 1.5},
        {"advance_days": "1"},
        {"advance_days": True},
        {"advance_days": 10**9},
        {"now": "2027-01-01T00:00:00"},
        {"now": "tomorrow"},
        {"now": "2027-01-01T00:00:00Z", "advance_days": 1},
        {"advance_days": 1, "extra": 1},
        {"advance_days": 1, "jump": "yes"},
        [],
    ],
    ids=str,
)
def test_bad_move_of_the_clock_is_refused_and_nothing_moves(world: World, body: object) -> None:
    status, answer = world.call("POST", "clock", body)
    assert (status, answer["code"]) == (422, "invalid_request")
    assert world.clock() == START


def test_bad_json_and_other_types_are_refused(world: World) -> None:
    for content_type, status in (("application/json", 400), ("text/plain", 415), ("", 415)):
        request = Request("POST", "/sandbox/clock", [], {"Content-Type": content_type}, b"{oops")
        assert world.sandbox.handle(request).status == status


def test_run_due_counts_by_kind(world: World) -> None:
    world.agenda.dues = hours(-1, -2, 3)
    assert world.call("POST", "run-due") == (200, {"robokassa_webhook": 0, "uniteller_webhook": 0, "ask_gateway": 2})


@pytest.mark.parametrize(
    "body",
    [
        {"target": "robokassa", "call": "send", "kind": "refused", "times": 1},
        {"target": "bank", "call": "send", "kind": "refused", "times": 1},
        {"target": "sms", "call": "send", "kind": "fire", "times": 1},
        {"target": "sms", "call": "send", "kind": "refused", "times": 0},
        {"target": "billing", "call": "__init__", "kind": "refused", "times": 1},
    ],
    ids=str,
)
def test_unknown_fault_is_refused(world: World, body: dict[str, object]) -> None:
    assert world.call("POST", "faults", body)[0] == 422
    assert world.call("GET", "faults") == (200, [])


def test_faults_are_listed_and_switched_off(world: World) -> None:
    fault = {"target": "billing", "call": "post_payment", "kind": "http_500", "times": 3}
    assert world.call("POST", "faults", fault) == (200, {"faults": [fault]})
    assert world.call("DELETE", "faults") == (204, None)
    assert world.call("GET", "faults") == (200, [])


class Ledger:
    """Stands for any billing."""

    def __init__(self) -> None:
        self.posted = 0

    def post_payment(self, *args: object) -> str:
        self.posted += 1
        return "created"

    def account(self, account: str) -> str:
        return account


@pytest.mark.parametrize(
    ("call", "kind", "error", "applied"),
    [
        ("post_payment", "timeout_before", UpstreamUnavailable, 0),
        ("post_payment", "refused", UpstreamUnavailable, 0),
        ("post_payment", "timeout_after", OutcomeUnknown, 1),
        ("post_payment", "http_500", OutcomeUnknown, 1),
        ("post_payment", "nonsense", OutcomeUnknown, 1),
        ("account", "timeout_before", UpstreamUnavailable, 0),
        ("account", "http_500", UpstreamBroken, 0),
        ("account", "nonsense", UpstreamBroken, 0),
    ],
)
def test_billing_fails_as_asked_and_once(
    world: World, call: str, kind: str, error: type[Exception], applied: int
) -> None:
    ledger = Ledger()
    billing: Any = world.sandbox.billing(cast(BillingSystem, ledger))
    world.call("POST", "faults", {"target": "billing", "call": call, "kind": kind, "times": 1})
    with pytest.raises(error):
        getattr(billing, call)("100201")
    assert ledger.posted == applied
    assert getattr(billing, call)("100201") in ("created", "100201")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Host": "127.0.0.1:8000", "Content-Type": FORM},
        {"Origin": "null", "Host": "127.0.0.1:8000", "Content-Type": FORM},
        {"Origin": "http://127.0.0.1:9000", "Host": "127.0.0.1:8000", "Content-Type": "application/json"},
        {"Sec-Fetch-Site": "cross-site", "Host": "127.0.0.1:8000", "Content-Type": FORM},
        {"Host": "127.0.0.1:8000", "Content-Type": FORM},
        {"Origin": "http://rebound.example:8000", "Host": "rebound.example:8000", "Content-Type": FORM},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["clock", "run-due", "faults", "faults/clear", "robokassa/pay", "robokassa/decide"])
def test_foreign_page_can_change_nothing(world: World, path: str, headers: dict[str, str]) -> None:
    answer = world.sandbox.handle(Request("POST", f"/sandbox/{path}", [], headers, b"advance_days=1"))
    assert answer.status == 403
    assert world.clock() == START


def test_panel_shows_everything_and_escapes_it(world: World) -> None:
    world.open()
    world.pay(outcome="declined")
    form = SMS | {"phones": "79990000001"}
    world.go("POST", "/sandbox/smsc/sys/send.php", form | {"mes": "<b>Код 123456</b>", "id": "1"})
    page = world.go("GET", "/sandbox/").body.decode()
    assert "2026-11-23T09:00:00Z" in page
    assert "отказ банка" in page
    assert "&lt;b&gt;Код 123456&lt;/b&gt;" in page
    assert "<script" not in page
    assert "style=" not in page


def test_forms_of_the_panel_work_and_go_back_to_it(world: World) -> None:
    moved = world.go("POST", "/sandbox/clock", {"advance_days": "1"})
    assert (moved.status, moved.headers["Location"]) == (303, "/sandbox/")
    assert world.clock() == START + timedelta(days=1)
    world.go("POST", "/sandbox/faults", {"target_call": "sms send", "kind": "refused", "times": "2"})
    assert len(world.call("GET", "faults")[1]) == 1
    world.go("POST", "/sandbox/faults/clear")
    assert world.call("GET", "faults")[1] == []


def test_code_in_a_message_is_shown_apart_and_an_account_number_is_not(world: World) -> None:
    form = SMS | {"phones": "+79990000001"}
    for id, text in (("1", "Код подтверждения: 123456"), ("2", "Лицевой счёт 100201 пополнен")):
        world.go("POST", "/sandbox/smsc/sys/send.php", form | {"mes": text, "id": id})
    _, messages = world.call("GET", "messages")
    assert [message.get("code") for message in messages] == ["123456", None]
    assert world.go("GET", "/sandbox/messages?to=%2B79990000002").body == b"[]"
    assert world.go("GET", "/sandbox/messages?to=+79990000001").body != b"[]"


def test_calls_log_holds_paths_and_no_bodies(world: World) -> None:
    world.open()
    world.pay()
    world.gateway.get_payment(77)
    _, calls = world.call("GET", "calls-log")
    assert [(call["target"], call["call"], call["status"]) for call in calls] == [
        ("robokassa", "payment_page", 200),
        ("robokassa", "webhook", 200),
        ("robokassa", "get_payment", 200),
    ]
    assert all(set(call) == {"at", "target", "call", "method", "path", "status"} for call in calls)
    assert "?" not in str(calls)


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.open()
    world.pay(webhook="late")
    world.call("POST", "clock", {"advance_seconds": 300})
    world.call("POST", "faults", {"target": "sms", "call": "send", "kind": "refused", "times": 3})
    # no close: as after SIGKILL
    again = World(tmp_path)
    assert again.clock() == START + timedelta(seconds=300)
    assert again.gateway.get_payment(77).amount_kopecks == 50000
    assert again.call("GET", "faults")[1][0]["times"] == 3
    again.call("POST", "clock", {"advance_seconds": 300})
    assert len(again.events()) == 1


def test_notification_cut_off_by_a_crash_is_sent_again_after_the_restart(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.open()
    world.pay(webhook="late")
    vars(world.sandbox)["_state"].change("update notice set state = 'sending'")
    again = World(tmp_path)
    again.clock.advance(600)
    assert again.sandbox.deliver_due() == 1


def test_unknown_paths_and_methods_answer_in_our_shape(world: World) -> None:
    assert world.call("GET", "nothing")[0] == 404
    assert world.call("GET", "clock")[0] == 405
    assert world.go("GET", "/sandbox/style.css").headers["Content-Type"].startswith("text/css")


def test_clock_refuses_an_instant_without_a_zone() -> None:
    clock = MovableClock()
    with pytest.raises(ValueError, match="time zone"):
        clock.set(START.replace(tzinfo=None))
    clock.freeze(START)
    assert clock() == clock() == START
    assert clock().tzinfo is UTC
    clock.resume()
    assert clock() > START
