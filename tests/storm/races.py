"""What may happen to money at the same time, and what is compared afterwards.

A later feature adds an act to ``ACTS`` and names its pairs; an act works on the orders that ``prepared`` made.
What meets on one account stands in ``account_races``.
"""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from chalicelib import bootstrap
from chalicelib.errors import Rejected
from chalicelib.store.autopays import AutopayRow, ConsentRow
from chalicelib.store.topups import TopUpRow
from tests.portal import Got
from tests.product import Product
from tests.storm.flows.money import notify
from tests.storm.harness.invariants import quiet
from tests.storm.harness.scheduler import Choose, Scheduler, own_chance
from tests.storm.harness.schedules import fire, let_pass
from tests.storm.harness.seen import Seen
from tests.storm.harness.world import fingerprint, staged

Orders = Mapping[str, TopUpRow]


@dataclass(frozen=True)
class Stage:
    """Where some acts meet: ``prepare`` makes what they work on.

    ``first`` is what any of them may do before its own work, as a click at midnight opens the period: another act
    may come in between, so it takes part in the sequences as an act of its own.
    """

    name: str
    prepare: Callable[[Product, tuple[str, ...]], Any]
    acts: Mapping[str, Callable[[Product, Any], Any]]
    first: tuple[str, ...] = ()
    #: what happens once they are over
    last: Callable[[Product], Any] | None = None


