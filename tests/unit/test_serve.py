"""What a service refuses to start with, and what a data directory and a settings file must be like."""

from pathlib import Path

import pytest

from local import settings_file
from local.demo_logins import PASSWORD
from local.purpose import Purpose, WrongPurpose, claim
from local.refusals import refusals
from local.sandbox import Shop, demo_environment
from local.settings_file import BadSettings

GOOD = {
    "PORTAL_STAGE": "prod",
    "PORTAL_SITE_URL": "https://lk.example.ru",
    "PORTAL_ORIGIN_SECRET": "5f0c" * 16,
    "PORTAL_GATEWAYS": "robokassa",
    "ROBOKASSA_MERCHANT_LOGIN": "our-isp",
    "ROBOKASSA_PASSWORD1": "one of ours",
    "ROBOKASSA_PASSWORD2": "another of ours",
    "DATA_DIR": "/var/lib/portal",
    "PORT": "8000",
}
SMS = {"PORTAL_SMS": "smsc", "SMSC_LOGIN": "our-isp", "SMSC_PASSWORD": "theirs to us"}
TEST_MODE = {"ROBOKASSA_IS_TEST": "1", "ROBOKASSA_TEST_PASSWORD1": "trying", "ROBOKASSA_TEST_PASSWORD2": "tried"}


def test_good_settings_are_not_refused() -> None:
    assert refusals({**GOOD, **SMS}) == []


def test_the_demonstration_s_own_settings_are_refused() -> None:
    assert refusals({**GOOD, **demo_environment("http://127.0.0.1:8000")})


@pytest.mark.parametrize("name", ["PORTAL_STAGE", "PORTAL_SITE_URL", "DATA_DIR"])
def test_what_must_be_said_is_demanded(name: str) -> None:
    assert _about(name, {key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_STAGE", "local"),
        ("PORTAL_SITE_URL", "http://lk.example.ru"),
        ("PORTAL_SITE_URL", "https://lk.example.ru/"),
        ("PORTAL_SITE_URL", "https://127.0.0.1"),
        ("PORTAL_SITE_URL", "https://"),
        ("PORTAL_SITE_URL", "https://["),
        ("PORTAL_PUBLIC_ORIGINS", "https://lk.example.ru,http://localhost:8000"),
        ("PORTAL_ORIGIN_SECRET", "short"),
        ("PORTAL_TOPUP_MINIMUM", "1000"),
        ("PORTAL_GATEWAYS", "robokasa"),
        ("PORTAL_BILLING", "somebody-s"),
        ("PORTAL_SMS", "pigeon"),
        ("PORTAL_STORE_ENDPOINT", "https://store.example.ru"),
        ("PORTAL_QUEUE_URL", "https://queue.example.ru/1"),
        ("DATA_DIR", ".local"),
        ("PORT", "0"),
        ("PORT", "eight"),
        ("ROBOKASSA_PASSWORD1", Shop().password1),
        ("ROBOKASSA_PASSWORD2", Shop().test_password2),
        ("SMSC_PASSWORD", demo_environment("")["SMSC_PASSWORD"]),
        ("PORTAL_ORIGIN_SECRET", PASSWORD * 3),
        ("AWS_SECRET_ACCESS_KEY", demo_environment("")["AWS_SECRET_ACCESS_KEY"]),
        ("ROBOKASSA_BASE_URL", "http://127.0.0.1:8000/sandbox/robokassa"),
        ("ROBOKASSA_BASE_URL", "http://localhost:8000"),
        ("ROBOKASSA_BASE_URL", "http://[::1]/"),
        ("ROBOKASSA_BASE_URL", "https://lk.example.ru/sandbox/robokassa"),
        ("SMSC_BASE_URL", "http://127.0.0.1:9000"),
        ("SES_ENDPOINT_URL", "http://0.0.0.0:9000"),
        ("ROBOKASSA_HASH", "md5"),
        ("ROBOKASSA_PASSWORD1", ""),
    ],
)
def test_a_setting_that_would_be_unsafe_is_refused_by_its_name(name: str, value: str) -> None:
    assert _about(name, {**GOOD, name: value})


