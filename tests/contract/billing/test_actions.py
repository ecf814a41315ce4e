"""What a subscriber may ask of any billing that offers it. Scene: ``suite.py``; here 500001 first gets what it lacks.

On 23 November its period of 10 November to 9 December is paid for internet and phone.
"""

from datetime import date, timedelta

import pytest

from chalicelib.billing import BillingSystem, Start
from chalicelib.errors import NotFound, Rejected
from chalicelib.money import Kopecks
from tests.contract.billing.test_billings import billing

__all__ = ["billing"]

TODAY = date(2026, 11, 23)
ACCOUNT = "500001"


def test_an_absent_account_or_service_is_not_found(billing: BillingSystem) -> None:
    run = TODAY + timedelta(days=1), TODAY + timedelta(days=10)
    for account, service in (("599999", "internet"), (ACCOUNT, "nothing")):
        for ask in (
            lambda a, s: billing.tariff_offers(a, s),
            lambda a, s: billing.change_tariff(a, s, "t", Start.NOW, Kopecks(0)),
            lambda a, s: billing.cancel_tariff_change(a, s),
            lambda a, s: billing.suspension_offer(a, s),
            lambda a, s: billing.suspend(a, s, *run, None),
            lambda a, s: billing.resume(a, s),
            lambda a, s: billing.set_internet_password(a, s, "Net-pass-1"),
        ):
            with pytest.raises(NotFound):
                ask(account, service)
    for ask_account in (billing.promise_offer, lambda a: billing.grant_promise(a, "p", Kopecks(1_00))):
        with pytest.raises(NotFound):
            ask_account("599999")


def test_the_own_tariff_is_offered_first_and_cannot_be_chosen(billing: BillingSystem) -> None:
    own = billing.tariff_offers(ACCOUNT, "internet")[0]
    assert (own.id, own.current, own.allowed, own.code) == ("t", True, False, "same_tariff")
    with pytest.raises(Rejected) as no:
        billing.change_tariff(ACCOUNT, "internet", "t", Start.NEXT_PERIOD, Kopecks(0))
    assert no.value.code == "same_tariff"


def test_nothing_to_cancel_to_resume_or_to_revoke_is_nothing_done(billing: BillingSystem) -> None:
    before = billing.account(ACCOUNT)
    billing.cancel_tariff_change(ACCOUNT, "internet")
    billing.resume(ACCOUNT, "internet")
    billing.revoke_promise(ACCOUNT, "never")
    assert billing.account(ACCOUNT) == before


def test_the_network_s_password_is_set_again_and_shown_nowhere(billing: BillingSystem) -> None:
    before = billing.account(ACCOUNT)
    for password in ("Net-pass-1", "Net-pass-1", "Net-pass-2"):
        billing.set_internet_password(ACCOUNT, "internet", password)
        assert password not in repr(billing.account(ACCOUNT))
    assert billing.account(ACCOUNT) == before


def test_what_has_no_network_has_no_password(billing: BillingSystem) -> None:
    with pytest.raises(NotFound):
        billing.set_internet_password(ACCOUNT, "phone", "Net-pass-1")


def test_what_an_offer_refuses_is_refused_with_the_same_code(billing: BillingSystem) -> None:
    offer = billing.promise_offer(ACCOUNT)
    assert not offer.allowed
    with pytest.raises(Rejected) as no:
        billing.grant_promise(ACCOUNT, "p", max(offer.amount_kopecks, Kopecks(1_00)))
    assert (no.value.code, no.value.available_from) == (offer.code, offer.available_from)


def test_a_suspension_is_planned_shown_and_cancelled(billing: BillingSystem) -> None:
    before = billing.account(ACCOUNT)
    offer = billing.suspension_offer(ACCOUNT, "internet")
    assert offer.allowed
    end = offer.earliest + timedelta(days=offer.min_days - 1)
    for _ in range(2):
        billing.suspend(ACCOUNT, "internet", offer.earliest, end, offer.refund_kopecks)
    planned = billing.account(ACCOUNT).services[0].suspension
    assert planned is not None
    assert (planned.start, planned.end, planned.started) == (offer.earliest, end, False)
    billing.resume(ACCOUNT, "internet")
    assert billing.account(ACCOUNT) == before


def test_another_refund_than_the_expected_one_suspends_nothing(billing: BillingSystem) -> None:
    offer = billing.suspension_offer(ACCOUNT, "internet")
    end = offer.earliest + timedelta(days=offer.min_days - 1)
    with pytest.raises(Rejected) as no:
        billing.suspend(ACCOUNT, "internet", offer.earliest, end, Kopecks(offer.refund_kopecks + 1))
    assert (no.value.code, no.value.numbers) == ("numbers_changed", {"refund_kopecks": offer.refund_kopecks})
    assert billing.account(ACCOUNT).services[0].suspension is None
