"""What only Robokassa asks for: its checkout, its modes, its settings."""

import base64
import hashlib
import hmac
import json
from decimal import Decimal
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from pydantic import ValidationError

from chalicelib.errors import OutcomeUnknown, SignatureInvalid
from chalicelib.money import Kopecks
from chalicelib.providers.gateways import PaymentStatus, Refund
from local.web import Request, Response, parse_form
from tests.contract.gateways.robokassa_case import CASE, SHP, notification, result
from tests.contract.gateways.suite import ORDER, build

LONGEST_ORDER = ORDER.model_copy(update={
    "return_url": f"https://{'lk.provider-with-a-very-long-name' * 3}.example.ru/?pay={ORDER.topup_id}",
    "account": "ЛС-1234567890123456",
    "amount_kopecks": 100_000_00,
})  # fmt: skip
TEST_MODE = {"ROBOKASSA_IS_TEST": "1"}


def sent(**environ: str) -> dict[str, str]:
    """The fields as Robokassa's server would hold them after one decode; none may come twice."""
    pairs = parse_qsl(urlsplit(build(CASE, environ=environ).create_checkout(ORDER).url).query, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_checkout_is_signed_in_the_documented_order(algorithm: str) -> None:
    fields = sent(ROBOKASSA_HASH=algorithm)
    back = ORDER.return_url
    text = f"isp:500.00:2147483647:{fields['Receipt']}:{back}:GET:{back}:GET:live-one:Shp_topup={ORDER.topup_id}"
    assert fields["SignatureValue"] == hashlib.new(algorithm, text.encode()).hexdigest()


def test_checkout_tells_the_company_what_it_needs_and_nothing_personal() -> None:
    fields = sent()
    assert fields["Description"] == "Пополнение лицевого счёта 100201"
    assert (fields["Culture"], fields["Encoding"]) == ("ru", "utf-8")
    assert fields["ExpirationDate"] == "2026-11-24T09:00:00.0000000+00:00"
    assert {"IsTest", "Email", "UserIp", "Recurring"}.isdisjoint(fields)


def test_description_stays_within_the_limit_for_any_account() -> None:
    url = build(CASE).create_checkout(ORDER.model_copy(update={"account": "9" * 200 + " & Иванов?"})).url
    description = dict(parse_qsl(urlsplit(url).query))["Description"]
    assert description.startswith("Пополнение лицевого счёта 999")
    assert len(description) <= 100


def test_receipt_is_json_encoded_once_inside_the_form_value() -> None:
    receipt = json.loads(unquote(sent(ROBOKASSA_SNO="osn", ROBOKASSA_TAX="vat22")["Receipt"]), parse_float=Decimal)
    assert receipt["sno"] == "osn"
    [item] = receipt["items"]
    assert (item["sum"], item["quantity"], item["tax"]) == (Decimal("500.00"), 1, "vat22")
    assert (item["payment_method"], item["payment_object"]) == ("advance", "payment")
    assert item["name"] == "Пополнение лицевого счёта 100201"


def test_link_stays_short_enough_for_any_browser_and_proxy() -> None:
    environ = {
        "ROBOKASSA_HASH": "sha512",
        "ROBOKASSA_SNO": "usn_income_outcome",
        "ROBOKASSA_TAX": "vat110",
        **TEST_MODE,
    }
    assert len(build(CASE, environ=environ).create_checkout(LONGEST_ORDER).url) < 2000


def test_top_up_id_that_could_not_travel_unchanged_is_refused() -> None:
    with pytest.raises(ValueError, match="top-up id"):
        build(CASE).create_checkout(ORDER.model_copy(update={"topup_id": "a:b"}))


def test_test_mode_says_so_and_signs_with_its_own_password() -> None:
    fields = sent(**TEST_MODE)
    back = ORDER.return_url
    text = f"isp:500.00:2147483647:{fields['Receipt']}:{back}:GET:{back}:GET:test-one:Shp_topup={ORDER.topup_id}"
    assert fields["IsTest"] == "1"
    assert fields["SignatureValue"] == hashlib.sha256(text.encode()).hexdigest()


def test_each_mode_accepts_its_own_password_only() -> None:
    test_mode = build(CASE, environ=TEST_MODE)
    assert test_mode.parse_webhook(notification(password="test-two")).status is PaymentStatus.PAID
    with pytest.raises(SignatureInvalid):
        test_mode.parse_webhook(notification(password="live-two"))
    with pytest.raises(SignatureInvalid):
        build(CASE).parse_webhook(notification(password="test-two"))


@pytest.mark.parametrize("amount", ["500", "500.00", "500.0", "500.000000"])
def test_amount_is_read_however_it_is_written(amount: str) -> None:
    assert build(CASE).parse_webhook(notification(amount=amount)).amount_kopecks == 50000


def test_kopecks_are_kept() -> None:
    assert build(CASE).parse_webhook(notification(amount="100.26")).amount_kopecks == 10026


def test_case_of_the_hash_and_order_of_the_fields_do_not_matter() -> None:
    form = notification()
    lower = form | {"SignatureValue": form["SignatureValue"].lower()}
    assert build(CASE).parse_webhook(lower) == build(CASE).parse_webhook(form)
    assert build(CASE).parse_webhook(dict(reversed(form.items()))) == build(CASE).parse_webhook(form)


@pytest.mark.parametrize("name", ["shp_topup", "SHP_topup", "Shp_TopUp"])
def test_top_up_id_is_found_under_any_spelling_that_was_signed(name: str) -> None:
    assert build(CASE).parse_webhook(notification(shp={name: "x"})).topup_id == "x"


def test_notification_without_our_parameter_is_theirs_all_the_same() -> None:
    assert build(CASE).parse_webhook(notification(shp={})).topup_id is None


def test_several_parameters_are_hashed_sorted() -> None:
    form = notification(shp={"Shp_z": "1", "Shp_a": "2", **SHP})
    assert build(CASE).parse_webhook(form).topup_id == ORDER.topup_id


def test_field_boundaries_cannot_be_moved_into_another_top_up() -> None:
    form = notification(shp={"Shp_a": "1", "Shp_topup": "b"})
    del form["Shp_topup"]
    assert build(CASE).parse_webhook(form | {"Shp_a": "1:Shp_topup=b"}).topup_id is None


def test_status_query_is_a_signed_form_without_anything_in_the_address() -> None:
    seen: list[Request] = []

    def handle(request: Request) -> Response:
        seen.append(request)
        return result(3)

    build(CASE, handle, {"ROBOKASSA_HASH": "sha384"}).get_payment(77)
    [request] = seen
    assert (request.method, request.query) == ("POST", [])
    assert request.path == "/Merchant/WebService/Service.asmx/OpStateExt"
    signature = hashlib.sha384(b"isp:77:live-two").hexdigest()
    assert dict(parse_form(request.body)) == {"MerchantLogin": "isp", "InvoiceID": "77", "Signature": signature}


@pytest.mark.parametrize(
    "bad",
    [
        *({"ROBOKASSA_HASH": name} for name in ("md5", "sha1", "ripemd160", "crc32", "")),
        *({"ROBOKASSA_BASE_URL": url} for url in ("http://auth.robokassa.ru", "ftp://x", "https://a@b", "https://x?y")),
        {"ROBOKASSA_PASSWORD2": "live-one"},
        {"ROBOKASSA_TEST_PASSWORD2": "live-two"},
        {"ROBOKASSA_PASSWORD1": ""},
        {"ROBOKASSA_MERCHANT_LOGIN": ""},
        {"ROBOKASSA_TAX": "vat18"},
        {"ROBOKASSA_MISSPELT": "1"},
    ],
    ids=str,
)
def test_bad_setting_stops_the_start_and_shows_no_password(bad: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as raised:
        build(CASE, environ=bad)
    assert not any(secret in str(raised.value) for secret in CASE.secrets)


def test_test_mode_needs_the_test_passwords() -> None:
    live_only = {name: value for name, value in CASE.environ.items() if "TEST" not in name}
    case = CASE.__class__(**{**vars(CASE), "environ": live_only})
    build(case)
    with pytest.raises(ValidationError, match="TEST_PASSWORD1/2"):
        build(case, environ=TEST_MODE)


def test_kazakhstan_and_this_machine_are_possible_addresses() -> None:
    for base in ("https://auth.robokassa.kz", "http://127.0.0.1:8000/sandbox/robokassa/"):
        url = build(CASE, environ={"ROBOKASSA_BASE_URL": base}).create_checkout(ORDER).url
        assert url.startswith(f"{base.rstrip('/')}/Merchant/Index.aspx?")


def parts_of(token: bytes) -> list[bytes]:
    return [base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)) for part in token.split(b".")]


