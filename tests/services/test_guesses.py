"""Guessing passwords: what it costs, when it is refused, and who gets in all the same."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import argon2
import pytest

from chalicelib.errors import Forbidden, PortalError, TooManyAttempts, UpstreamUnavailable
from chalicelib.services.session import Client, Sessions
from chalicelib.store.guesses import DEVICE_LIMIT, GuessRow
from local.store import transport
from local.store.engine import Engine
from tests.conftest import SettableClock
from tests.services.portal_door import AWAY, HOME, PASSWORD, counted, portal_door, subscriber


@pytest.fixture
def door(store: Engine, clock: SettableClock) -> Sessions:
    made = portal_door(clock)
    subscriber(made)
    return made


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that were compared with, one for each computation of argon2."""
    done: list[str] = []
    verify = argon2.PasswordHasher.verify

    def noted(self: Any, stored: str, password: str) -> bool:
        done.append(stored)
        return bool(verify(self, stored, password))

    monkeypatch.setattr(argon2.PasswordHasher, "verify", noted)
    return done


def attempt(door: Sessions, login: str = "alice", password: str = "wrong", client: Client = AWAY, **more: Any) -> str:
    """The name of the error, or ``in``."""
    try:
        door.log_in(login, password, client, **more)
    except PortalError as error:
        return type(error).__name__
    return "in"


def refused_for(door: Sessions, **more: Any) -> timedelta:
    with pytest.raises(TooManyAttempts) as caught:
        door.log_in("alice", PASSWORD, AWAY, **more)
    return caught.value.available_from - door.now()


def exhaust(door: Sessions, clock: SettableClock) -> None:
    """A hundred failures on alice's account, as fast as they are let, each from elsewhere."""
    for number in range(100):
        clock.advance(minutes=15)
        assert attempt(door, client=Client(f"198.51.100.{number}", "", "ru")) == "NotAuthenticated"


@pytest.mark.parametrize("device", [None, "f" * 32])
@pytest.mark.parametrize(("known", "unknown"), [("alice", "nobody"), ("a@example.ru", "x@example.ru")])
def test_an_unknown_login_costs_the_calls_and_the_hash_of_a_wrong_password(
    door: Sessions, hashes: list[str], known: str, unknown: str, device: str | None
) -> None:
    attempt(door, "somebody")
    costs = []
    for login in (known, unknown):
        for _ in range(7):
            hashes.clear()
            with counted() as calls:
                outcome = attempt(door, login, device_token=device)
            costs.append((outcome, calls, len(hashes)))
    assert costs[:7] == costs[7:]
    assert [outcome for outcome, _, _ in costs[:7]] == ["NotAuthenticated"] * 5 + ["TooManyAttempts"] * 2
    assert [number for _, _, number in costs[:7]] == [1] * 5 + [0] * 2


def test_the_hash_of_an_unknown_login_is_as_dear_as_a_real_one(door: Sessions, hashes: list[str]) -> None:
    attempt(door)
    attempt(door, "nobody")
    real, made_up = (argon2.extract_parameters(stored) for stored in hashes)
    assert real == made_up


def all_read_before_any_writes(scope: str, number: int) -> transport.Around:
    """The worst order of so many guesses at once: each has read the counter before one of them writes it."""
    everybody, first = threading.Barrier(number, timeout=20), threading.local()

    def around(call: transport.Call, proceed: Any) -> Any:
        answer = proceed()
        counter = call.operation == "GetItem" and scope in str(call.body["Key"].get("scope"))
        if counter and not hasattr(first, "read"):
            first.read = True
            everybody.wait()
        return answer

    return around


