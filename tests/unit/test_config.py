"""Settings: a deployment that would be unsafe does not start."""

import pytest
from pydantic import ValidationError

from chalicelib import config

SECRET = "s" * 32
GOOD = {"PORTAL_STAGE": "prod", "PORTAL_SITE_URL": "https://lk.example.ru", "PORTAL_ORIGIN_SECRET": SECRET}


def test_a_deployment_with_its_secret_and_https_starts() -> None:
    assert config.load(GOOD).secure


@pytest.mark.parametrize("name", ["PORTAL_ORIGIN_SECRET", "PORTAL_SITE_URL"])
def test_a_deployment_without_secret_or_https_does_not_start(name: str) -> None:
    with pytest.raises(ValidationError):
        config.load({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize("secret", ["", "short"])
def test_a_secret_that_can_be_guessed_does_not_start(secret: str) -> None:
    with pytest.raises(ValidationError):
        config.load({**GOOD, "PORTAL_ORIGIN_SECRET": secret})


def test_a_misspelt_setting_does_not_start() -> None:
    with pytest.raises(ValidationError):
        config.load({"PORTAL_TOPUP_MINIMUM": "1"})


def test_lists_are_separated_by_commas() -> None:
    assert config.load({"PORTAL_GATEWAYS": "robokassa, "}).gateways == ("robokassa",)
