"""Changed copies of validly signed notifications: no 5xx, and nothing of the portal's changes."""

import random
from collections.abc import Callable, Mapping
from urllib.parse import quote_plus

import pytest

from local.store.engine import Engine
from tests.portal import client
from tests.product import Product, digest
from tests.storm.conftest import FULL, World

#: Of each company: in `make test` the first part, in the storm all of them.
EACH, PARTS = 1000, 50 if FULL else 1
#: So many are sent before the store is looked at.
LOOK = 100
SIGNED: Mapping[str, tuple[str, ...]] = {
    "robokassa": ("OutSum", "InvId", "SignatureValue", "Shp_topup"),
    "uniteller": ("Order_ID", "Status", "Signature", "ApprovalCode", "Total"),
}
#: Uniteller hashes its extra fields without their names, and none of them is read.
NAMELESS = ("ApprovalCode", "Total")
_ODD = ("", "0", "-1", "1e2", "NaN", "null", "\x00", "\u202e", "ы", "%", "&", "=", ";", "'", '"', "<", "{}", "9" * 40,
        "x" * 3000, " ", "\n", "..", "true", "\ufeff", "𝟏")  # fmt: skip

Pairs = list[tuple[str, str]]


def genuine(shop: Product, gateway: str, paid: bool) -> Pairs:
    topup = shop.order("sub-bob", "100201", gateway=gateway).topup
    if paid:
        shop.pay(topup)
        assert shop.status(topup) == "credited"
    if gateway == "robokassa":
        return list(shop.result_fields(topup).items())
    from tests.contract.gateways.uniteller_case import notification

    extra = {"ApprovalCode": "6559F0", "BillNumber": "627118788812", "Total": "500.00"}
    return list(notification(f"LK-{topup.invoice}", "paid", "sandbox-uniteller-password", extra).items())


def of_a_value(pairs: Pairs, chance: random.Random, names: tuple[str, ...]) -> None:
    """One signed value is not what it was, in more than the case of its letters."""
    at = chance.choice([k for k, (name, _) in enumerate(pairs) if name in names])
    name, value = pairs[at]
    changed = value
    while changed.upper() == value.upper():
        place = chance.randrange(len(value) + 1)
        changed = chance.choice([
            value[:place] + chance.choice("0123456789ABCDEFabcdef.-_ы\x01") + value[place + 1 :],
            value[:place] + value[place + 1 :],
            value[:place] + chance.choice(_ODD) + value[place:],
            chance.choice(_ODD),
            value + value,
        ])  # fmt: skip
    pairs[at] = (name, changed)


def of_the_form(pairs: Pairs, chance: random.Random, names: tuple[str, ...]) -> None:
    """A signed field is missing, doubled, or called otherwise."""
    at = chance.choice([k for k, (name, _) in enumerate(pairs) if name in names])
    name, value = pairs[at]
    way = chance.choice(["missing", "doubled", "doubled with another", "renamed"])
    if way == "doubled":
        pairs.append((name, value))
    elif way == "doubled with another":
        pairs.insert(0, (name, chance.choice(_ODD)))
    elif way == "renamed" and name not in NAMELESS:
        pairs[at] = (chance.choice(_ODD[1:]) + name, value)
    else:
        pairs.pop(at)


def body_of(pairs: Pairs, chance: random.Random) -> bytes:
    text = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode()
    names = [name for name, _ in pairs]
    # spoilt bytes in the name of a doubled field would leave the genuine one beside a field that nobody reads
    if chance.random() < 0.05 and len(set(names)) == len(names):
        place = chance.randrange(len(text))
        return text[:place] + chance.choice([b"\xff", b"%ff", b"%zz", b"\x00"]) + text[place + 3 :]
    return text


def mutants(pairs: Pairs, names: tuple[str, ...], seed: str) -> Callable[[], bytes]:
    chance = random.Random(seed)

    def one() -> bytes:
        changed = list(pairs)
        chance.choice([of_a_value, of_a_value, of_a_value, of_the_form])(changed, chance, names)
        if chance.random() < 0.3:
            chance.shuffle(changed)
        return body_of(changed, chance)

    return one


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("paid", [False, True], ids=["awaited", "credited"])
@pytest.mark.parametrize("gateway", SIGNED)
def test_no_mutant_moves_anything(fresh: World, engine: Engine, gateway: str, paid: bool, part: int) -> None:
    with fresh() as shop:
        make = mutants(genuine(shop, gateway, paid), SIGNED[gateway], f"{gateway} {paid} {part}")
        before, browser = digest(engine), client("185.59.216.65")
        for _ in range(EACH // LOOK):
            bodies = [make() for _ in range(LOOK)]
            for body in bodies:
                sent = {"Content-Type": "application/x-www-form-urlencoded"}
                status = browser._send("POST", f"/api/webhooks/{gateway}", sent, body).status
                assert 400 <= status < 500, body
            assert digest(engine) == before, bodies


def test_the_unchanged_one_would_have_been_believed(fresh: World) -> None:
    for gateway in SIGNED:
        with fresh() as shop:
            fields = genuine(shop, gateway, paid=False)
            assert shop.notify(dict(fields), gateway).status == 200
