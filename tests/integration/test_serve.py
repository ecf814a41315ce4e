"""``python -m local serve`` as its operator has it: a process, a settings file, a data directory."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from chalicelib import config
from chalicelib.services.passwords import Passwords
from chalicelib.store.subscribers import Profile, SubscriberStore
from local.purpose import Purpose, claim
from local.store.door import NAME, Caller
from local.store.transport import attach, detach

ROOT = Path(__file__).resolve().parents[2]
SECRET = "5f0c" * 16
SITE = "lk.example.ru"


class Told(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Service:
    """One data directory with its settings; the process comes and goes."""

    def __init__(self, directory: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.data, self._file = directory / "data", directory / "settings"
        self.write({})

    def write(self, changes: Mapping[str, str]) -> None:
        settings = {
            "PORTAL_STAGE": "prod",
            "PORTAL_SITE_URL": f"https://{SITE}",
            "PORTAL_ORIGIN_SECRET": SECRET,
            "ROBOKASSA_MERCHANT_LOGIN": "our-isp",
            "ROBOKASSA_PASSWORD1": "one of ours",
            "ROBOKASSA_PASSWORD2": "another of ours",
            "DATA_DIR": str(self.data),
            "PORT": str(self.port),
        }
        self._file.write_text("".join(f"{name}={value}\n" for name, value in {**settings, **changes}.items()))
        self._file.chmod(0o600)

    def command(self, *words: str) -> dict[str, Any]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "AWS_"))}
        environ = {**clean, "SETTINGS_FILE": str(self._file)}
        return {"args": [sys.executable, "-m", *words], "cwd": ROOT, "env": environ, "text": True}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(**self.command(*words), capture_output=True, timeout=60)

    @contextmanager
    def serving(self) -> Iterator["subprocess.Popen[str]"]:
        process = subprocess.Popen(**self.command("local", "serve"), stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            assert any(json.loads(line)["message"] == "serving" for line in process.stdout), "it did not start"
            yield process
        finally:
            process.kill()
            process.communicate()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Told:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        sent = {"Host": SITE, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body is not None:
            sent |= {"Content-Type": "application/json", "Origin": f"https://{SITE}"}
        line.request(method, path, None if body is None else json.dumps(body), sent)
        answer = line.getresponse()
        told = Told(answer.status, answer.headers, answer.read())
        line.close()
        return told

    def sign_in(self) -> Told:
        body = {"login": "ivan", "password": "a password of his own"}
        address = {"CloudFront_Viewer_Address": "203.0.113.9:50000"}
        return self.ask("POST", "/api/session", body, X_Origin_Secret=SECRET, **address)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = Service(tmp_path_factory.mktemp("service"))
    with made.serving():
        attach(Caller(made.data / NAME))
        hashed = Passwords(config.load({})).hash("a password of his own")
        SubscriberStore().add(Profile("sub-1", login="ivan", name="Ivan", password_hash=hashed, contacts=[]))
        detach()
        yield made


def test_the_api_answers_to_the_proxy_and_to_nobody_else(service: Service) -> None:
    assert service.ask("GET", "/api/health", X_Origin_Secret=SECRET).status == 200
    assert service.ask("GET", "/api/health").status == 403


@pytest.mark.parametrize("path", ["/sandbox/", "/sandbox/clock", "/sandbox/dynamodb", "/sandbox/robokassa/pay"])
def test_there_is_no_sandbox(service: Service, path: str) -> None:
    assert service.ask("GET", path, X_Origin_Secret=SECRET).status == 404
    assert service.ask("POST", path, {}, X_Amz_Target="DynamoDB_20120810.ListTables").status == 405


def test_the_site_comes_with_its_headers(service: Service) -> None:
    told = service.ask("GET", "/")
    assert told.status == 200
    assert b"<html" in told.body
    assert "form-action 'self'" in told.headers["Content-Security-Policy"]
    assert told.headers["Strict-Transport-Security"]


def test_cookies_are_for_https_and_this_host_only(service: Service) -> None:
    told = service.sign_in()
    assert told.status == 200, told.body
    cookies = told.headers.get_all("Set-Cookie") or []
    assert len(cookies) == 2
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert "; Secure" in cookie
        assert "Path=/" in cookie


def test_a_subscriber_is_journalled_with_the_address_that_the_proxy_saw(service: Service) -> None:
    service.sign_in()
    attach(Caller(service.data / NAME))
    seen = {row.address for row in SubscriberStore().journal("sub-1")}
    detach()
    assert seen == {"203.0.113.9"}


def test_there_are_no_demo_logins(service: Service) -> None:
    body = {"login": "bob", "password": "demo-password-1"}
    assert service.ask("POST", "/api/session", body, X_Origin_Secret=SECRET).status == 401


def test_the_staff_s_commands_reach_the_running_store(service: Service) -> None:
    done = service.run("ops", "verify")
    assert (done.returncode, done.stdout) == (0, "ok: 0 accounts, 0 entries\n"), done.stderr


def test_a_backup_is_taken_while_it_runs(service: Service, tmp_path: Path) -> None:
    done = service.run("ops", "backup", str(tmp_path / "copy"))
    assert done.returncode == 0, done.stderr
    assert b"a password of his own" not in (tmp_path / "copy").read_bytes()
    assert b"sub-1" in (tmp_path / "copy").read_bytes()


def test_only_one_may_hold_the_data(service: Service) -> None:
    done = service.run("local", "serve")
    assert done.returncode == 1
    assert "in use by another process" in done.stderr


@pytest.mark.parametrize("words", [["make", "reset"], [sys.executable, "-m", "local"]])
def test_the_demonstration_keeps_its_hands_off(service: Service, words: list[str]) -> None:
    environ = {**os.environ, "DATA_DIR": str(service.data), "PORTAL_STAGE": "local"}
    done = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "the data of a service" in done.stdout + done.stderr
    assert service.sign_in().status == 200


def test_a_stop_is_clean_and_a_kill_loses_nothing(tmp_path: Path) -> None:
    service = Service(tmp_path)
    with service.serving() as process:
        process.send_signal(signal.SIGKILL)
        process.wait(20)
        assert (service.data / NAME).exists()
    with service.serving() as process:
        attach(Caller(service.data / NAME))
        SubscriberStore().add(Profile("sub-1", login="ivan", name="Ivan", password_hash="x", contacts=[]))
        detach()
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=40)
        assert process.returncode == 0
        # a schedule that was at work says its own last word in between
        told = [message for line in said.splitlines() if (message := json.loads(line)["message"]) != "job"]
        assert told[-2:] == ["stopping", "stopped"]
        assert not (service.data / NAME).exists()
    with service.serving():
        attach(Caller(service.data / NAME))
        kept = SubscriberStore().get("sub-1")
        detach()
        assert kept is not None


def test_a_refusal_names_the_setting_and_ends_for_good(tmp_path: Path) -> None:
    service = Service(tmp_path)
    service.write({"PORTAL_STAGE": "local", "ROBOKASSA_PASSWORD1": "sandbox-live-password-1"})
    done = service.run("local", "serve")
    assert done.returncode == 78
    assert "PORTAL_STAGE:" in done.stderr
    assert "ROBOKASSA_PASSWORD1:" in done.stderr
    assert not service.data.exists()


def test_a_demonstration_is_never_served(tmp_path: Path) -> None:
    service = Service(tmp_path)
    claim(service.data, Purpose.DEMONSTRATION)
    done = service.run("local", "serve")
    assert done.returncode == 78
    assert "DATA_DIR" in done.stderr
    assert "the data of a demonstration" in done.stderr


def test_neither_is_a_copy_of_its_store(tmp_path: Path) -> None:
    service = Service(tmp_path)
    with service.serving():
        attach(Caller(service.data / NAME))
        SubscriberStore().add(Profile("sub-bob", login="bob", name="Bob", password_hash="x", contacts=[]))
        detach()
    done = service.run("local", "serve")
    assert done.returncode == 78
    assert "the demonstration's subscribers" in done.stderr
