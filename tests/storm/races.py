"""What may happen to money at the same time, and what is compared afterwards.

A later feature adds an act to ``ACTS`` and names its pairs; an act works on the orders that ``prepared`` made.
"""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.store.topups import TopUpRow
from tests.portal import Got
from tests.product import Product
from tests.storm.flows.money import notify
from tests.storm.harness.invariants import quiet
from tests.storm.harness.scheduler import Choose, Scheduler
from tests.storm.harness.schedules import fire, let_pass
from tests.storm.harness.seen import Seen

Orders = Mapping[str, TopUpRow]

#: The account, the sum and the fixed id of the orders that take part; the id chooses the agenda's shard.
ORDERS = {
    "first": ("100201", 500_00, "3f1c9a52-7d0e-4b6a-8f21-5c9d0e7ab314"),
    "of the same account": ("100201", 70_00, "3f1c9a52-7d0e-4b6a-8f21-5c9d0e7ab315"),
    "of the other account": ("100202", 300_00, "3f1c9a52-7d0e-4b6a-8f21-5c9d0e7ab316"),
    "credited, its message not sent": ("100202", 90_00, "3f1c9a52-7d0e-4b6a-8f21-5c9d0e7ab317"),
}


def told(name: str) -> Callable[[Product, Orders], Got]:
    return lambda shop, orders: notify(shop, orders[name])


def reconcile(shop: Product, orders: Orders) -> None:
    fire("ask_gateways")
    fire("settle_topups")


def deliver(shop: Product, orders: Orders) -> None:
    fire("deliver_messages")


#: The act, and the order without which it has nothing to do.
ACTS: Mapping[str, tuple[str, Callable[[Product, Orders], Any]]] = {
    "webhook": ("first", told("first")),
    "duplicate": ("first", told("first")),
    "reconciliation": ("first", reconcile),
    "overlapping reconciliation": ("first", reconcile),
    "webhook of the other account": ("of the other account", told("of the other account")),
    "webhook of a second order": ("of the same account", told("of the same account")),
    "delivery": ("credited, its message not sent", deliver),
    "overlapping delivery": ("credited, its message not sent", deliver),
}
RACES = [
    ("webhook", "duplicate"),
    ("webhook", "reconciliation"),
    ("webhook", "webhook of the other account"),
    ("webhook", "webhook of a second order"),
    ("reconciliation", "overlapping reconciliation"),
    ("reconciliation", "webhook of the other account"),
    ("reconciliation", "webhook of a second order"),
    ("delivery", "overlapping delivery"),
    ("webhook", "duplicate", "reconciliation"),
]
#: Whose calls hardly touch what the other's do: only in the storm.
FAR_RACES = [
    ("webhook of the other account", "webhook of a second order"),
    ("webhook", "delivery"),
    ("reconciliation", "delivery"),
    ("webhook", "reconciliation", "webhook of a second order"),
]


def prepared(shop: Product, race: tuple[str, ...]) -> Orders:
    """Every order that takes part is paid, a minute ago, and nobody but for one has heard of it."""
    wanted = dict.fromkeys(ACTS[name][0] for name in race)
    orders = {name: shop.order("sub-bob", *ORDERS[name]).topup for name in wanted}
    for topup in orders.values():
        heard = topup.topup_id == ORDERS["credited, its message not sent"][2]
        shop.pay(topup, webhook="normal" if heard else "lost")
    shop.clock.advance(61)
    return orders


def raced(shop: Product, race: tuple[str, ...], choose: Choose) -> tuple[Any, Scheduler]:
    """One order of the calls: what came of it once everything is quiet, and the run itself."""
    orders = prepared(shop, race)
    run = Scheduler({name: lambda name=name: ACTS[name][1](shop, orders) for name in race}, choose)  # type: ignore[misc]
    results = run.run(shop)
    let_pass(shop, hours=2)
    return outcome(shop, quiet(shop), results), run


def outcome(shop: Product, seen: Seen, results: Mapping[str, Any]) -> Any:
    """Everything that anybody could tell two runs apart by, without times and random tokens."""
    return {
        "answers": {name: _answer(result) for name, result in results.items()},
        "balances": [shop.balance(account) for account in ("100201", "100202")],
        "topups": sorted((order.topup_id, order.status, order.late, order.tries) for order in seen.topups),
        "entries": [
            (entry.account, entry.external_id, [int(leg.amount_kopecks) for leg in entry.legs])
            for entry in seen.entries
        ],
        "messages": sorted((message["channel"], message["to"], message["text"]) for message in seen.received),
        "cases": sorted(case.case_id for case in seen.cases),
    }


def _answer(result: Any) -> Any:
    return (result.status, result.text) if isinstance(result, Got) else repr(result)
