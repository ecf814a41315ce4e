"""Facts about the whole program that no single module can break unseen."""

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from chalicelib import errors
from chalicelib.handlers import failures, texts
from chalicelib.handlers.meta import all_routes
from chalicelib.providers import gateways, messages

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = {
    ("POST", "/api/session"),
    ("GET", "/api/session"),
    ("GET", "/api/topups/{id}/status"),
    ("POST", "/api/webhooks/robokassa"),
    ("GET", "/api/webhooks/robokassa"),
    ("POST", "/api/webhooks/uniteller"),
    ("GET", "/api/webhooks/uniteller"),
    ("GET", "/api/health"),
    ("GET", "/api/openapi.json"),
}
EVENTS = {
    "schedule",
    "on_cw_event",
    "on_sqs_message",
    "on_sns_message",
    "on_s3_event",
    "on_dynamodb_record",
    "lambda_function",
}


def test_the_law_that_adapters_do_not_know_each_other_names_every_adapter() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    [apart] = [contract["modules"] for contract in contracts if contract["type"] == "independence"]
    registered = [*gateways.ADAPTERS.values(), *messages.ADAPTERS.values()]
    assert sorted(apart) == sorted(module.partition(":")[0] for module in registered)


def test_every_route_wants_a_session_unless_it_is_listed_here() -> None:
    assert {(route.method, route.path) for route in all_routes() if route.public} == PUBLIC


def test_every_route_of_the_table_is_served() -> None:
    import app

    served = {(method, path) for path, methods in app.app.routes.items() for method in methods}
    assert {(route.method, route.path) for route in all_routes()} <= served
    assert {path for _, path in served} == {route.path for route in all_routes()}


def test_schedules_and_queues_are_declared_in_the_map_alone() -> None:
    for file in (ROOT / "chalicelib").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef):
                names = {getattr(part, "attr", "") for line in node.decorator_list for part in ast.walk(line)}
                assert not names & EVENTS, f"{file}: {node.name}"


def test_the_map_is_short_and_so_is_the_meeting_place() -> None:
    assert len((ROOT / "app.py").read_text().splitlines()) <= 150
    assert len((ROOT / "chalicelib/bootstrap.py").read_text().splitlines()) <= 150


def test_the_app_is_imported_without_any_setting_of_aws() -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("AWS", "PORTAL", "ROBOKASSA"))}
    done = subprocess.run([sys.executable, "-c", "import app"], cwd=ROOT, env=bare, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_local_product_and_the_tests_never_reach_the_package() -> None:
    for file in [ROOT / "app.py", *(ROOT / "chalicelib").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in {"local", "ops", "tests", "ministack"}], file


def _codes() -> list[str]:
    found = [
        kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.PortalError)
    ]
    return sorted({*found, *(kind.code for kind, _ in failures.STATUSES)})


@pytest.mark.parametrize("code", [*_codes(), "bad_origin", "step_up_required", "password_change_required", "conflict"])
def test_every_code_has_its_own_words_in_both_languages(code: str) -> None:
    if code == "internal_error":
        return
    for language in ("ru", "en"):
        assert texts.message(code, language) != texts.message("internal_error", language)


def test_no_room_has_a_name_that_says_nothing() -> None:
    nothing = {"utils.py", "helpers.py", "common.py", "base.py", "constants.py", "misc.py"}
    assert not [
        file for room in ("chalicelib", "local", "ops") for file in (ROOT / room).rglob("*.py") if file.name in nothing
    ]


def test_the_product_never_names_a_registry_or_the_outside_of_the_house() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    words = ("pypi" + ".org", "registry." + "npmjs", "../" + "shared", "deb." + "debian")
    for name in listed:
        file = ROOT / name
        if file.is_file() and file.suffix in {".py", ".txt", ".md", ".json", ".js", ".toml", ".sh", ""}:
            text = file.read_text(errors="replace")
            assert not [word for word in words if word in text], name
