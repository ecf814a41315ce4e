"""The whole product in one process for a test: portal, store, sandbox, a clock that moves when told to.

Only the wire and the clock are replaced. Every outgoing HTTP call passes ``wire.around`` and every store
call ``transport.set_around``: there a test counts, breaks or reorders them.
"""

import atexit
import hashlib
import json
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import requests

from chalicelib import bootstrap, seams, upstream
from chalicelib.billing import AccountState, OperationKind, ServiceKind
from chalicelib.billing.embedded import accounts
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.billing.embedded.books import Books
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.ledger import Ledger
from chalicelib.money import Kopecks, to_rubles
from chalicelib.services.passwords import Passwords
from chalicelib.services.topups import Ordered, Wish
from chalicelib.store.cases import CaseRow, CaseStore
from chalicelib.store.subscribers import Profile, SubscriberStore, confirmed
from chalicelib.store.topups import TopUpRow
from local import key_file
from local.clock import MovableClock
from local.sandbox import Sandbox, Shop, demo_environment
from local.sandbox.uniteller_wire import Point
from local.sandbox.wire import InProcessWire
from local.store.engine import Engine
from local.web import Request
from tests.portal import ORIGIN, PASSWORD, Got, client, portal

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
#: As cheap as argon2 goes: what is hashed is tested elsewhere at its full cost.
CHEAP = {"argon2_memory_kib": 8, "argon2_time_cost": 1}


#: Only the tests of receipts want them: they go on for a month after each payment.
NO_RECEIPTS = {"ROBOKASSA_RECEIPTS": "false", "ROBOKASSA_CLOSING_RECEIPT": "false"}


@dataclass
class Product:
    clock: MovableClock
    sandbox: Sandbox
    wire: InProcessWire

    def account(self, number: str, subscriber_id: str) -> str:
        """A small account with an empty ledger and an internet service, free until its first opening on 12 December."""
        day = date(2026, 1, 12)
        accounts.create(NewAccount(number, subscriber_id, "Дом", "Тверь", 12, day), START - timedelta(days=30))
        fee, charged_from = Kopecks(650_00), date(2026, 12, 12)
        internet = ServiceKind.INTERNET
        service = NewService("internet", internet, "Интернет", "t100", "Сто", fee, 100, charged_from=charged_from)
        accounts.add_service(books(), number, service)
        return number

    def block(self, account: str, debt_kopecks: int) -> None:
        """A debt, the services off, and on 23 November 19 of 30 days of 650 roubles a month unpaid."""
        leg = Leg(OperationKind.CORRECTION, Kopecks(-debt_kopecks), "Долг", contra="correction", rule="test")
        Ledger(books()).post(NewEntry(account, f"debt:{account}", (leg,)))
        accounts.set_state(books(), account, AccountState.FINANCIAL_BLOCK, "not_enough_money")
        unpaid = NewService("second", ServiceKind.INTERNET, "Второй интернет", "t100", "Сто", Kopecks(650_00), 100, 1)
        accounts.add_service(books(), account, replace(unpaid, charged_from=books().today()))

    def order(
        self,
        subscriber_id: str,
        account: str,
        kopecks: int = 500_00,
        id: str | None = None,
        gateway: str = "robokassa",
    ) -> Ordered:
        wish = Wish(id or str(uuid.uuid4()), account, Kopecks(kopecks), gateway, "ru")
        return bootstrap.topups().order(subscriber_id, wish)

    def pay(self, topup: TopUpRow, outcome: str = "paid", webhook: str = "normal") -> Any:
        number = f"LK-{topup.invoice}" if topup.gateway == "uniteller" else str(topup.invoice)
        body = {"invoice": number, "outcome": outcome, "webhook": webhook}
        return self.sandboxed("POST", f"/sandbox/{topup.gateway}/pay", body)

    def result_fields(self, topup: TopUpRow, **changed: str) -> dict[str, str]:
        """A ResultURL as the company signs it, made by the sandbox's code; ``changed`` before signing."""
        shop = Shop()
        fields = {"OutSum": to_rubles(Kopecks(int(topup.amount_kopecks))) + "0000", "InvId": str(int(topup.invoice))}
        fields |= {"Shp_topup": topup.topup_id, **changed}
        echoed = sorted(f"{name}={value}" for name, value in fields.items() if name.lower().startswith("shp_"))
        fields["SignatureValue"] = shop.digest(fields["OutSum"], fields["InvId"], shop.password2, *echoed)
        return {**fields, "Fee": "1.50", "EMail": "", "PaymentMethod": "BankCard", "IncCurrLabel": "BankCardPSR"}

    def notify(self, fields: Mapping[str, str], gateway: str = "robokassa") -> Got:
        return client("185.59.216.65").form(f"/api/webhooks/{gateway}", fields)

    def told_fields(self, topup: TopUpRow, status: str = "paid") -> dict[str, str]:
        """A notification as Uniteller signs it, without extra fields, made by no code of the product's."""
        number = f"LK-{topup.invoice}"
        signature = hashlib.md5(f"{number}{status}{Point().password}".encode()).hexdigest().upper()
        return {"Order_ID": number, "Status": status, "Signature": signature}

    def advance(self, **by: float) -> None:
        seconds = int(timedelta(**by).total_seconds())
        self.sandboxed("POST", "/sandbox/clock", {"advance_seconds": seconds})

    def fault(self, target: str, call: str, kind: str, times: int = 1) -> None:
        self.sandboxed("POST", "/sandbox/faults", {"target": target, "call": call, "kind": kind, "times": times})

    def sandboxed(self, method: str, path: str, body: Any = None) -> Any:
        got = _through(self.sandbox, method, path, body)
        assert got.status < 400, got.text
        return got.json if got.body else None

    def balance(self, account: str) -> int:
        return int(bootstrap.billing().account(account).balance_kopecks)

    def status(self, topup: TopUpRow) -> str:
        return bootstrap.topups().status(topup.topup_id)

    def cases(self) -> list[CaseRow]:
        return list(CaseStore().list())

    def messages(self) -> list[Any]:
        found: list[Any] = self.sandboxed("GET", "/sandbox/messages")
        return found