@dataclass(frozen=True)
class Race:
    stage: Stage
    acts: tuple[str, ...]

    def sequences(self) -> Iterator["Race"]:
        """The whole acts one after another in every order, and each of these with ``first`` among them."""
        missing = tuple(act for act in self.stage.first if act not in self.acts)
        for acts in dict.fromkeys((self.acts, self.acts + missing)):
            yield from (Race(self.stage, names) for names in permutations(acts))

    def __str__(self) -> str:
        return f"{self.stage.name}: {' + '.join(self.acts)}"


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
PAIRS = [
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
FAR_PAIRS = [
    ("webhook of the other account", "webhook of a second order"),
    ("webhook", "delivery"),
    ("reconciliation", "delivery"),
    ("webhook", "reconciliation", "webhook of a second order"),
]


def prepared(shop: Product, race: tuple[str, ...]) -> Orders:
    """Every order that takes part is paid, a minute ago, and nobody but for one has heard of it."""
    taking = {ACTS[name][0] for name in race}
    # always in this order: the numbers of their invoices do not depend on whose turn is first
    wanted = [name for name in ORDERS if name in taking]
    orders = {name: shop.order("sub-bob", *ORDERS[name]).topup for name in wanted}
    for topup in orders.values():
        heard = topup.topup_id == ORDERS["credited, its message not sent"][2]
        shop.pay(topup, webhook="normal" if heard else "lost")
    shop.clock.advance(61)
    return orders


MONEY = Stage("money", prepared, {name: act for name, (_, act) in ACTS.items()})
RACES = [Race(MONEY, acts) for acts in PAIRS]
FAR_RACES = [Race(MONEY, acts) for acts in FAR_PAIRS]


#: Notifications that prove nothing, questions that take turns, and an answer about several orders at once.
def asked(shop: Product, race: tuple[str, ...]) -> Orders:
    """Two orders of two accounts, paid at Uniteller a minute ago, and nobody has heard of it."""
    wanted = [name for name in ORDERS if name in ("first", "of the other account")]
    orders = {name: shop.order("sub-bob", *ORDERS[name], gateway="uniteller").topup for name in wanted}
    for topup in orders.values():
        shop.pay(topup, webhook="lost")
    shop.clock.advance(61)
    return orders


def claimed(name: str, status: str = "paid") -> Callable[[Product, Orders], Got]:
    return lambda shop, orders: shop.notify(shop.told_fields(orders[name], status), "uniteller")


ASKED = Stage("questions", asked, {
    "claim": claimed("first"),
    "claim again": claimed("first", "authorized"),
    "claim of the other account": claimed("of the other account"),
    "reconciliation": reconcile,
    "overlapping reconciliation": reconcile,
})  # fmt: skip
RACES += [Race(ASKED, acts) for acts in (("claim", "reconciliation"), ("claim", "claim again"))]
FAR_RACES += [
    Race(ASKED, acts)
    for acts in (
        ("claim", "claim of the other account"),
        ("reconciliation", "overlapping reconciliation"),
        ("claim of the other account", "reconciliation"),
        ("claim", "claim again", "reconciliation"),
    )
]


#: What has come of a state that acts have left, once everything was quiet.
Futures = dict[Hashable, Mapping[str, Any]]


def raced(
    shop: Product, race: Race, choose: Choose, futures: Futures, of: Race | None = None
) -> tuple[Mapping[str, Any], Scheduler]:
    """One order of the calls: what came of it once everything is quiet, and the run itself.

    Most orders leave one of few states; the hours after each are lived once, by a process that remembers nothing.
    ``of`` is the race whose answers are looked at, if ``race`` is a longer sequence of it.
    """
    stage, acts = race.stage, race.stage.acts
    state = staged(shop, (stage.name, frozenset(race.acts)), lambda: stage.prepare(shop, race.acts))
    run = Scheduler({name: lambda name=name: acts[name](shop, state) for name in race.acts}, choose)  # type: ignore[misc]
    with own_chance():
        results = run.run(shop)
        if stage.last is not None:
            stage.last(shop)
    left = fingerprint(shop)
    if left not in futures:
        bootstrap.forget()
        let_pass(shop, hours=2)
        futures[left] = outcome(quiet(shop))
    return {**futures[left], "answers": {name: _answer(results[name]) for name in (of or race).acts}}, run


def outcome(seen: Seen) -> Mapping[str, Any]:
    """Everything but the answers that anybody could tell two runs apart by, without times and random words."""
    # a number may have been drawn in vain, so a card is named by its order
    ids = {(order.gateway, int(order.invoice)): order.topup_id for order in seen.topups}
    return {
        "topups": sorted((order.topup_id, order.status, order.late, order.tries) for order in seen.topups),
        "entries": [
            (entry.account, _known(entry.external_id), [(leg.rule, int(leg.amount_kopecks)) for leg in entry.legs])
            for entry in seen.entries
        ],
        "standings": [_known(standing.model_dump_json()) for standing in seen.standings],
        "promises": [
            (record.account, record.amount_kopecks, [event.partition(" ")[2] for event in record.events])
            for record in seen.promises
            # nobody is shown a wish that came to nothing, and one refused at once has no record
            if record.status != "refused"
        ],
        "autopays": sorted(
            (
                row.account,
                row.status,
                ids.get((row.gateway, row.parent_invoice), ""),
                row.expires or "",
                bool(row.consent),
            )
            for row in AutopayRow.scan(AutopayRow.item == "autopay")
        ),
        "consents": sorted(
            (row.purpose, row.withdrawn_at is None) for row in ConsentRow.scan(ConsentRow.item.startswith("consent#"))
        ),
        "agenda": sorted((row.kind, _known(row.sort)) for row in seen.agenda),
        "messages": sorted((message["channel"], message["to"], message["text"]) for message in seen.received),
        "cases": sorted(_known(case.case_id) for case in seen.cases),
    }


def _answer(result: Any) -> Any:
    if isinstance(result, Got):
        return result.status, result.text
    if isinstance(result, Rejected):
        return result.code, result.available_from, result.fix, result.numbers
    return _known(repr(result))


def _known(text: str) -> str:
    """Without the random words of a promise's id and of a suspension's."""
    return re.sub(r"(?<=Z)-[0-9a-f]{16}|(?<=-[0-9]{2}):[0-9a-f]{8}", "", text)
