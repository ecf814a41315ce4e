"""Store requests and capacity units of every route, of the money path and of what strangers send."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from chalicelib import bootstrap
from chalicelib.billing import ServiceKind
from chalicelib.billing.embedded import accounts
from chalicelib.billing.embedded.accounts import NewAccount, NewService
from chalicelib.handlers.http import Route
from chalicelib.handlers.meta import all_routes
from chalicelib.money import Kopecks
from chalicelib.services.autopay_words import TERMS_VERSION
from chalicelib.store.topups import TopUpRow
from tests import scene
from tests.autopaying import connect
from tests.bench.meter import Bill, MeteredEngine
from tests.bench.report import Table
from tests.bench.shop import ACCOUNT, LOGIN, SUBSCRIBER, measured
from tests.portal import PASSWORD, Browser, Got, client
from tests.product import START, Product, books

HEAD = ("what", "requests", "by operation", "read units", "write units")
Act = Callable[[], Got]


@dataclass
class Visit:
    """Bob, signed in on two devices, with his account just looked at; every act is made ready by itself."""

    shop: Product
    bob: Browser
    elsewhere: Browser
    ids: Iterable[int] = count(1).__iter__()

    def ordered(self) -> TopUpRow:
        return self.shop.order(SUBSCRIBER, ACCOUNT, id=str(UUID(int=next(iter(self.ids))))).topup

    def asked(self) -> TopUpRow:
        """Paid at Uniteller, which has not told us yet; and it is the shop's turn to ask."""
        id = str(UUID(int=next(iter(self.ids))))
        topup = self.shop.order(SUBSCRIBER, ACCOUNT, id=id, gateway="uniteller").topup
        self.shop.pay(topup, webhook="lost")
        self.shop.clock.advance(10)
        return topup

    def wish(self) -> dict[str, Any]:
        return {"id": str(UUID(int=next(iter(self.ids)))), "amount_kopecks": 500_00, "gateway": "robokassa"}

    def act(self, route: Route) -> Act:
        """:raises LookupError: a route that needs more than a path, and nobody has said what."""
        path = route.path.replace("{account}", ACCOUNT)
        match route.method, route.path:
            case "POST", "/api/session":
                return lambda: client().log_in(LOGIN)
            case "POST", "/api/session/step-up":
                return lambda: self.bob.post(path, {"password": PASSWORD})
            case "PUT", "/api/subscriber/password":
                change = {"current_password": PASSWORD, "new_password": "another long password 1"}
                charlie = client()
                charlie.log_in("charlie")
                return lambda: charlie.call("PUT", path, change)
            case "DELETE", "/api/session":
                return lambda: self.elsewhere.delete(path)
            case "DELETE", "/api/sessions":
                return lambda: self.bob.delete(path)
            case "DELETE", "/api/sessions/{id}":
                other = next(item["id"] for item in self.bob.get("/api/sessions").json if not item["current"])
                return lambda: self.bob.delete(f"/api/sessions/{other}")
            case "POST", "/api/accounts/{account}/topups":
                wish = self.wish()
                return lambda: self.bob.post(path, wish)
            case "GET", "/api/topups/{id}" | "/api/topups/{id}/status":
                path = path.replace("{id}", self.ordered().topup_id)
            case method, "/api/webhooks/robokassa":
                fields = self.shop.result_fields(self.ordered())
                return lambda: self.shop.notify(fields) if method == "POST" else self.bob.get(path)
            case method, "/api/webhooks/uniteller":
                claim = self.shop.told_fields(self.asked())
                send = self.shop.notify
                return lambda: send(claim, "uniteller") if method == "POST" else self.bob.get(path)
            case method, own if (
                own.startswith("/api/accounts/{account}/")
                and own.count("/") > 3
                and (method != "GET" or "{service}" in own)
            ):
                return self.managed(route)
            case method, _ if method != "GET" or "{" in path:
                raise LookupError(f"say in {__name__} how {route.method} {route.path} is called")
        return lambda: self.bob.get(path)

    def connected(self) -> None:
        """An autopay that is on."""
        connect(self.shop, "robokassa")

    def managed(self, route: Route) -> Act:
        """What is done to the scene's account: what the route takes back is there, what it makes is not."""
        internet = f"/api/accounts/{scene.ACCOUNT}/services/internet"
        autopay = f"/api/accounts/{scene.ACCOUNT}/autopay"
        change = {"tariff": "t300", "when": "next_period", "expected_charge_kopecks": 0}
        days = {"from": "2026-12-01", "to": "2026-12-10"}
        match route.method, route.path.rpartition("/")[2]:
            case "POST", "tariff-change":
                self.bob.delete(f"{internet}/tariff-change")
                return lambda: self.bob.post(f"{internet}/tariff-change", change)
            case "DELETE", "tariff-change":
                self.bob.post(f"{internet}/tariff-change", change)
            case "POST", "suspension":
                self.bob.delete(f"{internet}/suspension")
                return lambda: self.bob.post(f"{internet}/suspension", days)
            case "DELETE", "suspension":
                self.bob.post(f"{internet}/suspension", days)
            case "POST", "promised-payment":
                path = f"/api/accounts/{blocked_today()}/promised-payment"
                sum = self.bob.get(path).json["amount_kopecks"]
                return lambda: self.bob.post(path, {"expected_amount_kopecks": sum})
            case "POST", "autopay":
                self.bob.post("/api/session/step-up", {"password": PASSWORD})
                first = {"id": str(uuid4()), "amount_kopecks": 10_00, "gateway": "robokassa"}
                return lambda: self.bob.post(autopay, {"terms_version": TERMS_VERSION, "topup": first})
            case "PATCH", "autopay":
                self.connected()
                return lambda: self.bob.patch(autopay, {"cap_kopecks": 100_00})
            case "DELETE", "autopay":
                self.connected()
                return lambda: self.bob.delete(autopay)
            case "POST", "skip":
                self.connected()
                start = self.bob.get(autopay).json["next"]["period_start"]
                return lambda: self.bob.post(f"{autopay}/skip", {"period_start": start})
            case "PUT", "password":
                self.bob.post("/api/session/step-up", {"password": PASSWORD})
                return lambda: self.bob.call("PUT", f"{internet}/password", {"generate": True})
            case "GET", name:
                return lambda: self.bob.get(f"{internet}/{name}")
            case method, _:
                raise LookupError(f"say in {__name__} how {method} {route.path} is called")
        path = f"{internet}/{route.path.rpartition('/')[2]}"
        return lambda: self.bob.delete(path)


