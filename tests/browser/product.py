"""The running product as a test sees it from outside: its address, its sandbox, its staff's commands."""

import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from time import monotonic
from typing import Any

from playwright.sync_api import Page, Request, expect

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "demo-password-1"
STARTS_IN_SECONDS = 90


class Product:
    """``python -m local`` in a process of its own, on a free port, with data of its own."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.data = data
        self._environment = {**os.environ, "PORT": str(port), "DATA_DIR": str(data)}
        self._log = (data.parent / "product.log").open("wb")
        command = [sys.executable, "-m", "local"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=self._environment, stdout=self._log, stderr=subprocess.STDOUT
        )

    def wait(self) -> None:
        """Until it answers. :raises RuntimeError: it ended, or it takes too long."""
        until = monotonic() + STARTS_IN_SECONDS
        while monotonic() < until and self._process.poll() is None:
            try:
                self.call("GET", "/api/health")
                return
            except (urllib.error.URLError, ConnectionError):
                # the process ends by itself when it cannot start; a short wait keeps the other core free for it
                try:
                    self._process.wait(0.1)
                except subprocess.TimeoutExpired:
                    continue
        raise RuntimeError("the product did not start: " + Path(self._log.name).read_text("utf-8")[-2000:])

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A JSON call without a session."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def advance(self, seconds: int) -> None:
        """Move the sandbox's clock; whatever falls due on the way happens."""
        self.call("POST", "/sandbox/clock", {"advance_seconds": seconds})

    def ops(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of the staff against the running product."""
        command = [sys.executable, "-m", "ops", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self._environment, capture_output=True, text=True, timeout=120)


def text_of(page: Page, name: str) -> str:
    """What stands at a ``data-test`` mark, with every space made plain."""
    return plain(page.get_by_test_id(name).inner_text())


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def kopecks(text: str) -> int:
    """``−1 234,50 ₽`` as it stands on the screen, in kopecks."""
    digits = re.sub(r"[^\d]", "", text)
    return -int(digits) if "\u2212" in text else int(digits)


def identifier(order: Request) -> str:
    """The id that the page gave to a top-up."""
    body: Any = order.post_data_json
    return str(body["id"])


def log_in(page: Page, login: str) -> None:
    """By hand, as a person does."""
    page.goto("/")
    page.get_by_label("Логин или номер договора").fill(login)
    page.get_by_label("Пароль", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Войти", exact=True).click()
    expect(page.get_by_test_id("balance")).to_be_visible()


def sign_in(page: Page, site: Product, login: str, hash: str = "#/") -> None:
    """Without the form: the cookie first, then straight to a screen."""
    headers = {"Origin": site.url}
    answer = page.request.post("/api/session", data={"login": login, "password": PASSWORD}, headers=headers)
    assert answer.status == 200
    page.goto("/")
    expect(page.get_by_test_id("balance")).to_be_visible()
    if hash != "#/":
        page.goto("/" + hash)


def go(page: Page, section: str) -> None:
    """Through the menu, which a narrow screen folds."""
    menu = page.get_by_role("button", name="Разделы", exact=True)
    if menu.is_visible() and menu.get_attribute("aria-expanded") == "false":
        menu.click()
    page.get_by_role("navigation", name="Разделы кабинета").get_by_role("link", name=section, exact=True).click()
