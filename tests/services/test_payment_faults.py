"""What must be written before what: a payment whose record, posting or message breaks half-way."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.billing.embedded.verify import verify
from local.store import transport
from local.web import Response
from tests.product import Product


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore waits between its tries; the clock of a test does not."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


def writes(call: transport.Call, table: str) -> bool:
    return call.operation == "TransactWriteItems" and f"portal-{table}" in str(call.body)


def test_nothing_is_credited_that_could_not_be_recorded_as_paid(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup

    def refused(call: transport.Call, proceed: Any) -> Any:
        throttled = transport.error_answer("ProvisionedThroughputExceededException", "slow down")
        return throttled if writes(call, "topups") else proceed()

    transport.set_around(refused)
    answer = shop.notify(shop.result_fields(topup))
    transport.set_around(None)
    assert answer.status == 503
    assert (shop.status(topup), shop.balance("100201")) == ("awaiting_payment", 0)


def test_a_posting_without_an_answer_is_asked_for_by_its_id(shop: Product) -> None:
    topup = shop.order("sub-bob", "100201").topup

    def lost(call: transport.Call, proceed: Any) -> Any:
        answer = proceed()
        return transport.error_answer("InternalServerError", "lost", 500) if writes(call, "ledger") else answer

    transport.set_around(lost)
    answer = shop.notify(shop.result_fields(topup))
    transport.set_around(None)
    shop.advance(hours=1)
    assert answer.text == f"OK{int(topup.invoice)}"
    assert (shop.status(topup), shop.balance("100201")) == ("credited", 500_00)
    assert not verify().differences


def test_a_worker_killed_after_the_message_left_does_not_send_it_again(shop: Product) -> None:
    shop.pay(shop.order("sub-bob", "100201").topup)

    def killed(name: str, proceed: Callable[[], Response]) -> Response:
        proceed()
        raise Killed

    before, shop.wire.around = shop.wire.around, killed
    with pytest.raises(Killed):
        shop.sandboxed("POST", "/sandbox/run-due")
    shop.wire.around = before
    shop.advance(hours=3)
    # the sandbox keeps a repeat once, SMSC would send it twice: what left us is counted
    calls = [call["call"] for call in shop.sandboxed("GET", "/sandbox/calls-log") if call["target"] == "sms"]
    assert calls == ["send", "was_sent"]