def blocked_today() -> str:
    """Another account of bob's, whose period should have begun today and whose money has run out."""
    today = books().today()
    accounts.create(NewAccount("7000000001", SUBSCRIBER, "Дом", "Тверь", today.day, date(2026, 1, 23)), START)
    service = NewService("internet", ServiceKind.INTERNET, "Интернет", "t100", "Сто", Kopecks(650_00), 100, 0, today)
    accounts.add_service(books(), "7000000001", service)
    bootstrap.billing().post_payment("7000000001", Kopecks(10_00), "bench:promise", "gateway:robokassa")
    bootstrap.billing().run_calendar("7000000001")
    return "7000000001"


def visit(shop: Product) -> Visit:
    bob, elsewhere = client(), client()
    bob.log_in(LOGIN)
    bob.delete("/api/sessions")
    elsewhere.log_in(LOGIN)
    bob.get(f"/api/accounts/{ACCOUNT}")
    return Visit(shop, bob, elsewhere)


def row(what: str, bill: Bill) -> tuple[object, ...]:
    return what, len(bill.requests), bill.by_operation, bill.units.read, bill.units.write


def routes(engine: MeteredEngine, shop: Product) -> Table:
    """Each route once, by a subscriber with a warm session; answers worse than 405 are no measurement."""
    scene.settle(shop)
    rows = []
    for route in all_routes():
        rows.append(_flow(engine, f"`{route.method} {route.path}`", {200, 201, 204, 405}, visit(shop).act(route)))
    return Table("store-routes", HEAD, rows)


def flows(engine: MeteredEngine, shop: Product) -> Table:
    visitor = visit(shop)
    wish, paid = visitor.wish(), visitor.ordered()
    notified, once_more = shop.result_fields(paid), shop.result_fields(paid)
    order = f"/api/accounts/{ACCOUNT}/topups"
    fresh, forged = client(), {**shop.result_fields(visitor.ordered()), "SignatureValue": "0" * 64}
    acts: dict[str, tuple[int, Act]] = {
        "sign-in on a new device": (200, lambda: fresh.log_in(LOGIN)),
        "sign-in again on a known device": (200, lambda: fresh.log_in(LOGIN)),
        "sign-in with a wrong password": (401, lambda: client().log_in(LOGIN, "not the password")),
        "sign-in of nobody": (401, lambda: client().log_in("nobody", "not the password")),
        "a cookie that cannot be ours": (200, lambda: Browser(cookies={"session": "not ours"}).get("/api/session")),
        "another subscriber's account": (404, lambda: visitor.bob.get("/api/accounts/100301")),
        "ordering a top-up": (201, lambda: visitor.bob.post(order, wish)),
        "ordering it again, same id": (200, lambda: visitor.bob.post(order, wish)),
        "webhook to credited": (200, lambda: shop.notify(notified)),
        "the same webhook again": (200, lambda: shop.notify(once_more)),
        "webhook with a foreign signature": (400, lambda: shop.notify(forged)),
        "webhook that cannot be read": (400, lambda: shop.notify({"OutSum": "1"})),
    }
    return Table("store-flows", HEAD, [_flow(engine, what, {status}, act) for what, (status, act) in acts.items()])


def _flow(engine: MeteredEngine, what: str, wanted: set[int], act: Act) -> tuple[object, ...]:
    answers: list[Got] = []
    bill = engine.bill_of(lambda: answers.append(act()))
    if answers[0].status not in wanted:
        raise RuntimeError(f"{what}: {answers[0].status} {answers[0].text}")
    return row(what, bill)


def crediting(engine: MeteredEngine, shop: Product) -> Table:
    """From a notification to the credited account, request by request."""
    topup = shop.order(SUBSCRIBER, ACCOUNT).topup
    bill = engine.bill_of(lambda: shop.notify(shop.result_fields(topup)))
    rows = [
        (number, each.operation, each.table, each.units.read, each.units.write)
        for number, each in enumerate(bill.requests, 1)
    ]
    return Table("store-crediting", ("no.", "operation", "table", "read units", "write units"), rows)


def tables() -> list[Table]:
    with measured() as (engine, shop):
        return [routes(engine, shop), flows(engine, shop), crediting(engine, shop)]
