"""What a request leaves in the log: enough to follow it, and nothing secret or personal."""

import base64
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib import bootstrap, seams
from chalicelib.handlers import jobs
from chalicelib.services.autopay_words import TERMS_VERSION
from chalicelib.store.agenda import Kind
from local.store.transport import Call, error_answer, set_around
from tests.log_lines import Lines, logged
from tests.portal import PASSWORD, Browser, client
from tests.product import Product
from tests.running import Life
from tests.unit.test_metrics import validated


@pytest.fixture
def lines(shop: Product) -> Iterator[Lines]:
    with logged({**seams.environ, "PORTAL_STAGE": "test", "PORTAL_LOG_LEVEL": "DEBUG"}) as made:
        yield made


def access(lines: Lines) -> dict[str, Any]:
    """The last request's own line."""
    return [line for line in lines() if line["message"] == "request"][-1]


def test_a_request_is_one_line_with_the_id_of_the_answer(lines: Lines) -> None:
    got = client().get("/api/health")
    [line] = lines()
    assert line["request_id"] == got.headers["x-request-id"]
    assert (line["route"], line["method"], line["status"], line["session"]) == ("/api/health", "GET", 200, False)
    assert line["duration_ms"] >= 0
    assert line["level"] == "INFO"


def test_the_route_is_told_by_its_template_and_never_by_what_was_asked(lines: Lines) -> None:
    client().get("/api/topups/canary-1/status?canary=2")
    line = access(lines)
    assert (line["route"], line["status"], line["code"]) == ("/api/topups/{id}/status", 404, "not_found")
    assert "canary" not in str(lines())


def test_a_session_is_told_by_yes_and_no(shop: Product, lines: Lines) -> None:
    bob = client()
    bob.log_in("bob")
    assert access(lines)["session"] is False
    bob.get("/api/accounts/100201")
    assert access(lines)["session"] is True


def test_every_line_of_a_request_carries_its_id(shop: Product, lines: Lines) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.fault("billing", "post_payment", "timeout_before")
    got = shop.notify(shop.result_fields(topup))
    ours = [line for line in lines() if line.get("request_id") == got.headers["x-request-id"]]
    assert [line["message"] for line in ours] == ["credit postponed", "request"]
    assert {(line["route"], line["topup"], line["gateway"]) for line in ours} == {
        ("/api/webhooks/robokassa", topup.topup_id, "robokassa"),
    }  # fmt: skip


@pytest.mark.parametrize("way", ["autopay", "kept card"])
def test_a_payment_that_saves_a_card_is_named_with_its_gateway(shop: Product, lines: Lines, way: str) -> None:
    bob, id = client(), "3f1c9a52-7d0e-4b6a-8f21-5c9d0e7ab322"
    bob.log_in("bob")
    bob.post("/api/session/step-up", {"password": "demo-password-1"})
    payment = {"id": id, "amount_kopecks": 500_00, "gateway": "robokassa"}
    if way == "autopay":
        got = bob.post("/api/accounts/100201/autopay", {"terms_version": TERMS_VERSION, "topup": payment})
    else:
        got = bob.post("/api/accounts/100201/topups", {**payment, "save_card": True})
    assert got.status == 201
    line = access(lines)
    assert (line["topup"], line["gateway"]) == (id, "robokassa")


def test_a_topup_is_named_with_its_gateway_when_ordered_and_looked_at(shop: Product, lines: Lines) -> None:
    bob, id = client(), str(uuid.uuid4())
    bob.log_in("bob")
    bob.post("/api/accounts/100201/topups", {"id": id, "amount_kopecks": 500_00, "gateway": "robokassa"})
    ordered = access(lines)
    bob.get(f"/api/topups/{id}")
    seen = access(lines)
    for line in (ordered, seen):
        assert (line["topup"], line["gateway"]) == (id, "robokassa")


def test_a_gateway_that_does_not_exist_is_not_repeated(shop: Product, lines: Lines) -> None:
    bob = client()
    bob.log_in("bob")
    asked = {"id": str(uuid.uuid4()), "amount_kopecks": 500_00, "gateway": "canary" * 1000}
    assert bob.post("/api/accounts/100201/topups", asked).status == 422
    assert "canary" not in str(lines())