@pytest.mark.parametrize(("kopecks", "sum_"), [(500_00, None), (120_50, Decimal("120.50"))])
def test_a_refund_is_a_jwt_of_exact_digits_signed_by_password_3(kopecks: int, sum_: Decimal | None) -> None:
    seen: list[Request] = []

    def handle(request: Request) -> Response:
        seen.append(request)
        return Response(200, b"")

    refund = Refund(invoice=7, reference="OP-1", account="100201", amount_kopecks=Kopecks(kopecks),
                    paid_kopecks=Kopecks(500_00))  # fmt: skip
    with pytest.raises(OutcomeUnknown):
        build(CASE, handle).refund(refund)
    [request] = seen
    assert (request.path, request.content_type) == ("/RefundService/Refund/Create", "application/jwt")
    head, payload, signature = parts_of(request.body)
    signed = request.body.rpartition(b".")[0]
    assert signature == hmac.new(b"live-three", signed, hashlib.sha256).digest()
    assert json.loads(head) == {"typ": "JWT", "alg": "HS256"}
    body = json.loads(payload, parse_float=Decimal)
    assert (body["OpKey"], body.get("RefundSum")) == ("OP-1", sum_)
    [item] = body["InvoiceItems"]
    assert (item["Cost"], item["Quantity"], item["Tax"]) == (Decimal(kopecks) / 100, 1, "none")


def test_refunds_need_password_3_and_live_payments() -> None:
    assert build(CASE).can_refund
    assert not build(CASE, environ=TEST_MODE).can_refund
    without = {name: value for name, value in CASE.environ.items() if "PASSWORD3" not in name}
    assert not build(CASE.__class__(**{**vars(CASE), "environ": without})).can_refund