def test_guesses_at_once_cannot_exceed_what_is_free(door: Sessions, hashes: list[str]) -> None:
    outcomes: list[str] = []
    transport.set_around(all_read_before_any_writes("login#", 16))
    threads = [threading.Thread(target=lambda: outcomes.append(attempt(door))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(outcomes) == {"NotAuthenticated": 5, "TooManyAttempts": 11}
    assert len(hashes) == 5


@pytest.mark.parametrize(("budget", "scope"), [("guess_per_address", "address#"), ("guess_overall", "overall")])
def test_guesses_at_once_cannot_exceed_a_shared_budget(
    store: Engine, clock: SettableClock, budget: str, scope: str
) -> None:
    transport.set_around(all_read_before_any_writes(scope, 16))
    door = portal_door(clock, **{budget: 7})
    outcomes: list[str] = []

    def spray(number: int) -> None:
        outcomes.append(attempt(door, f"somebody{number}"))

    threads = [threading.Thread(target=spray, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(outcomes) == {"NotAuthenticated": 7, "TooManyAttempts": 9}


def test_the_delay_doubles_up_to_a_longest_one(door: Sessions, clock: SettableClock) -> None:
    for _ in range(4):
        assert attempt(door) == "NotAuthenticated"
    delays = []
    for _ in range(7):
        assert attempt(door) == "NotAuthenticated"
        delays.append(refused_for(door).total_seconds())
        clock.advance(seconds=delays[-1])
    assert delays == [60, 120, 240, 480, 900, 900, 900]


def test_a_refused_guess_is_not_counted(door: Sessions, clock: SettableClock) -> None:
    for _ in range(5):
        attempt(door)
    before = sorted((row.scope, row.failures) for row in GuessRow.scan())
    assert refused_for(door) == timedelta(seconds=60)
    assert sorted((row.scope, row.failures) for row in GuessRow.scan()) == before


def test_after_a_hundred_failures_even_the_right_password_is_refused(door: Sessions, clock: SettableClock) -> None:
    exhaust(door, clock)
    clock.advance(days=1)
    assert refused_for(door) > timedelta(days=20)
    clock.advance(days=30)
    assert attempt(door, password=PASSWORD) == "in"


def test_a_known_device_gets_in_during_an_attack_on_its_account(door: Sessions, clock: SettableClock) -> None:
    token = door.log_in("alice", PASSWORD, HOME).device_token
    exhaust(door, clock)
    assert attempt(door, password=PASSWORD, device_token="e" * 32) == "TooManyAttempts"
    assert attempt(door, password=PASSWORD, device_token=token) == "in"


def test_a_known_device_gets_in_when_everybodys_budget_is_spent(store: Engine, clock: SettableClock) -> None:
    door = portal_door(clock, guess_overall=3)
    subscriber(door)
    token = door.log_in("alice", PASSWORD, HOME).device_token
    for number in range(3):
        attempt(door, f"somebody{number}")
    assert attempt(door, password=PASSWORD) == "TooManyAttempts"
    assert attempt(door, password=PASSWORD, device_token=token) == "in"


def test_a_known_device_has_few_guesses_and_is_known_to_one_subscriber(door: Sessions, clock: SettableClock) -> None:
    subscriber(door, "bob", "+79000000022", "b@example.ru")
    token = door.log_in("alice", PASSWORD, HOME).device_token
    for _ in range(DEVICE_LIMIT):
        assert attempt(door, device_token=token) == "NotAuthenticated"
        clock.advance(minutes=15)
    assert attempt(door, password=PASSWORD, device_token=token) == "TooManyAttempts"
    assert door.log_in("bob", PASSWORD, HOME, device_token=token).device_token != token


def test_a_device_keeps_its_token_and_is_forgotten_after_a_year(door: Sessions, clock: SettableClock) -> None:
    token = door.log_in("alice", PASSWORD, HOME).device_token
    clock.advance(days=364)
    assert door.log_in("alice", PASSWORD, HOME, device_token=token).device_token == token
    clock.advance(days=365)
    assert door.log_in("alice", PASSWORD, HOME, device_token=token).device_token != token


def test_a_success_starts_the_account_afresh_and_gives_the_shared_budgets_back(door: Sessions) -> None:
    for _ in range(4):
        attempt(door)
    assert attempt(door, password=PASSWORD) == "in"
    counts = {row.scope.partition("#")[0]: row.failures for row in GuessRow.scan()}
    assert counts == {"address": 4, "overall": 4}
    assert [attempt(door) for _ in range(6)] == ["NotAuthenticated"] * 5 + ["TooManyAttempts"]


def test_an_address_has_a_budget_that_ends_with_its_window(store: Engine, clock: SettableClock) -> None:
    door = portal_door(clock, guess_per_address=3)
    subscriber(door)
    for number in range(3):
        attempt(door, f"somebody{number}")
    assert refused_for(door) == timedelta(minutes=60)
    assert attempt(door, password=PASSWORD, client=HOME) == "in"
    clock.advance(minutes=60)
    assert attempt(door, password=PASSWORD) == "in"


def test_an_ipv6_subscriber_is_one_address(store: Engine, clock: SettableClock) -> None:
    door = portal_door(clock, guess_per_address=3)
    outcomes = [attempt(door, f"s{n}", client=Client(f"2001:db8:1:2::{n}", "", "ru")) for n in range(4)]
    assert outcomes[-1] == "TooManyAttempts"
    assert attempt(door, "s9", client=Client("2001:db8:1:3::1", "", "ru")) == "NotAuthenticated"


def test_everybody_together_has_a_budget(store: Engine, clock: SettableClock) -> None:
    door = portal_door(clock, guess_overall=3)
    outcomes = [attempt(door, f"s{n}", client=Client(f"198.51.100.{n}", "", "ru")) for n in range(4)]
    assert outcomes == ["NotAuthenticated"] * 3 + ["TooManyAttempts"]


def test_one_caller_who_is_refused_does_not_spend_everybodys_budget(store: Engine, clock: SettableClock) -> None:
    door = portal_door(clock, guess_per_address=2, guess_overall=4)
    for number in range(10):
        attempt(door, f"somebody{number}")
    assert attempt(door, "another", client=HOME) == "NotAuthenticated"


def test_all_names_of_an_account_share_its_hundred(store: Engine, clock: SettableClock) -> None:
    door = portal_door(clock, guess_limit=6)
    subscriber(door)
    names = ["alice", "a@example.ru", "+79000000011"] * 2
    assert [attempt(door, name) for name in names] == ["NotAuthenticated"] * 6
    assert [attempt(door, name, PASSWORD) for name in names[:3]] == ["TooManyAttempts"] * 3


def test_spellings_of_a_telephone_share_one_delay(door: Sessions) -> None:
    spellings = ["+79000000011", "89000000011", "9000000011", "8 900 000-00-11", "+7 (900) 0000011"]
    assert {attempt(door, spelling) for spelling in spellings} == {"NotAuthenticated"}
    assert attempt(door, "7-900-000-00-11", PASSWORD) == "TooManyAttempts"


def test_a_step_up_has_its_own_growing_delay_that_others_cannot_cause(door: Sessions, clock: SettableClock) -> None:
    mine = door.log_in("alice", PASSWORD, HOME)
    for _ in range(6):
        attempt(door)
    for _ in range(5):
        with pytest.raises(Forbidden):
            door.step_up(mine.identity, "wrong", HOME)
    with pytest.raises(TooManyAttempts):
        door.step_up(mine.identity, PASSWORD, HOME)
    clock.advance(seconds=60)
    door.step_up(mine.identity, PASSWORD, HOME)


def test_no_password_is_looked_at_while_guesses_cannot_be_counted(door: Sessions, hashes: list[str]) -> None:
    def broken(call: transport.Call, proceed: Any) -> Any:
        if call.operation in {"UpdateItem", "PutItem"}:
            return transport.error_answer("InternalServerError", "broken", 500)
        return proceed()

    transport.set_around(broken)
    with pytest.raises(UpstreamUnavailable):
        door.log_in("alice", PASSWORD, HOME)
    assert hashes == []


def test_a_counter_that_cannot_be_lowered_does_not_refuse_the_sign_in(door: Sessions) -> None:
    def broken(call: transport.Call, proceed: Any) -> Any:
        if call.operation == "DeleteItem":
            return transport.error_answer("InternalServerError", "broken", 500)
        return proceed()

    transport.set_around(broken)
    assert attempt(door, password=PASSWORD) == "in"
