"""Portal passwords: cost, comparison, policy."""

from typing import Any

import argon2
import pytest

from chalicelib.config import Settings
from chalicelib.errors import InvalidRequest
from chalicelib.services.passwords import Passwords
from tests.services.portal_door import CHEAP, PASSWORD


def passwords(**chosen: Any) -> Passwords:
    return Passwords(Settings(**{**CHEAP, **chosen}))


def test_the_default_cost_is_argon2id_with_19_mib_twice_over_one_lane() -> None:
    full = Passwords(Settings.model_validate({}))
    stored = full.hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert full.matches(PASSWORD, stored)


def test_a_password_matches_its_own_hash_only() -> None:
    door = passwords()
    assert door.matches(PASSWORD, door.hash(PASSWORD))
    assert not door.matches(PASSWORD + " ", door.hash(PASSWORD))


def test_two_hashes_of_one_password_differ() -> None:
    assert passwords().hash(PASSWORD) != passwords().hash(PASSWORD)


def test_nothing_matches_where_there_is_no_password() -> None:
    assert not passwords().matches("", None)
    assert not passwords().matches(PASSWORD, None)


def test_the_made_up_hash_of_nobody_has_the_cost_and_size_of_a_real_one() -> None:
    door = passwords(argon2_memory_kib=64, argon2_time_cost=3, argon2_parallelism=2)
    assert argon2.extract_parameters(door._nobodys) == argon2.extract_parameters(door.hash(PASSWORD))
    assert len(door._nobodys) == len(door.hash(PASSWORD))


def test_an_unreadable_stored_hash_matches_nothing() -> None:
    assert not passwords().matches(PASSWORD, "plain text")


@pytest.mark.parametrize("change", [{"argon2_time_cost": 2}, {"argon2_memory_kib": 16}])
def test_a_hash_of_another_cost_is_outdated_and_still_matches(change: dict[str, int]) -> None:
    stored = passwords().hash(PASSWORD)
    assert not passwords().outdated(stored)
    assert passwords(**change).outdated(stored)
    assert passwords(**change).matches(PASSWORD, stored)


def test_a_letter_is_the_same_however_the_system_composes_it() -> None:
    door = passwords()
    assert door.matches("и\u0306-двенадцать-знаков", door.hash("й-двенадцать-знаков"))


@pytest.mark.parametrize(("password", "reason"), [("x" * 11, "string_too_short"), ("x" * 1001, "string_too_long")])
def test_a_new_password_has_12_to_1000_characters(password: str, reason: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        passwords().check_new(password)
    assert caught.value.fields == {"new_password": reason}
    passwords().check_new("twelve signs")
