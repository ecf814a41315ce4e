"""What the staff enter: accounts by hand and from files, services, tariffs, corrections."""

import codecs
import json
from pathlib import Path

import pytest

from chalicelib import bootstrap
from chalicelib.billing.embedded import catalogue
from chalicelib.billing.embedded.books import read
from chalicelib.billing.embedded.tables import AccountRow, EntryRow
from chalicelib.billing.embedded.verify import verify
from chalicelib.store.subscribers import SubscriberStore
from ops.__main__ import main
from tests import scene
from tests.portal import client
from tests.product import Product

Capture = pytest.CaptureFixture[str]
HEADER = "login;name;phone;email;account;label;address;anchor_day;contract_on;tariffs;opening_balance"
IVAN = "L-1;Иван Ёлкин;8 (900) 111-22-44;Ivan@Example.ru;500001;Дом;Тверь, ул. 1;15;01.03.2024;t100 calls;-120,50"
ANNA = "L-2;Анна;;;500002;Дача;Тверь;1;2025-01-31;t50;1 000"
BY = ("--operator", "petrova")


@pytest.fixture(autouse=True)
def offered(shop: Product) -> None:
    catalogue.replace(scene.TARIFFS, scene.GROUPS)


def enter(
    tmp_path: Path, *lines: str, header: str = HEADER, encoding: str = "utf-8", options: tuple[str, ...] = ()
) -> int:
    path = tmp_path / "accounts.csv"
    path.write_bytes("\r\n".join((header, *lines)).encode(encoding))
    return main(["accounts", "import", str(path), *BY, *options])


def passwords(capsys: Capture) -> dict[str, str]:
    rows = (line.split("\t") for line in capsys.readouterr().out.splitlines() if "\t" in line)
    return {row[0]: row[1] for row in rows}


def numbers() -> set[str]:
    return {row.account for row in AccountRow.scan(AccountRow.item == "account")} - {"100201", "100202"}


def test_a_file_becomes_subscribers_accounts_services_and_balances(tmp_path: Path, capsys: Capture) -> None:
    assert enter(tmp_path, IVAN, ANNA) == 0
    assert numbers() == {"500001", "500002"}
    standing = read("500001")[2]
    assert [(line.service, line.tariff.id) for line in standing.lines] == [("internet", "t100"), ("telephony", "calls")]
    assert (standing.balance_kopecks, standing.anchor_day, standing.contract_on.isoformat()) == (
        -12050,
        15,
        "2024-03-01",
    )
    assert read("500002")[2].balance_kopecks == 1000_00
    assert verify().differences == ()


def test_the_issued_password_lets_in_once_and_must_be_replaced(tmp_path: Path, capsys: Capture) -> None:
    assert enter(tmp_path, IVAN) == 0
    [issued] = passwords(capsys).values()
    browser = client()
    assert len(issued) == 16
    assert browser.log_in("l-1", issued).json["must_change_password"]
    assert browser.get("/api/accounts").json["code"] == "password_change_required"
    change = {"current_password": issued, "new_password": "Иван сам придумал"}
    assert browser.put("/api/subscriber/password", change).status == 204
    assert [account["account"] for account in browser.get("/api/accounts").json] == ["500001"]


def test_contacts_are_spelled_as_the_portal_spells_them(tmp_path: Path) -> None:
    assert enter(tmp_path, IVAN) == 0
    found = SubscriberStore().find("+7 900 111 22 44")
    assert found is not None
    assert {one.address for one in found.contacts} == {"+79001112244", "ivan@example.ru"}


def test_the_same_file_again_changes_nothing_and_issues_nothing(tmp_path: Path, capsys: Capture) -> None:
    assert enter(tmp_path, IVAN, ANNA) == 0
    before, posted = read("500001")[2], len(list(EntryRow.query("500001")))
    capsys.readouterr()
    assert enter(tmp_path, IVAN, ANNA) == 0
    assert passwords(capsys) == {}
    assert (read("500001")[2], len(list(EntryRow.query("500001")))) == (before, posted)


