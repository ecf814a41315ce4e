"""What the network is told: who is let in, how fast, with which password, and that a failure changes nothing."""

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib import bootstrap, seams
from chalicelib.billing import AccountState
from chalicelib.billing.embedded import accounts
from chalicelib.billing.embedded.accounts import NewAccount
from chalicelib.billing.embedded.tables import HeadRow
from chalicelib.cloud.keys import FileKeys
from chalicelib.errors import UpstreamUnavailable
from local import key_file
from ops.__main__ import main
from ops.radius_formats import Entry, Style, freeradius
from tests import scene
from tests.product import START, Product, books

Capture = pytest.CaptureFixture[str]
PASSWORD = "Net-pass-1"


@pytest.fixture
def out(shop: Product, tmp_path: Path) -> Path:
    """Bob's first account has a password, the second none."""
    bootstrap.billing().set_internet_password("100201", "internet", PASSWORD)
    return tmp_path / "users"


def export(out: Path, *options: str) -> int:
    return main(["radius-export", str(out), *options])


def users(out: Path) -> dict[str, str]:
    """Login -> everything said of it."""
    blocks = out.read_text().split("\n", 1)[1].split("\n\n")
    return {block.split("\t", 1)[0].strip(): block.split("\t", 1)[1] for block in blocks if "\t" in block}


def test_each_service_has_its_password_and_speed(out: Path, capsys: Capture) -> None:
    assert export(out) == 0
    assert users(out)["100201"] == (
        f"Cleartext-Password := '{PASSWORD}'\n"
        "\tWISPr-Bandwidth-Max-Down := 100000000,\n\tWISPr-Bandwidth-Max-Up := 100000000"
    )
    assert users(out)["100202"] == "Auth-Type := Reject\n\tReply-Message := 'no_password'"
    assert capsys.readouterr().out == "2 users, 1 without a password\n"


def test_nobody_else_may_read_it(out: Path) -> None:
    os.umask(0o022)
    assert export(out) == 0
    assert {path.name: path.stat().st_mode & 0o777 for path in out.parent.iterdir()} == {
        "users": 0o600, "users.state": 0o600,
    }  # fmt: skip


@pytest.mark.parametrize("state", [AccountState.FINANCIAL_BLOCK, AccountState.ADMIN_BLOCK])
def test_a_block_turns_away_and_its_end_lets_in(out: Path, state: AccountState) -> None:
    accounts.set_state(books(), "100201", state, "why")
    assert export(out) == 0
    assert users(out)["100201"] == f"Auth-Type := Reject\n\tReply-Message := '{state}'"
    accounts.set_state(books(), "100201", AccountState.ACTIVE)
    assert export(out) == 0
    assert PASSWORD in users(out)["100201"]


def test_a_garden_lets_in_whom_money_keeps_out_and_nobody_else(out: Path) -> None:
    accounts.set_state(books(), "100201", AccountState.FINANCIAL_BLOCK, "not_enough_money")
    assert export(out, "--garden", "pay's page") == 0
    assert users(out)["100201"] == f"Cleartext-Password := '{PASSWORD}'\n\tFilter-Id := 'pay\\'s page'"
    accounts.set_state(books(), "100201", AccountState.ADMIN_BLOCK, "why")
    assert export(out, "--garden", "pay") == 0
    assert "Reject" in users(out)["100201"]


def test_a_suspension_turns_away_on_its_days(shop: Product, out: Path) -> None:
    account = scene.settle(shop)
    bootstrap.billing().set_internet_password(account, "internet", PASSWORD)
    today = books().today()
    bootstrap.billing().suspend(account, "internet", today.replace(day=24), today.replace(month=12, day=5), None)
    assert export(out) == 0
    assert PASSWORD in users(out)[account]
    shop.advance(days=2)
    assert export(out) == 0
    assert "suspended" in users(out)[account]


def test_a_second_service_has_a_login_of_its_own(shop: Product, out: Path) -> None:
    shop.block("100202", 1)
    assert export(out) == 0
    assert {"100201", "100202", "100202.second"} == set(users(out))


def test_only_a_change_is_written_if_so_wished(out: Path, capsys: Capture) -> None:
    assert export(out, "--if-changed") == 0
    before = out.stat().st_ino
    assert export(out, "--if-changed") == 3
    assert out.stat().st_ino == before
    bootstrap.billing().set_internet_password("100201", "internet", "Other-pass-2")
    assert export(out, "--if-changed") == 0
    assert "Other-pass-2" in out.read_text()


