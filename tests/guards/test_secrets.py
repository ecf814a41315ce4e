"""How a deployment's secrets reach the portal, and how the distribution's is changed while it runs."""

import json
import logging

import pytest

from chalicelib import config
from chalicelib.logs import JsonLines
from local.store.engine import Engine
from tests.portal import client
from tests.product import product

NEW, OLD = "new-" + "n" * 32, "old-" + "o" * 32


def test_secrets_come_together_and_are_read_as_if_they_had_come_alone() -> None:
    packed = {"PORTAL_STAGE": "local", config.SECRETS: json.dumps({"PORTAL_ORIGIN_SECRET": NEW, "SMSC_PASSWORD": "p"})}
    whole = config.environment(packed)
    assert whole == {"PORTAL_STAGE": "local", "PORTAL_ORIGIN_SECRET": NEW, "SMSC_PASSWORD": "p"}
    settings = config.load(whole)
    assert settings.origin_secret is not None
    assert settings.origin_secret.get_secret_value() == NEW


@pytest.mark.parametrize("packed", ["", "hunter2", '["hunter2"]', '{"A": 1}', '{"A": {"hunter2": "x"}}'])
def test_secrets_that_cannot_be_read_stop_the_start_unshown(packed: str) -> None:
    with pytest.raises(ValueError, match="PORTAL_SECRETS is not a JSON object of texts") as stopped:
        config.environment({config.SECRETS: packed})
    assert "hunter2" not in str(stopped.value)


def test_each_of_the_secrets_is_kept_out_of_the_log() -> None:
    lines = JsonLines({config.SECRETS: json.dumps({"SMSC_PASSWORD": "sms-password", "PORTAL_ORIGIN_SECRET": NEW})})
    record = logging.LogRecord("x", logging.INFO, "", 0, "psw sms-password, header %s", (NEW,), None)
    line = lines.format(record)
    assert "sms-password" not in line
    assert NEW not in line


@pytest.mark.parametrize(("given", "status"), [(NEW, 200), (OLD, 200), (OLD[:-1], 403), ("", 403)])
def test_while_the_distribution_changes_over_both_of_its_secrets_are_taken(
    store: Engine, given: str, status: int
) -> None:
    with product(origin_secret=NEW, origin_secret_old=OLD):
        assert client().get("/api/health", X_Origin_Secret=given).status == status


def test_afterwards_the_old_one_is_a_stranger_s(store: Engine) -> None:
    with product(origin_secret=NEW):
        assert client().get("/api/health", X_Origin_Secret=OLD).status == 403
