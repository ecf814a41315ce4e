"""One suite for all registered payment gateways."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib.errors import BadWebhook, SignatureInvalid
from chalicelib.providers.gateways import ADAPTERS, CardFacts, PaymentStatus, RefundAnswer
from tests.contract.gateways.suite import (
    CHARGE,
    ORDER,
    CardExchange,
    ChargeExchange,
    Exchange,
    GatewayCase,
    ReceiptExchange,
    RefundExchange,
    answering,
    build,
)

PACKAGE = "tests.contract.gateways"
WRITTEN = sorted(name for name in ADAPTERS if find_spec(f"{PACKAGE}.{name}_case"))
CASES: dict[str, GatewayCase] = {name: import_module(f"{PACKAGE}.{name}_case").CASE for name in WRITTEN}

each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def each(attribute: str) -> Any:
    pairs = [(case, title) for case in CASES.values() for title in getattr(case, attribute)]
    return pytest.mark.parametrize(("case", "title"), pairs, ids=[f"{case.name}: {title}" for case, title in pairs])


def test_every_registered_adapter_has_a_case_file() -> None:
    assert sorted(ADAPTERS) == WRITTEN
    assert all(case.name == name for name, case in CASES.items())


def test_every_case_shows_forgeries_unreadable_forms_and_answers() -> None:
    assert all(case.forged and case.unreadable and len(case.exchanges) > 5 for case in CASES.values())


@each_case
def test_an_adapter_describes_itself(case: GatewayCase) -> None:
    gateway = build(case)
    assert gateway.name == case.name
    assert set(gateway.titles) == {"ru", "en"}
    assert all(gateway.titles.values())
    assert gateway.titles["en"].isascii()
    assert 0 < gateway.limits.min_kopecks < gateway.limits.max_kopecks
    assert gateway.webhook_get is False


@each_case
def test_checkout_of_the_same_order_is_the_same(case: GatewayCase) -> None:
    assert build(case).create_checkout(ORDER) == build(case).create_checkout(ORDER)


@each_case
def test_checkout_is_complete_and_holds_no_secret(case: GatewayCase) -> None:
    checkout = build(case).create_checkout(ORDER)
    sent = checkout.fields or dict(parse_qsl(urlsplit(checkout.url).query))
    assert (checkout.method == "GET") == (checkout.fields == {})
    assert checkout.url.startswith("https://")
    assert case.order in sent.values()
    assert ORDER.return_url in sent.values()
    assert not any(secret in text for secret in case.secrets for text in (checkout.url, *sent.values()))


@each_case
def test_a_good_notification_is_read(case: GatewayCase) -> None:
    event = build(case).parse_webhook(case.paid)
    assert (event.order, event.invoice, event.status) == (case.order, ORDER.invoice, PaymentStatus.PAID)
    assert event.proven is case.proven
    # what is not proven is not told at all
    expected = (ORDER.topup_id, ORDER.amount_kopecks) if case.proven else (None, None)
    assert (event.topup_id, event.amount_kopecks) == expected


@each_case
def test_a_notification_is_acknowledged_to_the_byte(case: GatewayCase) -> None:
    gateway = build(case)
    answer = gateway.acknowledge(gateway.parse_webhook(case.paid))
    assert answer.body == case.acknowledgement
    assert answer.content_type.startswith("text/plain")


@each("forged")
def test_a_forged_notification_is_refused(case: GatewayCase, title: str) -> None:
    with pytest.raises(SignatureInvalid):
        build(case).parse_webhook(case.forged[title])


@each("unreadable")
def test_an_unreadable_notification_is_refused(case: GatewayCase, title: str) -> None:
    with pytest.raises(BadWebhook):
        build(case).parse_webhook(case.unreadable[title])


ANSWERS = [(case, exchange) for case in CASES.values() for exchange in case.exchanges]


@pytest.mark.parametrize(("case", "exchange"), ANSWERS, ids=[f"{case.name}: {each.title}" for case, each in ANSWERS])
def test_an_answer_to_a_status_query_means_what_the_documents_say(case: GatewayCase, exchange: Exchange) -> None:
    gateway = build(case, answering(exchange.answer))
    if isinstance(exchange.expected, type):
        with pytest.raises(exchange.expected):
            gateway.get_payment(ORDER.invoice)
    else:
        assert gateway.get_payment(ORDER.invoice) == exchange.expected


REFUNDS = [(case, exchange) for case in CASES.values() for exchange in case.refunds]


@pytest.mark.parametrize(("case", "exchange"), REFUNDS, ids=[f"{case.name}: {each.title}" for case, each in REFUNDS])
def test_an_answer_to_a_refund_means_what_the_documents_say(case: GatewayCase, exchange: RefundExchange) -> None:
    """What is not theirs, or may have happened, is unknown: never a refusal, never a success."""
    gateway = build(case, answering(exchange.answer), exchange.environ)

    def ask() -> RefundAnswer:
        return gateway.get_refund(exchange.refund, "r-12345678") if exchange.asked else gateway.refund(exchange.refund)

    if isinstance(exchange.expected, type):
        with pytest.raises(exchange.expected):
            ask()
    else:
        assert ask() == exchange.expected


CHARGES = [(case, exchange) for case in CASES.values() for exchange in case.charges]


@pytest.mark.parametrize(("case", "exchange"), CHARGES, ids=[f"{case.name}: {each.title}" for case, each in CHARGES])
def test_an_answer_to_a_charge_means_what_the_documents_say(case: GatewayCase, exchange: ChargeExchange) -> None:
    """What proves neither the one nor the other is unknown: such a charge is asked about and never repeated."""
    gateway = build(case, answering(exchange.answer))
    if isinstance(exchange.expected, type):
        with pytest.raises(exchange.expected):
            gateway.charge_saved(CHARGE)
    else:
        assert gateway.charge_saved(CHARGE) == exchange.expected


RECEIPTS = [(case, exchange) for case in CASES.values() for exchange in case.receipts]


@pytest.mark.parametrize(("case", "exchange"), RECEIPTS, ids=[f"{case.name}: {each.title}" for case, each in RECEIPTS])
def test_an_answer_about_a_receipt_means_what_the_documents_say(case: GatewayCase, exchange: ReceiptExchange) -> None:
    gateway = build(case, answering(exchange.answer), exchange.environ)
    assert exchange.kind in gateway.receipts
    ask = gateway.send_receipt if exchange.sent else gateway.get_receipt
    if isinstance(exchange.expected, type):
        with pytest.raises(exchange.expected):
            ask(exchange.wish)
    else:
        assert ask(exchange.wish) == exchange.expected


@each_case
def test_a_company_that_is_not_set_to_print_tells_of_no_receipts(case: GatewayCase) -> None:
    assert build(case).receipts == frozenset()


CARDS = [(case, exchange) for case in CASES.values() for exchange in case.cards]


@pytest.mark.parametrize(("case", "exchange"), CARDS, ids=[f"{case.name}: {each.title}" for case, each in CARDS])
def test_an_answer_about_a_card_means_what_the_documents_say(case: GatewayCase, exchange: CardExchange) -> None:
    gateway = build(case, answering(exchange.answer), case.telling)
    if isinstance(exchange.expected, type):
        with pytest.raises(exchange.expected):
            gateway.saved_card(ORDER.invoice)
    else:
        assert gateway.saved_card(ORDER.invoice) == exchange.expected


@each_case
def test_who_tells_nothing_of_cards_is_not_asked(case: GatewayCase) -> None:
    """Without the setting no call leaves: the case's company is nobody."""
    gateway = build(case)
    assert (gateway.tells_card, gateway.saved_card(ORDER.invoice)) == (False, CardFacts())
    assert build(case, environ=case.telling).tells_card is bool(case.cards)


@each_case
def test_a_card_is_saved_only_where_the_payer_agreed(case: GatewayCase) -> None:
    gateway, agreed = build(case), ORDER.model_copy(update={"save_card": True})
    plain, parent = (gateway.create_checkout(order) for order in (ORDER, agreed))
    told = [checkout.fields or dict(parse_qsl(urlsplit(checkout.url).query)) for checkout in (plain, parent)]
    assert set(told[1]) - set(told[0]) in ({"Recurring"}, {"IsRecurrentStart"})


@each_case
def test_errors_and_settings_show_no_secret(case: GatewayCase) -> None:
    gateway = build(case)
    shown = [repr(gateway), repr(vars(gateway).get("_settings"))]
    for fields in (*case.forged.values(), *case.unreadable.values()):
        with pytest.raises((SignatureInvalid, BadWebhook)) as raised:
            gateway.parse_webhook(fields)
        shown.append(repr(raised.value))
    assert not any(secret in text for secret in case.secrets for text in shown)