@pytest.mark.parametrize("name", ["ROBOKASSA_PASSWORD1", "PORTAL_ORIGIN_SECRET"])
def test_a_refusal_does_not_tell_the_value(name: str) -> None:
    assert "sandbox-live" not in " ".join(refusals({**GOOD, name: Shop().password1}))


def test_the_test_mode_wants_a_word_of_its_own() -> None:
    assert _about("ROBOKASSA_IS_TEST", {**GOOD, **TEST_MODE})
    assert refusals({**GOOD, **TEST_MODE, "ALLOW_TEST_PAYMENTS": "yes"}) == []


def test_letters_through_ses_want_somebody_to_sign_as() -> None:
    assert _about("AWS_ACCESS_KEY_ID", {**GOOD, "PORTAL_EMAIL": "ses", "SES_SENDER": "lk@example.ru"})


def test_a_billing_may_live_on_this_machine() -> None:
    assert refusals({**GOOD, "ABILLS_BASE_URL": "http://127.0.0.1:9080"}) == []


def _about(name: str, environ: dict[str, str]) -> list[str]:
    return [told for told in refusals(environ) if told.startswith(name)]


@pytest.mark.parametrize(
    ("first", "then"),
    [(Purpose.DEMONSTRATION, Purpose.SERVICE), (Purpose.SERVICE, Purpose.DEMONSTRATION)],
)
def test_a_directory_keeps_its_purpose(tmp_path: Path, first: Purpose, then: Purpose) -> None:
    claim(tmp_path, first)
    claim(tmp_path, first)
    with pytest.raises(WrongPurpose, match=f"holds the data of a {first}"):
        claim(tmp_path, then)


def test_a_service_begins_in_an_empty_directory(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with pytest.raises(WrongPurpose, match="DATA_DIR"):
        claim(tmp_path, Purpose.SERVICE)
    claim(tmp_path, Purpose.DEMONSTRATION)


def test_a_claim_that_was_killed_half_way_goes_on(tmp_path: Path) -> None:
    (tmp_path / "purpose.new").write_text("")
    claim(tmp_path, Purpose.SERVICE)
    assert (tmp_path / "purpose").read_text() == "service\n"


def test_an_unreadable_purpose_is_nobody_s(tmp_path: Path) -> None:
    (tmp_path / "purpose").write_text("")
    with pytest.raises(WrongPurpose, match="no purpose"):
        claim(tmp_path, Purpose.DEMONSTRATION)


def test_others_may_not_look_into_the_directory(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    claim(tmp_path, Purpose.SERVICE)
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_the_settings_file_is_read_as_written(tmp_path: Path) -> None:
    text = "# ours\n\nPLAIN=a#b$HOME\nexport QUOTED='it is #1 ${HOME}' # why\nURL=https://a/?b=c\n"
    found = settings_file.read(_written(tmp_path, text))
    assert found == {"PLAIN": "a#b$HOME", "QUOTED": "it is #1 ${HOME}", "URL": "https://a/?b=c"}


def test_the_file_wins_over_the_environment(tmp_path: Path) -> None:
    environ = {"SETTINGS_FILE": str(_written(tmp_path, "PORT=9000\n")), "PORT": "8000"}
    settings_file.add_to(environ)
    assert environ["PORT"] == "9000"


@pytest.mark.parametrize("line", ["ROBOKASSA_PASSWORD1", "A='open", "A=1\nA=2", "= 1"])
def test_a_line_that_is_no_setting_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(BadSettings, match="line"):
        settings_file.read(_written(tmp_path, f"OK=1\n{line}\n"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = _written(tmp_path, "A=1\n")
    file.chmod(mode)
    with pytest.raises(BadSettings, match="chmod 600"):
        settings_file.read(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="nothing.env"):
        settings_file.read(tmp_path / "nothing.env")


def _written(directory: Path, text: str) -> Path:
    file = directory / "settings.env"
    file.write_text(text)
    file.chmod(0o600)
    return file
