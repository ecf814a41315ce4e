"""Saved cards at Uniteller [A 4.4]: registered with the payment that saves one, told of by the card service.

The company keeps cards by customer and tells nobody which payment registered which. So the customer that it is told
of is the payment: its list holds one card at most, no page of theirs offers the card of somebody who shares the
account, and the name says nothing of a person.
"""

import re
from collections.abc import Mapping

from chalicelib.errors import UpstreamBroken
from chalicelib.providers import gateways as port
from chalicelib.providers.gateways.uniteller import wire
from chalicelib.providers.gateways.uniteller.settings import Settings
from chalicelib.upstream import Answer

#: Table 21, in its order: the document shows no head of the list, and other calls of the company send one.
COLUMNS = ("card_idp", "cardtype", "cardnumber", "cardstatus", "acquirerid", "isowncard", "cardname", "isdefault",
           "cardexpdate")  # fmt: skip
ACTIVE = "1"
#: Year and month, two digits each.
_EXPIRES = re.compile(r"([0-9]{2})(0[1-9]|1[0-2])", re.ASCII)


def registration(customer: str) -> dict[str, str]:
    """Table 2: the page then takes nothing but a new card, and registers it without a box of its own, which would be
    ticked beforehand: the payer has agreed on our page."""
    return {"Customer_IDP": customer, "IsSaveCard": "1"}


def form(customer: str, settings: Settings, password: str) -> dict[str, str]:
    known = {"Shop_IDP": settings.shop_id, "Login": settings.login, "Password": password}
    return {**known, "Customer_IDP": customer, "Format": "1"}


def read(answer: Answer) -> port.CardFacts:
    """The one active card of a list. :raises UpstreamBroken: an error, nonsense, or two cards where one can be."""
    if answer.status != 200:
        raise UpstreamBroken(f"uniteller saved_card answered {answer.status}")
    found = [card for card in _cards(answer) if card["cardstatus"] == ACTIVE]
    if len(found) > 1:
        raise UpstreamBroken("uniteller saved_card: two cards of one payment")
    return _facts(found[0]) if found else port.CardFacts()


def _cards(answer: Answer) -> list[Mapping[str, str]]:
    lines = [[text.strip('" ') for text in line] for line in wire.lines(answer) if line]
    names = list(COLUMNS)
    if lines and "cardnumber" in (head := [text.lower() for text in lines[0]]):
        names, lines = head, lines[1:]
    if not set(names) >= {"cardnumber", "cardstatus", "cardexpdate"} or any(len(line) != len(names) for line in lines):
        raise UpstreamBroken("uniteller saved_card: no list of cards")
    return [dict(zip(names, line, strict=True)) for line in lines]


def _facts(card: Mapping[str, str]) -> port.CardFacts:
    month = _EXPIRES.fullmatch(card["cardexpdate"])
    if card["cardexpdate"] and month is None:
        raise UpstreamBroken("uniteller saved_card: CardExpDate is not a month")
    expires = f"20{month[1]}-{month[2]}" if month else None
    return port.CardFacts(mask=wire.mask(card["cardnumber"]), expires=expires)
