"""CPU of a cold start, as packaged against as Chalice makes it by default: import, and import with a first answer.

Laziness must not cheat: what an import leaves for later is paid by the first request, so both are measured.
Runs alternate, so that a busy machine is busy for all; medians are compared, minima shown beside them.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from threading import Thread
from typing import Any

from chalicelib import seams
from chalicelib.clock import utc_now
from local.sandbox import demo_environment
from local.store.engine import Engine
from tests.bench.report import Table
from tests.bench.shop import ACCOUNT, LOGIN, measured
from tests.bench.trees import Trees, command, cpu_seconds, unpacked
from tests.portal import ORIGIN, client

ROUNDS = 15
TARGET = 0.45


@dataclass(frozen=True)
class Cold:
    """What a fresh process is told to answer, and in which environment."""

    scenarios: dict[str, list[str]]
    environment: dict[str, str]


def event(method: str, path: str, resource: str, cookie: str | None = None, **parameters: str) -> dict[str, Any]:
    """What API Gateway hands to Lambda."""
    headers = {"user-agent": "Mozilla/5.0", **({"cookie": cookie} if cookie else {})}
    context = {"httpMethod": method, "resourcePath": resource, "path": path, "requestId": "1", "identity": {}}
    return {
        "resource": resource, "path": path, "httpMethod": method, "headers": headers, "body": None,
        "multiValueHeaders": {name: [value] for name, value in headers.items()}, "isBase64Encoded": False,
        "queryStringParameters": None, "multiValueQueryStringParameters": None, "stageVariables": None,
        "pathParameters": parameters or None, "requestContext": context,
    }  # fmt: skip


@contextmanager
def _served(engine: Engine) -> Iterator[str]:
    """The in-process store behind HTTP: the fresh process pays for a real client, not for the store."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = engine.call(self.headers["X-Amz-Target"], body)
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def cold() -> Iterator[Cold]:
    with measured() as (engine, _), _served(engine) as store:
        seams.current_time = utc_now
        browser = client()
        assert browser.log_in(LOGIN).status == 200
        browser.get(f"/api/accounts/{ACCOUNT}")
        cookie = f"session={browser.cookies['session']}"
        asked = {
            "import": [],
            "import, `GET /api/session` of nobody": [event("GET", "/api/session", "/api/session")],
            "import, `GET /api/home` signed in": [event("GET", "/api/home", "/api/home", cookie)],
        }
        environment = {
            **demo_environment(ORIGIN), "PORTAL_STORE_ENDPOINT": store, "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "LANG": "C.UTF-8", "PATH": os.defpath,
        }  # fmt: skip
        yield Cold({what: [json.dumps(each) for each in events] for what, events in asked.items()}, environment)


def _round(start: Cold, trees: Trees) -> dict[tuple[str, str], float]:
    times = {("", "bare"): cpu_seconds(command(), start.environment)}
    for what, events in start.scenarios.items():
        for name, tree in (("plain", trees.plain), ("packaged", trees.packaged)):
            times[what, name] = cpu_seconds(command(str(tree), *events), start.environment)
    return times


def tables() -> list[Table]:
    with unpacked() as trees, cold() as start:
        _round(start, trees)  # the files come from the disk once
        rounds = [_round(start, trees) for _ in range(ROUNDS)]
    rows = []
    bare = [each["", "bare"] for each in rounds]
    for what in start.scenarios:
        plain, packaged = ([each[what, name] for each in rounds] for name in ("plain", "packaged"))
        ratio = median(packaged) / median(plain)
        lowest = min(packaged) / min(plain)
        rows.append((what, *(f"{median(times) / median(bare):.1f}" for times in (plain, packaged)),
                     f"{ratio:.2f}", f"{lowest:.2f}"))  # fmt: skip
    head = ("fresh process", "default, in bare interpreters", "packaged, in bare interpreters", "ratio of medians",
            "ratio of minima")  # fmt: skip
    return [Table("import", head, rows)]
