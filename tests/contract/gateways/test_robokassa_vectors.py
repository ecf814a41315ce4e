"""The signature formulas against third-party programs: the data names each one's source."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib.errors import SignatureInvalid
from chalicelib.providers.gateways import PaymentStatus
from chalicelib.providers.gateways.robokassa import shp_pairs, sign
from tests.contract.gateways.robokassa_case import CASE
from tests.contract.gateways.suite import build

VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("vectors_robokassa.json").read_text("utf-8"))[
    "vectors"
]

#: What the adapter does not do (yet): each is named, so that none is skipped in silence.
UNSUPPORTED = {
    "hold_request", "hold_signature", "invoice_api_jwt", "json_interface_request",
    "recurring_request", "recurring_signature", "refund_jwt", "success_redirect",
}  # fmt: skip
SUPPORTED = {"payment_signature", "payment_link", "result_notification", "opstate_signature"}
STRONG = {"sha256", "sha384", "sha512"}
#: The optional parts of a payment's hash, in the documented order.
OPTIONAL = ("Receipt", "SuccessUrl2", "SuccessUrl2Method", "FailUrl2", "FailUrl2Method")


def of(*operations: str) -> Any:
    chosen = [vector for vector in VECTORS if vector["operation"] in operations]
    return pytest.mark.parametrize("vector", chosen, ids=[vector["id"] for vector in chosen])


def payment(fields: Mapping[str, str], given: Mapping[str, Any], login: str) -> str:
    invoice = fields.get("InvId", fields.get("InvoiceID", ""))
    optional = [fields[name] for name in OPTIONAL if fields.get(name)]
    return sign(
        given["hash"], login, fields["OutSum"], invoice, *optional, given["password1"], *shp_pairs(fields)
    ).lower()


def test_every_vector_is_used_or_its_operation_is_named_as_unsupported() -> None:
    counts = Counter(vector["operation"] for vector in VECTORS)
    assert set(counts) == SUPPORTED | UNSUPPORTED
    assert sum(counts[name] for name in SUPPORTED) == 19
    assert sum(counts[name] for name in UNSUPPORTED) == 9


@of("payment_signature")
def test_payment_signature_agrees(vector: dict[str, Any]) -> None:
    given = vector["input"]
    assert payment(given["params"], given, given["merchant_login"]) == vector["expected"]["signature"].lower()


@of("payment_link")
def test_signature_of_a_link_agrees_with_its_own_fields(vector: dict[str, Any]) -> None:
    fields = dict(parse_qsl(urlsplit(vector["expected"]["url"]).query, keep_blank_values=True))
    assert fields["SignatureValue"] == vector["expected"]["signature"]
    assert payment(fields, vector["input"], fields["MerchantLogin"]) == vector["expected"]["signature"]


@of("opstate_signature")
def test_status_query_signature_agrees(vector: dict[str, Any]) -> None:
    given = vector["input"]
    signature = sign(given["hash"], given["merchant_login"], str(given["invoice_id"]), given["password2"])
    assert signature == vector["expected"]["signature"]


def _fields(vector: dict[str, Any]) -> dict[str, str]:
    given = vector["input"]
    return dict(given.get("params") or parse_qsl(given["form"], keep_blank_values=True))


@of("result_notification")
def test_formula_of_a_notification_agrees(vector: dict[str, Any]) -> None:
    fields, given = _fields(vector), vector["input"]
    signature = sign(given["hash"], fields["OutSum"], fields["InvId"], given["password2"], *shp_pairs(fields))
    assert (signature == fields["SignatureValue"].lower()) is vector["expected"]["valid"]


@of("result_notification")
def test_adapter_judges_a_notification_as_they_do(vector: dict[str, Any]) -> None:
    given = vector["input"]
    algorithm = given["hash"] if given["hash"] in STRONG else "sha256"
    gateway = build(CASE, environ={"ROBOKASSA_HASH": algorithm, "ROBOKASSA_PASSWORD2": given["password2"]})
    if vector["expected"]["valid"] and given["hash"] in STRONG:
        assert gateway.parse_webhook(_fields(vector)).status is PaymentStatus.PAID
    else:
        with pytest.raises(SignatureInvalid):
            gateway.parse_webhook(_fields(vector))