def test_what_nobody_foresaw_is_told_once_with_its_stack(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped() -> datetime:
        raise ArithmeticError("password=canary")

    bob = client()
    bob.log_in("bob")
    monkeypatch.setattr(seams, "current_time", stopped)
    got = bob.get("/api/accounts/100201")
    ours = [line for line in lines() if line.get("request_id") == got.headers["x-request-id"]]
    assert (got.status, [line["message"] for line in ours]) == (500, ["unexpected failure", "request"])
    assert (ours[0]["exception"]["type"], ours[0]["exception"]["message"]) == ("ArithmeticError", "password=***")
    assert "in stopped" in ours[0]["exception"]["stack"]
    assert (ours[1]["status"], ours[1]["code"], ours[1]["level"]) == (500, "internal_error", "WARNING")


def test_settings_that_cannot_be_read_are_a_failure_in_our_shape(shop: Product, lines: Lines) -> None:
    seams.environ = {"PORTAL_ORIGIN_SECRET": "canary"}
    bootstrap.forget()
    got = client().get("/api/health")
    assert (got.status, got.json["code"]) == (500, "internal_error")
    assert "origin_secret" in str(lines())
    assert "canary" not in str(lines())


def test_why_a_line_broke_is_for_the_log_alone(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    set_around(lambda call, proceed: error_answer("ProvisionedThroughputExceededException", "slow"))
    got = client().log_in("bob")
    set_around(None)
    line = access(lines)
    assert (got.status, line["status"], line["code"]) == (503, 503, "upstream_unavailable")
    assert "store:" in line["why"]
    assert "store" not in got.text


def test_a_foreign_signature_is_a_line_and_a_metric_of_its_gateway(shop: Product, lines: Lines) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.notify({**shop.result_fields(topup), "SignatureValue": "0" * 32})
    [counted] = [line for line in lines() if "_aws" in line]
    assert validated(counted) == {"signature_failures": 1}
    assert (counted["stage"], counted["gateway"]) == ("test", "robokassa")
    assert (access(lines)["status"], access(lines)["code"]) == (400, "bad_signature")


def test_a_case_is_a_line_and_a_metric_of_its_kind(shop: Product, lines: Lines) -> None:
    topup = shop.order("sub-bob", "100201").topup
    for _ in range(2):
        shop.notify(shop.result_fields(topup, OutSum="1.000000"))
    counted = [line for line in lines() if "cases_opened" in line]
    assert [validated(line) for line in counted] == [{"cases_opened": 1}]
    assert counted[0]["kind"] == "wrong_amount"


def test_a_jobs_lines_carry_the_invocation_and_every_metric_is_well_formed(shop: Product, lines: Lines) -> None:
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, webhook="lost")
    shop.clock.advance(61)
    before = len(lines())
    for kind in Kind:
        jobs.run(kind, Life(aws_request_id="run-7"))
    ours = lines()[before:]
    assert {(line["request_id"], line["job"]) for line in ours if "_aws" not in line} == {
        ("run-7", kind.value) for kind in Kind
    }
    assert all(validated(line) for line in ours if "_aws" in line)
    assert {line["target"] for line in ours if "upstream_calls" in line} == {"robokassa", "smsc"}


def secrets_of(shop: Product, *browsers: Browser) -> set[str]:
    environ = seams.environ
    found = {value for name, value in environ.items() if "PASSWORD" in name or "SECRET" in name}
    for browser in browsers:
        found |= set(browser.cookies.values())
        found |= {part for value in browser.cookies.values() for part in value.split(".") if len(part) > 20}
    return {*found, PASSWORD, "hunter-22-hunter", "+79001112233", "79001112233"}


def test_nothing_secret_or_personal_is_logged_by_the_whole_way_of_a_payment_with_every_fault(
    shop: Product, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    bob = client()
    bob.log_in("bob", "hunter-22-hunter")
    bob.log_in("bob")
    for target, call in (
        ("robokassa", "get_payment"),
        ("billing", "post_payment"),
        ("sms", "send"),
        ("sms", "was_sent"),
    ):
        for kind in ("timeout_before", "timeout_after", "http_500", "nonsense"):
            shop.fault(target, call, kind)
    topup = shop.order("sub-bob", "100201").topup
    shop.pay(topup, webhook="lost")
    shop.advance(hours=8)
    crashed_in_the_store(bob)
    text = "\n".join(map(str, lines()))
    told = {"request", "outgoing call", "credit postponed", "gateway not asked", "unexpected failure", "metric"}
    assert told <= {line["message"] for line in lines()}
    for secret in secrets_of(shop, bob):
        for spelt in (
            secret,
            quote(secret, safe=""),
            base64.b64encode(secret.encode()).decode(),
            secret.encode().hex(),
        ):
            assert spelt not in text


def crashed_in_the_store(bob: Browser) -> None:
    """An error that carries the request's whole body up through botocore."""

    def around(call: Call, proceed: object) -> Any:
        raise RuntimeError(f"could not send {call.body}")

    set_around(around)
    bob.get("/api/accounts/100201")
    bob.log_in("bob")
    set_around(None)
