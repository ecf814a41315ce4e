"""``make run`` killed by SIGKILL in the middle of writes: whatever was acknowledged is there afterwards."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KILLS, PAYMENTS_BEFORE_A_KILL = 3, 6


@contextmanager
def running(data: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    environ = {**os.environ, "PORT": str(port), "DATA_DIR": str(data)}
    process = subprocess.Popen(
        [sys.executable, "-m", "local"], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Ctrl+C" in line:
            break
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class Caller:
    """A signed-in bob on one kept connection."""

    def __init__(self, port: int) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.headers = {"Origin": f"http://127.0.0.1:{port}", "Content-Type": "application/json"}
        answer = self.send("POST", "/api/session", {"login": "bob", "password": "demo-password-1"})
        self.headers["Cookie"] = answer.headers["Set-Cookie"].split(";")[0]

    def send(self, method: str, path: str, body: Any = None) -> http.client.HTTPResponse:
        self.line.request(method, path, json.dumps(body) if body is not None else None, self.headers)
        answer = self.line.getresponse()
        self.body = answer.read()
        assert answer.status < 400, self.body
        return answer

    def top_up(self, account: str, orders: list[str], paid: list[str]) -> None:
        id = str(uuid.uuid4())
        wish = {"id": id, "amount_kopecks": 100_00, "gateway": "robokassa"}
        self.send("POST", f"/api/accounts/{account}/topups", wish)
        orders.append(id)
        invoice = json.loads(self.body)["checkout"]["url"].split("InvId=")[1].split("&")[0]
        self.send("POST", "/sandbox/robokassa/pay", {"invoice": invoice, "outcome": "paid", "webhook": "normal"})
        paid.append(id)


def top_up_until_killed(port: int, orders: list[str], paid: list[str], enough: threading.Event) -> None:
    caller = Caller(port)
    while True:
        try:
            caller.top_up("100202", orders, paid)
        except (OSError, http.client.HTTPException):
            return
        if len(paid) % PAYMENTS_BEFORE_A_KILL == 0:
            enough.set()


def test_nothing_acknowledged_is_lost_by_a_kill(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    orders: list[str] = []
    paid: list[str] = []
    for _ in range(KILLS):
        with running(tmp_path, port) as process:
            enough = threading.Event()
            threads = [
                threading.Thread(target=top_up_until_killed, args=(port, orders, paid, enough)) for _ in range(2)
            ]
            for thread in threads:
                thread.start()
            assert enough.wait(60), "the product did not take a single round of payments"
            process.send_signal(signal.SIGKILL)
            process.wait()
            for thread in threads:
                thread.join()
    with running(tmp_path, port):
        caller = Caller(port)
        caller.send("POST", "/sandbox/clock", {"advance_seconds": 7200})
        for id in orders:
            caller.send("GET", f"/api/topups/{id}")
            assert json.loads(caller.body)["status"] == "credited" or id not in paid
        environ = {**os.environ, "DATA_DIR": str(tmp_path)}
        checked = subprocess.run(
            [sys.executable, "-m", "ops", "verify"], cwd=ROOT, env=environ, capture_output=True, text=True
        )
        assert checked.stdout.startswith("ok"), checked.stdout + checked.stderr
