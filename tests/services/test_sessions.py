"""Sessions: how they begin, how long they live, who may end them."""

import json
import threading
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import Forbidden, NotAuthenticated, NotFound, UpstreamUnavailable
from chalicelib.services.devices import label
from chalicelib.services.session import Sessions
from chalicelib.store.sessions import SessionRow, SessionStore, fingerprint
from chalicelib.store.subscribers import Profile, SubscriberStore
from local.store import transport
from local.store.engine import Engine
from tests.conftest import SettableClock
from tests.services.portal_door import (
    AWAY,
    HOME,
    PASSWORD,
    change_password,
    counted,
    identified,
    portal_door,
    subscriber,
)


@pytest.fixture
def door(store: Engine, clock: SettableClock) -> Sessions:
    made = portal_door(clock)
    subscriber(made)
    return made


def stored_text() -> str:
    rows = [json.dumps(row.to_dynamodb_dict()) for row in SessionRow.scan()]  # the table's every row
    assert rows
    return "\n".join(rows)


def events(subscriber_id: str = "sub-alice") -> list[str]:
    return [row.event for row in SubscriberStore().journal(subscriber_id)][::-1]


def test_only_the_hash_of_a_session_and_of_a_device_is_stored(door: Sessions) -> None:
    signed_in = door.log_in("alice", PASSWORD, HOME)
    token = signed_in.cookie.partition(".")[2]
    text = stored_text()
    assert token not in text
    assert signed_in.device_token not in text
    assert fingerprint(token) in text
    assert PASSWORD not in text


def test_what_the_browser_is_shown_opens_nothing(door: Sessions) -> None:
    cookie = door.log_in("alice", PASSWORD, HOME).cookie
    shown = door.sessions(identified(door, cookie))[0].id
    assert door.identify(f"sub-alice.{shown}") is None


def test_each_sign_in_has_a_new_id(door: Sessions) -> None:
    first, second = (door.log_in("alice", PASSWORD, HOME) for _ in range(2))
    assert first.cookie != second.cookie
    assert first.identity.session_id != second.identity.session_id


@pytest.mark.parametrize("planted_by", ["alice", "mallory"])
def test_a_session_presented_at_sign_in_ends(door: Sessions, planted_by: str) -> None:
    if planted_by != "alice":
        subscriber(door, planted_by, "+79000000099", "m@example.ru")
    planted = door.log_in(planted_by, PASSWORD, AWAY)
    signed_in = door.log_in("alice", PASSWORD, HOME, replaced=planted.identity)
    assert door.identify(planted.cookie) is None
    assert identified(door, signed_in.cookie).subscriber_id == "sub-alice"


def test_a_signed_out_session_is_dead_on_the_server(door: Sessions) -> None:
    signed_in = door.log_in("alice", PASSWORD, HOME)
    door.log_out(signed_in.identity, HOME)
    assert door.identify(signed_in.cookie) is None
    door.log_out(signed_in.identity, HOME)
    assert events() == ["signed_in", "signed_out"]


def test_an_idle_session_is_over_although_its_row_is_there(door: Sessions, clock: SettableClock) -> None:
    cookie = door.log_in("alice", PASSWORD, HOME).cookie
    clock.advance(days=30, seconds=-1)
    assert door.identify(cookie)
    clock.advance(days=30)
    assert door.identify(cookie) is None
    assert len(SessionStore().list("sub-alice")) == 1


def test_a_used_session_is_over_after_its_longest_life(door: Sessions, clock: SettableClock) -> None:
    cookie = door.log_in("alice", PASSWORD, HOME).cookie
    for _ in range(8):
        clock.advance(days=11)
        assert door.identify(cookie)
    clock.advance(days=2)
    assert door.identify(cookie) is None
    assert len(SessionStore().list("sub-alice")) == 1


def test_last_seen_is_written_at_most_every_ten_minutes(door: Sessions, clock: SettableClock) -> None:
    cookie = door.log_in("alice", PASSWORD, HOME).cookie
    clock.advance(minutes=9, seconds=59)
    with counted() as calls:
        door.identify(cookie)
        clock.advance(seconds=1)
        door.identify(cookie)
        door.identify(cookie)
    assert calls == ["GetItem", "GetItem", "UpdateItem", "GetItem"]


def test_a_failure_to_write_last_seen_does_not_fail_the_request(door: Sessions, clock: SettableClock) -> None:
    cookie = door.log_in("alice", PASSWORD, HOME).cookie
    clock.advance(minutes=10)
    transport.set_around(lambda call, proceed: proceed() if call.operation == "GetItem" else refused())
    assert door.identify(cookie)


def refused() -> Any:
    return transport.error_answer("ValidationException", "no")


def test_noting_last_seen_does_not_revive_an_ended_session(door: Sessions, clock: SettableClock) -> None:
    signed_in = door.log_in("alice", PASSWORD, HOME)
    row = SessionStore().get("sub-alice", signed_in.identity.session_id)
    assert row is not None
    door.log_out(signed_in.identity, HOME)
    SessionStore().touch(row, clock())
    door.remember_account(signed_in.identity, "100101")
    assert SessionStore().list("sub-alice") == []


