"""Uniteller's card service, written from its document (4.4): cards that payments have registered, by customer."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from chalicelib.clock import Clock
from local.sandbox.state import State, to_state
from local.sandbox.uniteller import TooOften, Uniteller

#: Who asks for a list more often is turned away.
EVERY = timedelta(seconds=2)
_ASKED = "uniteller_cards_at"
#: Of the company's test cards.
EXPIRES = "2035-01"
_HEAD = "Card_IDP;CardType;CardNumber;CardStatus;AcquirerID;IsOwnCard;CardName;IsDefault;CardExpDate"
_LONGEST = 64


class CardService:
    def __init__(self, state: State, clock: Clock, uniteller: Uniteller) -> None:
        self._state, self._clock, self._point = state, clock, uniteller.point

    def put(self, number: str, expires: str) -> None:
        """The card of this payment is good to the end of this month (``YYYY-MM``)."""
        self._state.keep(f"expires#{number}", expires)

    def cards(self, fields: Mapping[str, str]) -> str:
        """The body of a list. :raises TooOften:"""
        now, point = self._clock(), self._point
        last = self._state.setting(_ASKED)
        if last and timedelta(0) <= now - datetime.fromisoformat(last) < EVERY:
            raise TooOften
        self._state.keep(_ASKED, to_state(now))
        for name in ("Shop_IDP", "Login", "Password", "Customer_IDP"):
            if not fields.get(name):
                return _error(3, f"Mandatory parameter '{name}' is not present in the request")
        given = "\n".join((fields["Shop_IDP"], fields["Login"], fields["Password"]))
        if not secrets.compare_digest(given.encode(), f"{point.shop_id}\n{point.login}\n{point.password}".encode()):
            return _error(1, "Authentication error")
        if len(fields["Customer_IDP"]) > _LONGEST or fields.get("Format", "1") != "1":
            return _error(5, "Field Customer_IDP or Format has bad format")
        return "\r\n".join([_HEAD, *self._cards(fields["Customer_IDP"])]) + "\r\n"

    def _cards(self, customer: str) -> list[str]:
        """One a paid order that came with this customer and asked for its card to be kept."""
        found = []
        for row in self._state.rows("select * from uniteller where state in ('paid', 'canceled') order by number"):
            form = json.loads(row["fields"])
            if form.get("Customer_IDP") == customer and form.get("IsSaveCard") == "1":
                year, month = (self._state.setting(f"expires#{row['number']}") or EXPIRES).split("-")
                found.append(f"{row['bill']};visa;400000******2487;1;virtual;0;;0;{year[2:]}{month}")
        return found


def _error(code: int, words: str) -> str:
    return f"ErrorCode;ErrorMessage\r\n{code};{words}\r\n"