def test_an_import_killed_between_two_steps_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.billing.embedded import accounts

    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(accounts, "add_service", killed)
        with pytest.raises(KeyboardInterrupt):
            enter(tmp_path, IVAN)
    assert read("500001")[2].lines == ()
    assert enter(tmp_path, IVAN) == 0
    standing = read("500001")[2]
    assert (len(standing.lines), standing.balance_kopecks) == (2, -12050)


def test_services_cost_nothing_before_the_next_period_unless_told(tmp_path: Path) -> None:
    assert enter(tmp_path, ANNA) == 0
    assert read("500002")[2].lines[0].unpaid_from.isoformat() == "2026-12-01"
    other = ANNA.replace("500002", "500003")
    assert enter(tmp_path, other, options=("--charged-from", "2026-11-25")) == 0
    assert read("500003")[2].lines[0].unpaid_from.isoformat() == "2026-11-25"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_files_come_as_excel_and_other_billings_write_them(tmp_path: Path, encoding: str, delimiter: str) -> None:
    cells = [
        "L-1",
        "Иван Ёлкин",
        "",
        "",
        "500001",
        "Дом",
        '"Тверь, ""Дом""; 1"',
        "15",
        "2024-03-01",
        "t100|calls",
        "5.00",
    ]
    assert enter(tmp_path, delimiter.join(cells), header=HEADER.replace(";", delimiter), encoding=encoding) == 0
    assert read("500001")[0].address == 'Тверь, "Дом"; 1'


@pytest.mark.parametrize("cell", ["=1+1", "+7=cmd|'/C calc'!A0", "@SUM(A1)", "-2+3"])
def test_what_looks_like_a_formula_is_data(tmp_path: Path, cell: str) -> None:
    assert enter(tmp_path, ANNA.replace("Анна", cell)) == 0
    found = SubscriberStore().find("L-2")
    assert found is not None
    assert found.name == cell


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("L-1;", ";", "login: missing"), ("L-1;", "x" * 101 + ";", "login: longer"), ("500001", "50#1", "account:"),
        ("500001", "", "account: missing"), (";15;", ";32;", "anchor_day"), (";15;", ";0;", "anchor_day"),
        (";15;", ";1.0;", "anchor_day"), ("01.03.2024", "31.02.2024", "contract_on"),
        ("01.03.2024", "2030-01-01", "contract_on"), ("01.03.2024", "03/01/2024", "contract_on"),
        ("t100 calls", "t100 absent", "tariffs"), ("-120,50", "12.345", "opening_balance"),
        ("-120,50", "=1+1", "opening_balance"), ("-120,50", "1e3", "opening_balance"),
        ("-120,50", "9" * 14, "opening_balance"), ("8 (900) 111-22-44", "12", "phone"),
        ("8 (900) 111-22-44", "a@b.ru", "phone"), ("Ivan@Example.ru", "ivan", "email"),
        ("Иван Ёлкин", "a\x07b", "name"), ("Иван Ёлкин", "ё" * 201, "name"), (";-120,50", "", "10 cells, 11 columns"),
        ("500001", "100201", "account: another subscriber's"),
    ],
)  # fmt: skip
def test_a_bad_line_is_refused_with_its_number_and_the_others_go_in(
    tmp_path: Path, capsys: Capture, old: str, new: str, reason: str
) -> None:
    assert enter(tmp_path, ANNA, IVAN.replace(old, new, 1)) == 1
    told = capsys.readouterr().err
    assert told.startswith("line 3: ")
    assert reason in told
    assert numbers() == {"500002"}
    assert SubscriberStore().owner_of("L-1") is None


