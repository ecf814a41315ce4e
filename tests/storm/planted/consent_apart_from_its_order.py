"""The consent is written, then the order: an order of that id which comes in between saves somebody else's card."""

from chalicelib.services.card_consents import CardConsents
from tests.storm.planted._planting import rewrite

CAUGHT_BY = (
    "tests/storm/test_interleavings.py"
    "::test_any_order_of_calls_gives_what_a_sequence_gives[one id: autopay + another's autopay]"
)
SHOWS = "rests on a payment that did not agree to it"


def plant() -> None:
    rewrite(
        CardConsents._ordered,
        {
            "        self.autopay.topups.add(tx, topup)\n": "",
            "return self.store.commit(autopay, due, more=add, changes=pending)": (
                "self.store.commit(autopay, due, more=add, changes=pending)\n"
                "    order = Transaction()\n"
                "    self.autopay.topups.add(order, topup)\n"
                "    order.commit()\n"
                "    return True"
            ),
        },
    )
