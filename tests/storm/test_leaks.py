"""No secret leaves the portal, and nothing of one subscriber reaches another, whatever breaks on the way.

Every kind of secret has a unique value. The product lives through a day with all lines whole, and again with
each of them broken; then everything that left it is searched: logs, answers, requests, rows, errors, output.
"""

import base64
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
import requests

import local.sandbox
from chalicelib import bootstrap, config, seams
from chalicelib.billing import ServiceKind
from chalicelib.billing.embedded import accounts, catalogue
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.errors import PortalError
from chalicelib.money import Kopecks
from chalicelib.providers.gateways import robokassa
from chalicelib.providers.messages import sms
from chalicelib.services.passwords import Passwords
from chalicelib.services.refunds import Refused
from chalicelib.store.subscribers import Profile, SubscriberStore, confirmed
from chalicelib.store.topups import TopUpRow
from local.gateway import Portal, Reply
from local.sandbox import Shop, wire
from local.sandbox.uniteller_wire import Point
from local.sandbox.wire import InProcessWire, botocore_hook
from local.store import transport
from local.store.engine import Engine
from local.web import Response
from tests import scene
from tests.portal import Browser, client
from tests.product import START, Product, books, product
from tests.storm.leaks import LogSink, Sinks, spellings

SHOP = Shop()
#: Written by hand into forms, headers and settings; never to be seen again.
SECRETS = {
    "password": "Canary/Right+Pass=Word?01",
    "wrong password": "Canary/Wrong+Pass=Word?02",
    "network password": "Canary/Network?17",
    "gateway password 1": SHOP.password1,
    "gateway password 2": SHOP.password2,
    "gateway password 3": SHOP.password3,
    "uniteller password": Point().password,
    "test password 1": SHOP.test_password1,
    "test password 2": SHOP.test_password2,
    "sms login": "canary-sms-login-03",
    "sms password": "Canary/Sms+Password?04",
    "origin secret": "Canary/Origin+Secret?05-0123456789abcdef",
    "aws key": "AKIACANARY0000000006",
    "aws secret": "Canary/Aws+Secret?07/0123456789abcdef01",
}
#: Bob's own: they stand in rows and go to the companies that deliver to him, and nowhere else in full.
CONTACTS = {"phone": "9135550108", "email": "canary.bob.09@example.ru"}
#: Another subscriber's, who only has things happen to him.
CHARLIES = {
    "charlie's phone": "9135550110",
    "charlie's email": "canary.charlie.11@example.ru",
    "charlie's contract": "canary-login-12",
    "charlie's name": "Canary Charlie 13",
    "charlie's account": "900130130130",
    "charlie's address": "Canary street 14",
    "charlie's label": "Canary label 15",
    "charlie's service": "Canary service 16",
}
#: What the companies' own protocols demand, and the browser that a cookie is made for.
DEMANDED = {
    ("request to sms", "sms login"),  # smsc.ru: api/http/send/sms has no other way to say who sends
    ("request to sms", "sms password"),
    ("request to sms", "phone"),
    ("request to sms", "charlie's phone"),
    ("request to sms", "charlie's account"),  # the text names the account that was credited
    # the receipt of what goes back names the account that it was paid to, as the first receipt did
    ("request of a refund", "charlie's account"),
    # technical order 4.6.2: /results/ takes the password in its body, and has no other way
    ("request to uniteller", "uniteller password"),
    ("request to email", "email"),
    ("request to email", "charlie's email"),
    ("request to email", "charlie's account"),
    ("request to email", "aws key"),  # Signature Version 4 names the key that it was made with
    ("settings", "sms login"),  # the name of our account, worth nothing without its password
    ("cookie", "session"),
    ("cookie", "device"),
    # the rows are where a subscriber's data live, and cases name the account they speak of
    *(("row", name) for name in (*CONTACTS, *CHARLIES)),
}
KINDS = ("timeout_before", "timeout_after", "http_500", "nonsense", "refused")