@pytest.mark.parametrize("options", [("--all-or-nothing",), ("--check",)])
def test_all_or_nothing_and_check_write_nothing(tmp_path: Path, capsys: Capture, options: tuple[str, ...]) -> None:
    assert enter(tmp_path, ANNA, "x;y", options=options) == 1
    assert "nothing written" in capsys.readouterr().out
    assert numbers() == set()


def test_lines_that_contradict_each_other_are_refused(tmp_path: Path, capsys: Capture) -> None:
    twice, otherwise = ANNA.replace("L-2", "L-3"), ANNA.replace("500002", "500009").replace("Анна", "Яна")
    second = ANNA.replace("500002", "500004")
    assert enter(tmp_path, ANNA, twice, otherwise, second) == 1
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == ["line 3", "line 4"]
    assert numbers() == {"500002", "500004"}


@pytest.mark.parametrize(
    "content",
    [b"", b"login;name\r\n", HEADER.encode() + b';extra\r\n', b"a\x00b",
     codecs.BOM_UTF16_LE + HEADER.encode("utf-16-le"),
     (HEADER + '\r\n"unclosed').encode(), (HEADER + ";login").encode()],
)  # fmt: skip
def test_a_file_that_cannot_be_read_as_a_whole_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "accounts.csv"
    path.write_bytes(content)
    assert main(["accounts", "import", str(path), *BY]) == 1
    assert numbers() == set()


def test_passwords_go_into_a_new_file_of_the_owner_alone(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "passwords.tsv"
    assert enter(tmp_path, IVAN, options=("--passwords", str(out))) == 0
    assert out.read_text().startswith("L-1\t")
    assert out.stat().st_mode & 0o777 == 0o600
    assert "L-1" not in capsys.readouterr().out
    assert enter(tmp_path, ANNA, options=("--passwords", str(out))) == 1
    assert numbers() == {"500001"}


def test_one_account_is_entered_by_hand_and_shown(capsys: Capture) -> None:
    given = ["--login", "L-7", "--name", 'Пётр "П" Ом; и сын', "--account", "500007", "--anchor-day", "3",
             "--contract-on", "2026-11-01", "--tariffs", "t100"]  # fmt: skip
    assert main(["accounts", "add", *given, *BY]) == 0
    assert main(["accounts", "show", "500007"]) == 0
    assert 'L-7, Пётр "П" Ом; и сын' in capsys.readouterr().out
    assert main(["accounts", "list"]) == 0
    assert "3 accounts" in capsys.readouterr().out


def test_a_new_one_time_password_ends_every_session(shop: Product, capsys: Capture) -> None:
    browser = client()
    browser.log_in("bob")
    assert main(["accounts", "password", "bob", *BY]) == 0
    issued = passwords(capsys)["bob"]
    assert not browser.get("/api/session").json["signed_in"]
    assert client().log_in("bob").status == 401
    assert client().log_in("bob", issued).json["must_change_password"]
    assert "password_issued" in {row.event for row in SubscriberStore().journal("sub-bob")}
    assert main(["accounts", "password", "nobody", *BY]) == 1


def test_a_service_is_connected_and_disconnected(capsys: Capture) -> None:
    assert main(["services", "add", "100201", "phone", "calls"]) == 0
    assert main(["services", "add", "100201", "phone", "calls"]) == 0
    assert main(["services", "list", "100201"]) == 0
    assert "phone\ttelephony\tcalls\t150.00" in capsys.readouterr().out
    assert main(["services", "remove", "100201", "phone"]) == 0
    assert main(["services", "remove", "100201", "phone"]) == 0
    assert [service.id for service in bootstrap.billing().account("100201").services] == ["internet"]
    assert verify().differences == ()


@pytest.mark.parametrize(
    "command",
    [("add", "100201", "x", "absent"), ("add", "999999", "x", "t100"), ("add", "100201", "a/b", "t100"),
     ("remove", "999999", "x"), ("list", "999999")],
)  # fmt: skip
def test_services_of_nothing_are_refused(command: tuple[str, ...]) -> None:
    assert main(["services", *command]) == 1


def test_a_catalogue_goes_out_and_comes_back(tmp_path: Path, capsys: Capture) -> None:
    assert main(["tariffs", "export"]) == 0
    exported = json.loads(capsys.readouterr().out)
    path = tmp_path / "tariffs.json"
    exported["tariffs"][0]["fee_kopecks"] += 1
    del exported["tariffs"][4]
    path.write_text(json.dumps(exported), "utf-8-sig")
    assert main(["tariffs", "import", str(path), "--check"]) == 0
    assert capsys.readouterr().out.split() == ["~", "t50", "-", "gone"]
    assert catalogue.load().tariffs == scene.TARIFFS
    assert main(["tariffs", "import", str(path)]) == 0
    assert len(catalogue.load().tariffs) == len(scene.TARIFFS) - 1
    assert main(["tariffs", "list"]) == 0
    assert "t300\tinternet\thome\t790.00\t300 Mbit/s" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"tariffs": []}', '{"tariffs": [], "tariffs": []}', '{"tariffs": [{"id": "a"}]}',
     '{"tariffs": [{"id":"a","title":"A","kind":"internet","fee_kopecks":1.5,"group":"g"}]}',
     '{"tariffs": [{"id":"a","title":"A","kind":"internet","fee_kopecks":"650","group":"g"}]}',
     '{"tariffs": [{"id":"a","title":"A","kind":"internet","fee_kopecks":1,"group":"g"}],'
     ' "groups": [{"id":"g","moves":["h"]}]}'],
)  # fmt: skip
def test_a_catalogue_that_is_not_whole_leaves_the_present_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tariffs.json"
    path.write_text(text)
    assert main(["tariffs", "import", str(path)]) == 1
    assert catalogue.load().tariffs == scene.TARIFFS


