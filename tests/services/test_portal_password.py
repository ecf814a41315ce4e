"""Replacing the portal's password while signed in."""

import pytest

from chalicelib.errors import OutcomeUnknown
from chalicelib.store import password_changes, transaction
from chalicelib.store.subscribers import PROFILE, Profile, SubscriberStore
from local.store.handlers import Answer
from local.store.transport import Call, set_around
from tests.portal import PASSWORD, Browser, Got, client
from tests.product import Product

NEW = "совсем другой пароль 7"


def change(browser: Browser, new: str = NEW, current: str = PASSWORD) -> Got:
    return browser.put("/api/subscriber/password", {"current_password": current, "new_password": new})


def signed_in(address: str = "203.0.113.7") -> Browser:
    browser = client(address)
    assert browser.log_in("bob").status == 200
    return browser


def events() -> list[str]:
    return [row.event for row in SubscriberStore().journal("sub-bob")]


def issue_password() -> None:
    Profile("sub-bob", PROFILE).update([Profile.must_change_password.set(True)])


def test_the_new_one_counts_and_the_old_one_does_not(shop: Product) -> None:
    assert change(signed_in()).status == 204
    assert client().log_in("bob", NEW).status == 200
    assert client().log_in("bob").status == 401


def test_every_other_session_ends_and_this_one_goes_on(shop: Product) -> None:
    mine, *others = [signed_in() for _ in range(20)]
    assert change(mine).status == 204
    assert mine.get("/api/session").json["signed_in"]
    assert not any(other.get("/api/session").json["signed_in"] for other in others)
    assert len(mine.get("/api/sessions").json) == 1


def test_it_is_journalled_and_told_at_once_without_the_password(shop: Product) -> None:
    assert change(signed_in()).status == 204
    shop.advance(seconds=1)
    [message] = [one for one in shop.messages() if one["event"] == "password_changed"]
    assert message["to"] == "+79001112233"
    assert NEW not in str(message)
    assert events().count("password_changed") == 1


def test_a_wrong_current_password_changes_nothing_and_is_counted(shop: Product) -> None:
    browser = signed_in()
    for _ in range(5):
        assert change(browser, current="not this one 1").json["code"] == "wrong_password"
    refused = change(browser)
    assert (refused.status, refused.json["code"]) == (429, "too_many_attempts")
    assert "available_from" in refused.json
    assert events().count("password_change_failed") == 5
    assert client("203.0.113.8").log_in("bob").status == 200


@pytest.mark.parametrize(
    "new",
    ["elevenchars", "x" * 1001, PASSWORD, "123456789012", "Qwertyuiop123", "abababababab", "bob" * 4, "bob-2026-bob"],
)
def test_what_may_not_be_chosen_is_refused_before_a_guess_is_counted(shop: Product, new: str) -> None:
    browser = signed_in()
    for _ in range(6):
        got = change(browser, new)
        assert (got.status, list(got.json["fields"])) == (422, ["new_password"])
    assert change(browser).status == 204


def test_each_reason_has_its_own_sentence(shop: Product) -> None:
    browser = signed_in()
    refused = ("short", PASSWORD, "123456789012", "bob-2026-bob")
    said = {change(browser, new).json["fields"]["new_password"] for new in refused}
    assert len(said) == 4


def test_an_issued_password_opens_nothing_until_it_is_replaced(shop: Product) -> None:
    issue_password()
    browser = client()
    assert browser.log_in("bob").json["must_change_password"]
    assert browser.get("/api/accounts").json["code"] == "password_change_required"
    assert change(browser).status == 204
    assert browser.get("/api/accounts").status == 200
    assert not browser.get("/api/session").json["must_change_password"]


def test_a_lost_answer_is_recognised_by_the_hash(shop: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, commit = signed_in(), password_changes.commit

    def lost(*given: object) -> None:
        commit(*given)  # type: ignore[arg-type]
        raise OutcomeUnknown("lost")

    monkeypatch.setattr(password_changes, "commit", lost)
    assert change(browser).status == 204
    assert events().count("password_changed") == 1


def test_a_sign_in_that_slips_in_between_loses_its_session(shop: Product) -> None:
    """It signed in with the old password after the sessions were listed: the change looks again and ends it too."""
    browser, late = signed_in(), client()

    def around(call: Call, proceed: object) -> Answer:
        if call.operation == "TransactWriteItems" and "password_hash" in str(call.body) and not late.cookies:
            set_around(None)
            assert late.log_in("bob").status == 200
        return proceed()  # type: ignore[operator, no-any-return]

    set_around(around)
    assert change(browser).status == 204
    assert late.cookies
    assert not late.get("/api/session").json["signed_in"]


def test_of_two_changes_one_wins_and_the_other_s_session_ends(shop: Product) -> None:
    first, second = signed_in(), signed_in()

    def around(call: Call, proceed: object) -> Answer:
        if call.operation == "TransactWriteItems" and "password_hash" in str(call.body):
            set_around(None)
            assert change(second, "the second one's choice").status == 204
        return proceed()  # type: ignore[operator, no-any-return]

    set_around(around)
    assert change(first).status == 401
    assert client().log_in("bob", "the second one's choice").status == 200


def test_twenty_sessions_fit_into_one_transaction(shop: Product) -> None:
    browsers, sizes = [signed_in() for _ in range(20)], []

    def around(call: Call, proceed: object) -> Answer:
        sizes.append(len(call.body.get("TransactItems", ())))
        return proceed()  # type: ignore[operator, no-any-return]

    set_around(around)
    assert change(browsers[-1]).status == 204
    assert max(sizes) == 24 <= transaction.MAX_ITEMS