@dataclass
class World:
    shop: Product
    sinks: Sinks
    bob: Browser = field(default_factory=client)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def forbidden(self) -> dict[str, str]:
        return {**SECRETS, **CONTACTS, **CHARLIES, **self.tokens}


@pytest.fixture
def world(store: Engine, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[World]:
    sinks = Sinks()
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    monkeypatch.setattr(local.sandbox, "SMS_LOGIN", SECRETS["sms login"])
    monkeypatch.setattr(local.sandbox, "SMS_PASSWORD", SECRETS["sms password"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", SECRETS["aws key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRETS["aws secret"])
    watch_answers(sinks, monkeypatch)
    watch_requests(sinks, monkeypatch)
    logs, root = LogSink(sinks), logging.getLogger()
    level = root.level
    root.addHandler(logs)
    root.setLevel(logging.DEBUG)
    with product(email="ses", origin_secret=SECRETS["origin secret"]) as shop:
        test_mode = {"ROBOKASSA_TEST_PASSWORD1": SHOP.test_password1, "ROBOKASSA_TEST_PASSWORD2": SHOP.test_password2}
        seams.environ = {**seams.environ, **test_mode}
        people(shop)
        sandboxed_letters(shop, sinks)
        yield World(shop, sinks)
    root.removeHandler(logs)
    root.setLevel(level)


def watch_answers(sinks: Sinks, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = Portal.call

    def call(self: Portal, method: str, path: str, query: str, headers: Any, body: bytes, peer: str) -> Reply:
        reply = genuine(self, method, path, query, {**headers, "X-Origin-Secret": SECRETS["origin secret"]}, body, peer)
        for name, value in reply.headers:
            sinks.take("cookie" if name.lower() == "set-cookie" else "answer", f"{name}: {value}")
        sinks.take("answer", reply.body)
        return reply

    monkeypatch.setattr(Portal, "call", call)


def watch_requests(sinks: Sinks, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = InProcessWire.send

    def send(self: InProcessWire, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        lines = {"/smsc/": "request to sms", "/uniteller/": "request to uniteller", "/Refund/": "request of a refund"}
        sink = next((name for part, name in lines.items() if part in str(request.url)), "request")
        # a form's body is read as the company reads it, and as it travels
        sinks.take("url", request.url)
        sinks.take(sink, dict(request.headers), request.body or "")
        return genuine(self, request, *args, **kwargs)

    monkeypatch.setattr(InProcessWire, "send", send)


def sandboxed_letters(shop: Product, sinks: Sinks) -> None:
    """botocore has its own line; nothing of it leaves this process."""
    sender: Any = bootstrap.senders()["email"]
    answer = botocore_hook(shop.sandbox.handle)

    def sent(request: Any, **more: Any) -> Any:
        sinks.take("url", request.url)
        sinks.take("request to email", dict(request.headers), request.body)
        return answer(request, **more)

    sender._client.meta.events.register("before-send.sesv2", sent)


def people(shop: Product) -> None:
    hashed = Passwords(bootstrap.settings()).hash(SECRETS["password"])
    bob = [confirmed("sms", "+7" + CONTACTS["phone"], START), confirmed("email", CONTACTS["email"], START)]
    SubscriberStore().add(Profile("sub-bob", login="bob", name="Bob", password_hash=hashed, contacts=bob))
    phone, email, login, name, account, address, label, service = CHARLIES.values()
    his = [confirmed("sms", "+7" + phone, START), confirmed("email", email, START)]
    SubscriberStore().add(Profile("sub-charlie", login=login, name=name, password_hash=hashed, contacts=his))
    shop.account("100201", "sub-bob")
    catalogue.replace(scene.TARIFFS)
    accounts.create(NewAccount(account, "sub-charlie", label, address, 12, date(2026, 1, 12)), START)
    tv = NewService("internet", ServiceKind.INTERNET, service, "t100", service, Kopecks(650_00), 100)
    accounts.add_service(books(), account, tv)


def a_day(world: World, hours: int = 3) -> None:
    """Everything that a subscriber, a thief, the gateway and the schedules do; answers and errors as they come."""
    bob, shop = world.bob, world.shop
    bob.log_in("bob", SECRETS["wrong password"])
    bob.log_in(SECRETS["password"], SECRETS["wrong password"])
    bob.post("/api/session", {"login": "bob", "password": SECRETS["password"], "role": SECRETS["wrong password"]})
    bob.post("/api/session", b'{"login": "bob", "password": "' + SECRETS["password"].encode())
    bob.log_in("bob", SECRETS["password"])
    note_tokens(world)
    bob.post("/api/session/step-up", {"password": SECRETS["wrong password"]})
    bob.post("/api/session/step-up", {"password": SECRETS["password"]})
    look_around(bob)
    pay(world, "sub-bob", "100201")
    pay(world, "sub-charlie", CHARLIES["charlie's account"])
    pay_by_form(world, "sub-bob", "100201")
    pay_by_form(world, "sub-charlie", CHARLIES["charlie's account"])
    change_passwords(bob)
    change_services(bob)
    shop.advance(hours=hours)
    look_around(bob)
    bob.delete("/api/session")
    bob.get("/api/session")


def change_services(bob: Browser) -> None:
    """Every wish of his own account and of another's, right and wrong; a secret where a sum or a name belongs."""
    secret = SECRETS["wrong password"]
    days = {"from": "2026-11-25", "to": "2026-12-01"}
    for account in ("100201", CHARLIES["charlie's account"]):
        service = f"/api/accounts/{account}/services/internet"
        for path, body in (
            (f"/api/accounts/{account}/promised-payment", {"expected_amount_kopecks": 650_00}),
            (f"/api/accounts/{account}/promised-payment", {"expected_amount_kopecks": secret}),
            (f"{service}/tariff-change", {"tariff": "t50", "when": "next_period", "expected_charge_kopecks": 0}),
            (f"{service}/tariff-change", {"tariff": secret, "when": "now", "expected_charge_kopecks": 0}),
            (f"{service}/suspension", days),
            (f"{service}/suspension", days | {"to": secret}),
        ):
            bob.post(path, body)
        bob.delete(f"{service}/tariff-change")


def change_passwords(bob: Browser) -> None:
    """Of the network and of the portal, right and wrong; the good one of the portal is set to what it was."""
    secret, service = SECRETS["wrong password"], "/api/accounts/100201/services/internet/password"
    for body in ({"new_password": "Canary/Network?17"}, {"new_password": secret + "ы"}, {"generate": secret}):
        bob.put(service, body)
    for body in (
        {"current_password": secret, "new_password": SECRETS["password"]},
        {"current_password": SECRETS["password"], "new_password": SECRETS["password"]},
    ):
        bob.put("/api/subscriber/password", body)


def note_tokens(world: World) -> None:
    for name in ("session", "device"):
        if name in world.bob.cookies:
            world.tokens[name] = world.bob.cookies[name].rpartition(".")[2]


def look_around(bob: Browser) -> None:
    paths = ("/home", "/session", "/sessions", "/subscriber", "/accounts", "/openapi.json", "/health")
    for account in ("100201", CHARLIES["charlie's account"]):
        services = ("", "/internet/tariffs", "/internet/suspension")
        paths_of_account = ("", "/operations", "/forecast", "/topup-options", "/promised-payment")
        for path in (*paths_of_account, *(f"/services{path}" for path in services)):
            bob.get(f"/api/accounts/{account}{path}")
        bob.get(f"/api/home?account={account}")
    for path in paths:
        bob.get("/api" + path)


def pay(world: World, subscriber_id: str, account: str) -> None:
    """Ordered, told of wrongly in every way, then paid; the second one without any news."""
    shop = world.shop
    with suppress(PortalError):
        told, silent = (shop.order(subscriber_id, account).topup for _ in range(2))
        world.bob.get(f"/api/topups/{told.topup_id}")
        world.bob.get(f"/api/topups/{told.topup_id}/status")
        good = shop.result_fields(told)
        shop.notify({**good, "SignatureValue": "0" * 64})
        shop.notify({**good, "OutSum": "1.00"})
        shop.notify(shop.result_fields(told, OutSum="1.00"))
        shop.notify(shop.result_fields(told, InvId="999999"))
        shop.notify({"OutSum": SHOP.password1, "InvId": SHOP.password2, "SignatureValue": SHOP.test_password2})
        shop.pay(told, webhook="lost")
        shop.notify(good)
        shop.pay(silent, webhook="lost")
        give_back(told)


def give_back(topup: TopUpRow) -> None:
    """Staff return a part of it, the company answering or not."""
    # a broken line may have left it uncredited
    with suppress(Refused):
        bootstrap.refunds().begin(topup.topup_id, Kopecks(10_00), "i.petrova", "Ошибочный платёж", "r1")


def pay_by_form(world: World, subscriber_id: str, account: str) -> None:
    """At Uniteller, whose notification proves nothing: told of wrongly, paid, given back."""
    shop = world.shop
    with suppress(PortalError):
        topup = shop.order(subscriber_id, account, gateway="uniteller").topup
        good = shop.told_fields(topup)
        shop.notify({**good, "Signature": "0" * 32}, "uniteller")
        shop.notify({"Order_ID": SECRETS["password"], "Status": "paid", "Signature": Point().password}, "uniteller")
        shop.notify(good, "uniteller")
        shop.pay(topup, webhook="lost")
        shop.clock.advance(10)
        shop.notify(good, "uniteller")
        shop.clock.advance(10)
        give_back(topup)


def rows(engine: Engine) -> str:
    tables = engine._handlers._store("_tables")
    return "\n".join(f"{name} {key!r} {row!r}" for name, table in tables.items() for key, row in table["items"].items())


def search(world: World, engine: Engine, capfd: pytest.CaptureFixture[str]) -> None:
    world.sinks.take("row", rows(engine))
    world.sinks.take("output", *capfd.readouterr())
    assert world.sinks.leaks(world.forbidden, DEMANDED) == []


def test_a_whole_day_leaks_nothing(world: World, store: Engine, capfd: pytest.CaptureFixture[str]) -> None:
    a_day(world, hours=30)
    assert {"session", "device"} == set(world.tokens)
    assert world.shop.balance("100201") > 0
    # two payments told of and two silent ones; a part of each that was told of went back
    calls = world.shop.sandboxed("GET", "/sandbox/calls-log")
    back = [line["target"] for line in calls if line["call"] == "refund"]
    assert back == ["robokassa", "robokassa", "uniteller", "uniteller"]
    assert bootstrap.billing().account("100201").services[0].suspension is not None
    search(world, store, capfd)
    companies = {"request to sms", "request to email", "request to uniteller"}
    assert world.sinks.kinds() >= {"log", "answer", "cookie", "url", "request", *companies}


@pytest.mark.parametrize("kind", KINDS)
def test_companies_that_fail_leak_nothing(
    world: World, store: Engine, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    verbs = {
        "robokassa": ["get_payment", "refund", "get_refund"],
        "uniteller": ["get_payment", "get_payments", "refund"],
        "sms": ["send", "was_sent"],
        "email": ["send"],
        "billing": ["post_payment", "post_refund"],
    }
    for target, calls in verbs.items():
        for call in calls:
            world.shop.fault(target, call, kind, times=12)
    a_day(world)
    search(world, store, capfd)


def test_companies_that_send_back_what_they_got_leak_nothing(
    world: World, store: Engine, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error page that shows the whole request, secrets included, is not repeated by us anywhere."""
    genuine = InProcessWire.send

    def echo(self: InProcessWire, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        genuine(self, request, *args, **kwargs)
        shown = Response(500, str(request.body).encode(), {"Content-Type": "text/html", "X-Echo": "1"})
        return wire._answer(request, shown)

    monkeypatch.setattr(InProcessWire, "send", echo)
    a_day(world)
    search(world, store, capfd)


@pytest.mark.parametrize("code", ["InternalServerError", "ThrottlingException", "ValidationException"])
def test_a_store_that_fails_now_and_then_leaks_nothing(
    world: World, store: Engine, capfd: pytest.CaptureFixture[str], code: str
) -> None:
    asked = 0

    def sometimes(call: transport.Call, proceed: Any) -> Any:
        nonlocal asked
        asked += 1
        status = 500 if code == "InternalServerError" else 400
        return transport.error_answer(code, "broken", status) if asked % 7 == 0 else proceed()

    transport.set_around(sometimes)
    for _ in range(2):
        with suppress(PortalError, AssertionError):
            a_day(world)
    transport.set_around(None)
    search(world, store, capfd)


def test_settings_and_what_is_wrong_with_them_show_no_secret(world: World) -> None:
    shown: list[object] = [bootstrap.settings(), bootstrap.gateways(), bootstrap.senders(), bootstrap.sessions()]
    secret = SECRETS["gateway password 1"]
    bad: list[Callable[[], object]] = [
        lambda: config.load({"PORTAL_ORIGIN_SECRET": SECRETS["sms password"], "PORTAL_STAGE": "prod"}),
        lambda: config.load({"PORTAL_ORIGN_SECRET": SECRETS["origin secret"]}),
        lambda: robokassa.Settings.model_validate({"merchant_login": "x", "password1": secret, "password2": secret}),
        lambda: robokassa.Settings.model_validate({"merchant_login": "x", "password1": secret}),
        lambda: sms.Settings.model_validate({"login": "", "password": SECRETS["sms password"], "base_url": "ftp://x"}),
    ]
    for load in bad:
        with pytest.raises(ValueError) as refused:
            load()
        shown += [refused.value, repr(refused.value)]
    # whatever their settings hold, what shows them must not
    for adapter in (*bootstrap.gateways().values(), *bootstrap.senders().values()):
        shown += [adapter, vars(adapter).get("_settings")]
    world.sinks.take("settings", *map(repr, shown))
    assert world.sinks.leaks(SECRETS, DEMANDED) == []


@pytest.mark.parametrize("form", spellings("x" * 20))
@pytest.mark.parametrize("name", ["password", "charlie's service", "sms password"])
def test_the_search_finds_a_secret_in_every_form(name: str, form: str) -> None:
    secret = {**SECRETS, **CHARLIES}[name]
    sinks = Sinks()
    sinks.take("log", "nothing", f"begin{spellings(secret)[form]}end")
    assert name in {leak.secret for leak in sinks.leaks({**SECRETS, **CHARLIES})}


def test_the_search_finds_a_secret_inside_longer_base64() -> None:
    for before in ("", "a", "ab", "abc", "token:"):
        sinks = Sinks()
        sinks.take("answer", base64.b64encode(f"{before}{SECRETS['password']}&more".encode()))
        assert [leak.secret for leak in sinks.leaks(SECRETS)] != []


def test_the_search_reads_facts_and_causes_of_a_log_record() -> None:
    sinks, log = Sinks(), logging.getLogger("chalicelib.leaks")
    log.addHandler(LogSink(sinks))
    log.setLevel(logging.DEBUG)
    log.debug("a fact", extra={"sent": {"psw": SECRETS["sms password"]}})
    try:
        raise ValueError(SECRETS["password"])
    except ValueError as cause:
        try:
            raise RuntimeError("the store") from cause
        except RuntimeError:
            log.exception("broken")
    log.handlers.clear()
    assert {leak.secret for leak in sinks.leaks(SECRETS)} == {"sms password", "password"}