def test_a_correction_is_posted_once_for_one_id(capsys: Capture) -> None:
    post = ["corrections", "post", "100201", "12,50", "--operator", "petrova", "--reason", "Авария 1", "--id", "case-7"]
    assert main(post) == 0
    assert "before 0.00 RUB" in (told := capsys.readouterr().out)
    assert "after  12.50 RUB" in told
    assert main(post) == 0
    assert "posted before" in capsys.readouterr().out
    [entry] = EntryRow.query("100201")
    assert (entry.operator, entry.reason, entry.balance_kopecks) == ("petrova", "Авария 1", 1250)
    post[3] = "12.51"
    assert main(post) == 1


def test_a_correction_may_take_and_shows_an_id_for_repeating(capsys: Capture) -> None:
    by = ["--operator", "petrova", "--reason", "ошибка кассы"]
    assert main(["corrections", "post", *by, "100201", "--", "-5.00"]) == 0
    id = capsys.readouterr().out.split()[1]
    assert main(["corrections", "post", *by, "--id", id, "100201", "--", "-5.00"]) == 0
    assert bootstrap.billing().account("100201").balance_kopecks == -500


@pytest.mark.parametrize("amount", ["0", "1.234", "x", "1e3", "99999999999999"])
def test_an_amount_that_is_none_is_refused(amount: str) -> None:
    with pytest.raises(SystemExit):
        main(["corrections", "post", "100201", amount, "--operator", "p", "--reason", "r"])
    assert list(EntryRow.query("100201")) == []


@pytest.mark.parametrize("missing", [("--operator", "p"), ("--reason", "r"), ("--operator", " ", "--reason", "r")])
def test_nobody_corrects_without_a_name_and_a_reason(missing: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit):
        main(["corrections", "post", "100201", "1", *missing])


def test_corrections_of_nothing_are_refused() -> None:
    by = ["--operator", "p", "--reason", "r"]
    assert main(["corrections", "post", "999999", "1", *by]) == 1
    assert main(["corrections", "post", "100201", "1", *by, "--service", "absent"]) == 1
    assert main(["corrections", "post", "100201", "1", *by, "--id", "x" * 250]) == 1