def _through(sandbox: Sandbox, method: str, path: str, body: Any) -> Got:
    headers = {"Host": "127.0.0.1:8000", "Origin": ORIGIN}
    raw = b""
    if body is not None:
        headers["Content-Type"] = "application/json"
        raw = json.dumps(body).encode()
    answer = sandbox.handle(Request(method, path, [], headers, raw))
    return Got(answer.status, dict(answer.headers), {}, answer.body)


def books() -> Books:
    """The books of the product that runs now, without the sandbox's faults around them."""
    settings = bootstrap.settings()
    return Books(bootstrap.now, settings.zone, settings.agenda_shards, bootstrap.token)


def subscriber(id: str, login: str, phone: str) -> None:
    """Somebody with a confirmed telephone, who signs in with the demo password."""
    contact = confirmed("sms", phone, START)
    hashed = Passwords(bootstrap.settings()).hash(PASSWORD)
    SubscriberStore().add(Profile(id, login=login, name=login.title(), password_hash=hashed, contacts=[contact]))


@cache
def key_file_path() -> Path:
    """A key made once for the whole run."""
    folder = Path(tempfile.mkdtemp(prefix="portal-key-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    key_file.make(folder)
    return folder / key_file.NAME


@contextmanager
def product(**chosen: object) -> Iterator[Product]:
    """Everything wired together; the store's tables must be there and empty."""
    clock = MovableClock(real=lambda: START)
    gateways = "robokassa,uniteller"
    settings = {"sms": "smsc", "key_file": key_file_path(), "gateways": gateways, **CHEAP, **NO_RECEIPTS, **chosen}
    # in capitals: a company's own setting
    named = {name if name.isupper() else f"PORTAL_{name.upper()}": str(value) for name, value in settings.items()}
    environ = demo_environment(ORIGIN) | named
    before = seams.current_time, seams.environ, upstream.new_session
    bootstrap.forget()
    seams.current_time, seams.environ = clock, environ
    sandbox = Sandbox(None, clock, _deliver, _Agenda(), lambda name, n: bootstrap.topups().checkout_of(name, n))
    wire = InProcessWire(sandbox.handle)

    def session() -> requests.Session:
        made = requests.Session()
        made.mount(ORIGIN, wire)
        return made

    upstream.new_session = session
    seams.around_billing = [sandbox.billing]
    try:
        yield Product(clock, sandbox, wire)
    finally:
        seams.current_time, seams.environ, upstream.new_session = before
        seams.around_billing = []
        bootstrap.forget()
        sandbox.close()


class _Agenda:
    def next_due(self) -> datetime | None:
        return bootstrap.agenda_runner().next_due()

    def run_due(self) -> dict[str, int]:
        return bootstrap.agenda_runner().run_due()


def _deliver(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    reply = portal().call(method, path, "", headers, body, "185.59.216.65")
    return reply.status, reply.body


def digest(engine: Engine) -> str:
    """A fingerprint of every row of every table, so that a test can say that nothing has changed."""
    tables = engine._handlers._store("_tables")
    rows = sorted(f"{name} {key!r} {row!r}" for name, table in tables.items() for key, row in table["items"].items())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