def test_a_password_is_opened_once(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    decrypt: Callable[..., str] = FileKeys.decrypt

    def counted(self: FileKeys, sealed: str, context: dict[str, str]) -> str:
        opened.append(context["account"])
        return decrypt(self, sealed, context)

    monkeypatch.setattr(FileKeys, "decrypt", counted)
    assert [export(out), export(out)] == [0, 0]
    bootstrap.billing().set_internet_password("100202", "internet", "Other-pass-2")
    assert export(out) == 0
    assert opened == ["100201", "100202"]


def test_a_failure_leaves_the_old_file(out: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    assert export(out) == 0
    before = out.read_bytes()
    bootstrap.billing().set_internet_password("100201", "internet", "Other-pass-2")
    monkeypatch.setattr(seams, "environ", {**seams.environ, "PORTAL_KEY_FILE": "/nowhere/key"})
    bootstrap.settings.cache_clear()
    assert export(out) == 1
    assert "PORTAL_KEY_FILE" in capsys.readouterr().err
    assert out.read_bytes() == before


def test_a_line_that_breaks_half_way_keeps_what_was_opened(
    out: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap.billing().set_internet_password("100202", "internet", "Other-pass-2")
    calls: list[str] = []
    decrypt: Callable[..., str] = FileKeys.decrypt

    def second_fails(self: FileKeys, sealed: str, context: dict[str, str]) -> str:
        calls.append(context["account"])
        if len(calls) == 2:
            raise UpstreamUnavailable("keys: ThrottlingException")
        return decrypt(self, sealed, context)

    monkeypatch.setattr(FileKeys, "decrypt", second_fails)
    assert (export(out), out.exists()) == (1, False)
    assert "ThrottlingException" in capsys.readouterr().err
    assert export(out) == 0
    assert calls[1:] == [calls[1]] * 2
    assert calls[0] != calls[1]


def test_a_password_of_another_key_turns_away_its_user_alone(out: Path, tmp_path: Path, capsys: Capture) -> None:
    bootstrap.billing().set_internet_password("100202", "internet", "Other-pass-2")
    (tmp_path / "other").mkdir()
    key_file.make(tmp_path / "other")
    sealed = FileKeys(str(tmp_path / "other" / key_file.NAME)).encrypt("Third-pass-3", {})
    head = HeadRow.get("100201", "head")
    head.standing["lines"][0]["password"] = sealed
    head.save()
    assert export(out) == 0
    assert "100201: its password does not open" in capsys.readouterr().err
    assert "Reject" in users(out)["100201"]
    assert "Other-pass-2" in users(out)["100202"]


def test_an_export_that_lost_most_users_is_refused(out: Path, capsys: Capture) -> None:
    for number in ("100203", "100204"):
        accounts.create(NewAccount(number, "sub-bob", "", "", 1, START.date()), START)
    state = out.with_name("users.state")
    assert export(out) == 0
    state.write_text(json.dumps({"users": 5, "opened": {}}))
    assert export(out) == 1
    assert "--force" in capsys.readouterr().err
    assert export(out, "--force") == 0


def test_a_torn_state_is_made_anew(out: Path) -> None:
    out.with_name("users.state").write_text("{torn")
    assert export(out) == 0
    assert PASSWORD in users(out)["100201"]


def test_csv_and_json_say_the_same(out: Path) -> None:
    assert export(out, "--format", "csv") == 0
    rows = {row["login"]: row for row in csv.DictReader(out.read_text().splitlines())}
    assert rows["100201"]["password"] == PASSWORD
    assert export(out, "--format", "json") == 0
    objects = {one["login"]: one for one in json.loads(out.read_text())}
    assert {login: {name: str(value or "") for name, value in one.items()} for login, one in objects.items()} == rows


@pytest.mark.parametrize(
    ("password", "written"),
    [
        ("a'b", "'a\\'b'"),
        ("a\\b", "'a\\\\b'"),
        ("a\\'b", "'a\\\\\\'b'"),
        ('%{exec:"x"}', "'%{exec:\"x\"}'"),
        ("#,=", "'#,='"),
    ],
)
def test_a_password_is_a_text_and_never_a_command(password: str, written: str) -> None:
    entry = Entry("1", "1", "internet", AccountState.ACTIVE, None, password)
    assert f"1\tCleartext-Password := {written}\n" in "".join(freeradius([entry], Style()))


def test_an_account_cannot_speak_for_everybody() -> None:
    entry = Entry("DEFAULT", "DEFAULT", "internet", AccountState.ACTIVE, 100, "Net-pass-1")
    assert all(line.startswith("#") for line in "".join(freeradius([entry], Style())).splitlines() if line)


def test_a_speed_beyond_thirty_two_bits_is_the_largest_there_is() -> None:
    entry = Entry("1", "1", "internet", AccountState.ACTIVE, 10_000, "Net-pass-1")
    told = "".join(
        freeradius(
            [entry], Style(reply=("Session-Timeout := 3600", "X := {bps}", 'Mikrotik-Rate-Limit := "{mbps}M/{mbps}M"'))
        )
    )
    assert '\tSession-Timeout := 3600,\n\tX := 4294967295,\n\tMikrotik-Rate-Limit := "10000M/10000M"\n' in told
