"""The signature formulas against third-party programs: the data names each one's source."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chalicelib.errors import SignatureInvalid
from chalicelib.providers.gateways.uniteller.wire import cat, cat256, md, sh
from tests.contract.gateways.suite import build
from tests.contract.gateways.uniteller_case import CASE

VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("vectors_uniteller.json").read_text("utf-8"))[
    "vectors"
]
#: What the adapter does not do (yet): each is named, so that none is skipped in silence.
UNSUPPORTED = {
    "fiscal_register_signature", "iacheck_signature", "iaconfirm_signature",
    "iapay_signature", "payment_link", "register_signature",
}  # fmt: skip
SUPPORTED = {
    "callback_signature": 3, "callback_verification": 6, "fiscal_callback": 2, "fiscal_payment_signature": 1,
    "payment_signature": 5, "receipt_signature": 1, "unblock_signature": 2, "fiscal_cancel_signature": 1,
    "recurrent_answer_signature": 1, "recurrent_receipt_signature": 1, "recurrent_request": 1, "recurrent_signature": 1,
}  # fmt: skip
PLACES = ("Shop_IDP", "Order_IDP", "Subtotal_P", "MeanType", "EMoneyType", "Lifetime", "Customer_IDP", "Card_IDP",
          "IData", "PT_Code")  # fmt: skip
#: Optional places behind the ten, in their order.
BEHIND = ("OrderLifetime", "PhoneVerified", "PaymentTypeLimits", "MerchantOrderId")


def of(*operations: str) -> Any:
    chosen = [vector for vector in VECTORS if vector["operation"] in operations]
    return pytest.mark.parametrize("vector", chosen, ids=[vector["id"] for vector in chosen])


def test_every_vector_is_used_or_its_operation_is_named_as_unsupported() -> None:
    counts = Counter(vector["operation"] for vector in VECTORS)
    assert {name: count for name, count in counts.items() if name not in UNSUPPORTED} == SUPPORTED
    assert set(counts) == UNSUPPORTED | set(SUPPORTED)


def form_signature(params: dict[str, str | None], password: str) -> str:
    slots = [params.get(name) or "" for name in PLACES]
    return md(*slots, *(params[name] or "" for name in BEHIND if name in params), password)


@of("payment_signature")
def test_payment_signature_agrees(vector: dict[str, Any]) -> None:
    given = vector["input"]
    assert form_signature(given["params"], given["password"]) == vector["expected"]["signature"]


@of("fiscal_payment_signature")
def test_both_signatures_of_a_fiscal_payment_agree(vector: dict[str, Any]) -> None:
    given, signatures = vector["input"], vector["expected"]
    params = given["params"]
    slots = (params["Shop_IDP"], params["Order_IDP"], params["Subtotal_P"], given["Receipt"], given["password"])
    found = json.dumps(signatures)
    assert form_signature(params, given["password"]) in found
    assert sh(*slots) in found


@of("receipt_signature")
def test_receipt_signature_agrees(vector: dict[str, Any]) -> None:
    given = vector["input"]
    slots = [given["params"][name] for name in ("Shop_IDP", "Order_IDP", "Subtotal_P", "Receipt")]
    assert sh(*slots, given["password"]) == vector["expected"]["signature"]


@of("unblock_signature", "fiscal_cancel_signature")
def test_signature_of_a_cancellation_agrees(vector: dict[str, Any]) -> None:
    given = vector["input"]
    assert sh(*given["params"].values(), given["password"]) == vector["expected"]["signature"]


@of("recurrent_signature")
def test_signature_of_a_charge_agrees(vector: dict[str, Any]) -> None:
    given = vector["input"]
    assert md(*given["params"].values(), given["password"]) == vector["expected"]["signature"]


@of("recurrent_request")
def test_the_form_of_a_charge_agrees(vector: dict[str, Any]) -> None:
    given, params = vector["input"], vector["input"]["params"]
    slots = (given["shop_id"], params["Order_IDP"], params["Subtotal_P"], params["Parent_Order_IDP"])
    assert md(*slots, given["password"]) in vector["expected"]["request"]["body"]


@of("recurrent_answer_signature")
def test_signature_of_an_answer_to_a_charge_agrees(vector: dict[str, Any]) -> None:
    given = vector["input"]
    assert cat(*given["params"].values(), given["password"]) == vector["expected"]["signature"]


@of("recurrent_receipt_signature")
def test_signature_of_the_receipt_of_a_charge_agrees(vector: dict[str, Any]) -> None:
    given = vector["input"]
    assert sh(*given["params"].values(), given["password"]) == vector["expected"]["signature"]


@of("callback_signature")
def test_callback_signature_agrees(vector: dict[str, Any]) -> None:
    given = vector["input"]
    assert cat(*given["params"].values(), given["password"]) == vector["expected"]["signature"]


@of("fiscal_callback")
def test_adapter_believes_a_fiscal_notification_as_they_do(vector: dict[str, Any]) -> None:
    given, expected = vector["input"], vector["expected"]
    form = given["params"] | expected["signatures"]
    gateway = build(CASE, environ={"UNITELLER_PASSWORD": given["password"]})
    assert gateway.parse_webhook(form).order == form["Order_ID"]
    receipt = form["Order_ID"] + form["Status"] + form["Receipt"]
    assert cat256(receipt, given["password"]) == form["ReceiptSignature"]
    with pytest.raises(SignatureInvalid):
        gateway.parse_webhook(form | {"Receipt": form["Receipt"] + "A"})


@of("callback_verification")
def test_adapter_judges_a_notification_as_they_do(vector: dict[str, Any]) -> None:
    given = vector["input"]
    gateway = build(CASE, environ={"UNITELLER_PASSWORD": given["password"]})
    if vector["expected"]["valid"]:
        assert gateway.parse_webhook(given["params"]).order == given["params"]["Order_ID"]
    else:
        with pytest.raises(SignatureInvalid):
            gateway.parse_webhook(given["params"])
