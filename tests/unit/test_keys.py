"""Sealing: by KMS as moto plays it, and by a key file. Whatever opens, opens with its own context alone."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from moto import mock_aws

from chalicelib.cloud import keys
from chalicelib.cloud.keys import FileKeys, Keys, KmsKeys, NoKey, Unreadable
from chalicelib.errors import UpstreamUnavailable
from local import key_file

CONTEXT = {"subscriber": "sub-bob", "account": "100201", "service": "internet"}
SECRET = "Pass-word-Секрет-1"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[KmsKeys]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client: Any = botocore.session.get_session().create_client("kms", region_name="eu-north-1")
        yield KmsKeys(client.create_key()["KeyMetadata"]["Arn"])


@pytest.fixture
def file(tmp_path: Path) -> FileKeys:
    key_file.make(tmp_path)
    return FileKeys(str(tmp_path / key_file.NAME))


@pytest.fixture(params=["aws", "file"])
def either(request: pytest.FixtureRequest) -> Keys:
    found: Keys = request.getfixturevalue(request.param)
    return found


def test_what_is_sealed_opens_with_its_context_in_any_order(either: Keys) -> None:
    sealed = either.encrypt(SECRET, CONTEXT)
    assert either.decrypt(sealed, dict(reversed(CONTEXT.items()))) == SECRET
    assert sealed.isascii()


def test_the_same_text_is_never_sealed_alike(either: Keys) -> None:
    assert either.encrypt(SECRET, CONTEXT) != either.encrypt(SECRET, CONTEXT)


@pytest.mark.parametrize("other", [{**CONTEXT, "service": "second"}, {**CONTEXT, "subscriber": "sub-charlie"}, {}])
def test_another_context_opens_nothing(either: Keys, other: dict[str, str]) -> None:
    sealed = either.encrypt(SECRET, CONTEXT)
    with pytest.raises(Unreadable) as refused:
        either.decrypt(sealed, other)
    assert SECRET not in repr(refused.value)


@pytest.mark.parametrize("bad", ["", "file:", "kms:", "file:!!!", "kms:!!!", "file:QUJD", "plain text", "rot13:QUJD"])
def test_what_was_not_sealed_here_is_refused_in_its_own_words(either: Keys, bad: str) -> None:
    with pytest.raises((Unreadable, UpstreamUnavailable)):
        either.decrypt(bad, CONTEXT)


def test_a_changed_bit_is_noticed(file: FileKeys) -> None:
    blob = bytearray(base64.b64decode(file.encrypt(SECRET, CONTEXT).removeprefix("file:")))
    for at in (0, keys.NONCE_BYTES, len(blob) - 1):
        torn = bytearray(blob)
        torn[at] ^= 1
        with pytest.raises(Unreadable):
            file.decrypt("file:" + base64.b64encode(torn).decode(), CONTEXT)


def test_another_key_opens_nothing(file: FileKeys, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    key_file.make(tmp_path / "other")
    with pytest.raises(Unreadable):
        FileKeys(str(tmp_path / "other" / key_file.NAME)).decrypt(file.encrypt(SECRET, CONTEXT), CONTEXT)


def test_a_key_that_is_gone_at_kms_is_told_as_unavailable(aws: KmsKeys) -> None:
    gone = KmsKeys(aws._key[:-1] + ("0" if aws._key[-1] != "0" else "1"))
    with pytest.raises(UpstreamUnavailable, match="NotFoundException"):
        gone.encrypt(SECRET, CONTEXT)


def test_the_kms_key_s_own_region_is_asked(aws: KmsKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert aws._client.meta.region_name == "eu-north-1"


def test_without_a_key_nothing_is_refused_before_it_is_needed() -> None:
    none = keys.load(None, None)
    with pytest.raises(NoKey, match="PORTAL_KMS_KEY"):
        none.encrypt(SECRET, CONTEXT)
    with pytest.raises(NoKey, match="PORTAL_KEY_FILE"):
        none.decrypt("file:QUJD", CONTEXT)


@pytest.mark.parametrize("content", [b"", b"short", base64.b64encode(b"x" * 31), b"\xff" * 44])
def test_a_file_that_holds_no_key_is_named_and_never_shown(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(NoKey, match="PORTAL_KEY_FILE"):
        FileKeys(str(path)).encrypt(SECRET, CONTEXT)


def test_a_key_that_others_may_read_is_not_used(file: FileKeys, tmp_path: Path) -> None:
    (tmp_path / key_file.NAME).chmod(0o640)
    with pytest.raises(NoKey, match="chmod 600"):
        file.encrypt(SECRET, CONTEXT)


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "key.new").write_text("left by a killed start")
    key_file.make(tmp_path)
    made = (tmp_path / key_file.NAME).read_bytes()
    key_file.make(tmp_path)
    assert (tmp_path / key_file.NAME).read_bytes() == made
    assert (tmp_path / key_file.NAME).stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == [key_file.NAME]


def test_a_chosen_key_is_left_alone(tmp_path: Path) -> None:
    for chosen in ({"PORTAL_KEY_FILE": "/media/key"}, {"PORTAL_KMS_KEY": "arn"}):
        environ = dict(chosen)
        key_file.name_in(environ, tmp_path)
        assert environ == chosen