@pytest.mark.parametrize(
    "cookie", [None, "", ".", "sub-alice", "sub-alice.", "a.b.c", "sub-alice.XYZ", "é" * 40, "x" * 9999]
)
def test_a_malformed_cookie_costs_no_call(door: Sessions, cookie: str | None) -> None:
    with counted() as calls:
        assert door.identify(cookie) is None
    assert calls == []


def test_the_21st_session_ends_the_oldest(door: Sessions, clock: SettableClock) -> None:
    cookies = []
    for _ in range(21):
        clock.advance(minutes=1)
        cookies.append(door.log_in("alice", PASSWORD, HOME).cookie)
    assert door.identify(cookies[0]) is None
    assert all(door.identify(cookie) for cookie in cookies[1:])


def test_sign_ins_at_once_do_not_exceed_the_number_of_sessions(store: Engine, clock: SettableClock) -> None:
    door = portal_door(clock, sessions_per_subscriber=3)
    subscriber(door)
    threads = [threading.Thread(target=door.log_in, args=("alice", PASSWORD, HOME)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(SessionStore().list("sub-alice")) == 3


def test_a_password_changed_during_the_sign_in_leaves_no_session(door: Sessions) -> None:
    def race(call: transport.Call, proceed: Any) -> Any:
        if call.operation == "TransactWriteItems":
            transport.set_around(None)
            change_password("sub-alice")
        return proceed()

    transport.set_around(race)
    with pytest.raises(NotAuthenticated):
        door.log_in("alice", PASSWORD, HOME)
    assert SessionStore().list("sub-alice") == []


def test_whoever_ends_all_sessions_notices_one_that_begins_meanwhile(door: Sessions) -> None:
    mine = door.log_in("alice", PASSWORD, HOME)
    other: list[str] = []

    def race(call: transport.Call, proceed: Any) -> Any:
        if call.operation == "TransactWriteItems":
            transport.set_around(None)
            other.append(door.log_in("alice", PASSWORD, AWAY).cookie)
        return proceed()

    transport.set_around(race)
    door.end_others(mine.identity, HOME)
    assert door.identify(other[0]) is None
    assert door.identify(mine.cookie)


def test_a_step_up_lasts_ten_minutes_and_belongs_to_one_session(door: Sessions, clock: SettableClock) -> None:
    mine, other = door.log_in("alice", PASSWORD, HOME), door.log_in("alice", PASSWORD, HOME)
    assert not door.stepped_up(mine.identity)
    door.step_up(mine.identity, PASSWORD, HOME)
    assert door.stepped_up(identified(door, mine.cookie))
    assert not door.stepped_up(identified(door, other.cookie))
    clock.advance(minutes=10)
    assert not door.stepped_up(identified(door, mine.cookie))


def test_a_wrong_password_does_not_step_up_and_is_journalled(door: Sessions) -> None:
    mine = door.log_in("alice", PASSWORD, HOME)
    with pytest.raises(Forbidden):
        door.step_up(mine.identity, "wrong", HOME)
    assert not door.stepped_up(identified(door, mine.cookie))
    assert events()[-1] == "step_up_failed"


def test_a_step_up_neither_survives_a_new_password_nor_revives_a_session(door: Sessions) -> None:
    mine = door.log_in("alice", PASSWORD, HOME)

    def race(call: transport.Call, proceed: Any) -> Any:
        if call.operation == "TransactWriteItems":
            transport.set_around(None)
            change_password("sub-alice")
        return proceed()

    transport.set_around(race)
    with pytest.raises(NotAuthenticated):
        door.step_up(mine.identity, PASSWORD, HOME)
    assert not door.stepped_up(identified(door, mine.cookie))


def test_anothers_session_looks_like_an_absent_one(door: Sessions) -> None:
    subscriber(door, "charlie", "+79000000033", "c@example.ru")
    mine, foreign = door.log_in("alice", PASSWORD, HOME), door.log_in("charlie", PASSWORD, HOME)
    for session_id in (foreign.identity.session_id, "absent"):
        with pytest.raises(NotFound):
            door.end(mine.identity, session_id, HOME)
    assert door.identify(foreign.cookie)


def test_the_list_shows_the_current_session_first_and_its_device_in_words(door: Sessions, clock: SettableClock) -> None:
    mine = door.log_in("alice", PASSWORD, HOME)
    clock.advance(minutes=1)
    door.log_in("alice", PASSWORD, AWAY)
    listed = door.sessions(mine.identity)
    assert [(one.device, one.current) for one in listed] == [("Chrome, Windows", True), ("", False)]


def test_one_session_or_all_others_can_be_ended(door: Sessions) -> None:
    mine, *others = (door.log_in("alice", PASSWORD, HOME) for _ in range(4))
    door.end(mine.identity, others[0].identity.session_id, HOME)
    assert [bool(door.identify(one.cookie)) for one in others] == [False, True, True]
    door.end_others(mine.identity, HOME)
    assert [one.id for one in door.sessions(mine.identity)] == [mine.identity.session_id]
    assert events()[-2:] == ["session_ended", "other_sessions_ended"]


def test_the_last_account_is_kept_for_this_session_and_the_next_and_written_only_when_changed(door: Sessions) -> None:
    mine = door.log_in("alice", PASSWORD, HOME)
    door.remember_account(mine.identity, "100101")
    again = identified(door, mine.cookie)
    assert again.last_account == "100101"
    with counted() as calls:
        door.remember_account(again, "100101")
    assert calls == []
    assert door.log_in("alice", PASSWORD, HOME).identity.last_account == "100101"


def test_an_issued_password_is_known_to_the_session(door: Sessions) -> None:
    Profile("sub-alice").update([Profile.must_change_password.set(True)])
    assert identified(door, door.log_in("alice", PASSWORD, HOME).cookie).must_change_password


@pytest.mark.parametrize("login", ["ALICE ", "8 (900) 000-00-11", "+79000000011", "9000000011", "A@Example.RU"])
def test_a_login_is_the_number_or_a_confirmed_contact_however_written(door: Sessions, login: str) -> None:
    assert door.log_in(login, PASSWORD, HOME).identity.subscriber_id == "sub-alice"


def test_a_contact_that_two_have_confirmed_is_nobodys_login(door: Sessions) -> None:
    subscriber(door, "bob", "+79000000011", "b@example.ru")
    with pytest.raises(NotAuthenticated):
        door.log_in("+79000000011", PASSWORD, HOME)
    assert door.log_in("b@example.ru", PASSWORD, HOME).identity.subscriber_id == "sub-bob"


def test_a_hash_of_another_cost_is_replaced_at_sign_in(door: Sessions, clock: SettableClock) -> None:
    dearer = portal_door(clock, argon2_time_cost=2)
    dearer.log_in("alice", PASSWORD, HOME)
    profile = SubscriberStore().get("sub-alice")
    assert profile is not None
    assert profile.password_hash is not None
    assert not dearer.passwords.outdated(profile.password_hash)
    assert dearer.passwords.matches(PASSWORD, profile.password_hash)


#: Of a first sign-in with every counter still to be made.
CALLS = 20


class Crash(BaseException):
    """The process dies here."""


def crashing(at: int, after: bool, seen: list[str]) -> transport.Around:
    """Dies around the call of that number, before or after the store has done it."""

    def around(call: transport.Call, proceed: Any) -> Any:
        seen.append(call.operation)
        if len(seen) != at:
            return proceed()
        if after:
            proceed()
        raise Crash

    return around


@pytest.mark.parametrize("at", range(1, 22))
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_store_call_of_a_sign_in_leaves_no_half_state(door: Sessions, at: int, after: bool) -> None:
    seen: list[str] = []
    transport.set_around(crashing(at, after, seen))
    with pytest.raises(Crash) if at <= CALLS else nullcontext():
        door.log_in("alice", PASSWORD, HOME)
    transport.set_around(None)
    assert at <= CALLS or len(seen) == CALLS
    whole = at > CALLS or (after and seen[-1] == "TransactWriteItems")
    assert [row.started_at for row in SessionStore().list("sub-alice")] == [door.now()] * whole
    assert events() == ["signed_in"] * whole
    assert door.identify(door.log_in("alice", PASSWORD, HOME).cookie)


def test_a_lost_answer_of_the_sign_in_is_recognised_as_ours(door: Sessions) -> None:
    def lose(call: transport.Call, proceed: Any) -> Any:
        answer = proceed()
        if call.operation == "TransactWriteItems":
            transport.set_around(None)
            return transport.error_answer("InternalServerError", "lost", 500)
        return answer

    transport.set_around(lose)
    signed_in = door.log_in("alice", PASSWORD, HOME)
    assert door.identify(signed_in.cookie)
    assert len(SessionStore().list("sub-alice")) == 1
    assert events() == ["signed_in"]


def test_a_sign_in_whose_outcome_stays_unknown_may_be_tried_again(door: Sessions) -> None:
    def broken(call: transport.Call, proceed: Any) -> Any:
        if call.operation == "TransactWriteItems":
            return transport.error_answer("InternalServerError", "broken", 500)
        return proceed()

    transport.set_around(broken)
    with pytest.raises(UpstreamUnavailable):
        door.log_in("alice", PASSWORD, HOME)


def test_the_journal_says_when_from_where_and_on_what(door: Sessions, clock: SettableClock) -> None:
    door.log_in("alice", PASSWORD, HOME)
    (row,) = SubscriberStore().journal("sub-alice")
    assert (row.at, row.address, row.device) == (clock(), HOME.address, "Chrome, Windows")
    assert clock() - row.at < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/156.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 YaBrowser/26.1 Safari/537.36", "Яндекс Браузер, Windows"),
        ("<script>", ""),
    ],
)
def test_a_device_is_told_in_our_own_words(user_agent: str, words: str) -> None:
    assert label(user_agent) == words
