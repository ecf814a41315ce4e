"""What slipped into an exception's text does not get into the log."""

import base64
import json
import logging
from urllib.parse import quote

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from chalicelib import config
from chalicelib.redaction import shapes_hidden, values_hidden
from tests.log_lines import logged

SECRET = 'p@ss "word"/1+2'
ENVIRON = {"ROBOKASSA_PASSWORD1": SECRET, "SMSC_LOGIN": "provider", "AWS_SESSION_TOKEN": "tttttttttt"}


@pytest.mark.parametrize(
    "spelt",
    [SECRET, quote(SECRET, safe=""), json.dumps(SECRET)[1:-1], base64.b64encode(SECRET.encode()).decode(),
     SECRET.encode().hex()],
)  # fmt: skip
def test_a_secret_setting_is_masked_however_it_is_spelt(spelt: str) -> None:
    hide = values_hidden(ENVIRON)
    assert hide(f"before {spelt} after") == "before *** after"


def test_a_secret_is_masked_in_facts_and_messages_of_a_line() -> None:
    with logged(ENVIRON) as lines:
        logging.getLogger("chalicelib.x").error("sent %s", SECRET, extra={"url": "https://x/?t=tttttttttt"})
    [line] = lines()
    assert (line["message"], line["url"]) == ("sent ***", "https://x/?t=***")


def test_what_is_no_secret_stays_and_no_secrets_mask_nothing() -> None:
    assert values_hidden(ENVIRON)("provider") == "provider"
    assert values_hidden({"PASSWORD": "1"})("11") == "11"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("password=hunter22&x=1", "password=***&x=1"),
        ('{"code": "123456"}', '{"code": "***"}'),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("https://smsc.example/send?login=a&psw=hunter22", "https://smsc.example/send?login=a&psw=***"),
        ("sent to bob@example.org, twice", "sent to ***, twice"),
        ("phones=+79001112233", "phones=***"),
        ("card 4111 1111 1111 1111 refused", "card *** refused"),
    ],
)
def test_what_looks_like_a_secret_or_a_person_is_masked(text: str, shown: str) -> None:
    assert shapes_hidden(text) == shown


@pytest.mark.parametrize("text", ["invoice 1234567890", "2026-11-23T09:00:00Z", "3f1c9a52-7d0e-4b6a-8f21-5c9d0e7ab314"])
def test_the_names_of_our_own_things_stay(text: str) -> None:
    assert shapes_hidden(text) == text


def test_pydantic_may_not_repeat_what_it_was_given() -> None:
    class Form(BaseModel):
        model_config = ConfigDict(extra="forbid")
        amount: int

    with pytest.raises(ValidationError) as refused:
        Form.model_validate({"amount": "canary, one"})
    assert "canary" in str(refused.value)
    assert "canary" not in shapes_hidden(str(refused.value))


def test_a_refused_setting_is_named_without_its_value() -> None:
    with pytest.raises(ValidationError) as refused:
        config.load({"PORTAL_ORIGIN_SECRET": "canary-too-short"})
    assert "origin_secret" in str(refused.value)
    assert "canary" not in str(refused.value)
