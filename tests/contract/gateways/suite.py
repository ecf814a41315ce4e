"""What every payment gateway owes the portal. A case file per adapter says how its company speaks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import requests

from chalicelib.money import Kopecks
from chalicelib.providers import gateways
from chalicelib.providers.gateways import (
    CardFacts,
    ChargeAnswer,
    Order,
    Pace,
    PaymentGateway,
    PaymentState,
    ReceiptKind,
    ReceiptState,
    ReceiptWish,
    Refund,
    RefundAnswer,
    SavedCharge,
)
from chalicelib.upstream import Outgoing
from local.sandbox.wire import InProcessWire
from local.web import Request, Response

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ORDER = Order(
    topup_id="0f0e0d0c-0b0a-4908-8706-050403020100",
    invoice=2147483647,
    account="100201",
    amount_kopecks=Kopecks(50000),
    ordered_at=NOW,
    expires_at=datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
    return_url="https://lk.example.ru/?pay=0f0e0d0c-0b0a-4908-8706-050403020100",
)

Handle = Callable[[Request], Response]


@dataclass(frozen=True)
class Exchange:
    """A canned answer to a status query, and what the adapter must make of it: a state or an exception's class."""

    title: str
    answer: Response | Exception
    expected: PaymentState | type[Exception]


@dataclass(frozen=True)
class RefundExchange:
    """A canned answer to a refund, or with ``asked`` to a question about one, and what the adapter must make of it."""

    title: str
    answer: Response | Exception
    expected: RefundAnswer | type[Exception]
    full: bool = True
    asked: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def refund(self) -> Refund:
        part = ORDER.amount_kopecks if self.full else Kopecks(12050)
        return Refund(
            invoice=ORDER.invoice,
            reference="D6C9A2F4-1B3C-4D5E-8F90-ABCDEF012345",
            account=ORDER.account,
            amount_kopecks=part,
            paid_kopecks=ORDER.amount_kopecks,
        )


@dataclass(frozen=True)
class ChargeExchange:
    """A canned answer to a charge of ORDER by the saved card of an earlier one, and what it means."""

    title: str
    answer: Response | Exception
    expected: ChargeAnswer | type[Exception]


@dataclass(frozen=True)
class ReceiptExchange:
    """A canned answer to a question about a receipt, or with ``sent`` to one that we send, and what it means."""

    title: str
    answer: Response | Exception
    expected: ReceiptState | type[Exception]
    kind: ReceiptKind = ReceiptKind.PAYMENT
    sent: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def wish(self) -> ReceiptWish:
        number = 900 if self.kind is ReceiptKind.CLOSING else None
        return ReceiptWish(
            kind=self.kind,
            invoice=ORDER.invoice,
            account=ORDER.account,
            amount_kopecks=ORDER.amount_kopecks,
            number=number,
            taken=("77",),
            contact="bob@example.ru",
        )


@dataclass(frozen=True)
class CardExchange:
    """A canned answer to a question about the card of a payment, and what the adapter must make of it."""

    title: str
    answer: Response | Exception
    expected: CardFacts | type[Exception]


CHARGE = SavedCharge(order=ORDER, parent_invoice=17)


@dataclass(frozen=True)
class GatewayCase:
    """``paid`` is a good notification for ORDER; ``forged`` and ``unreadable`` are refused ones by title.

    ``order`` is how the company calls ORDER, ``proven`` whether its notification decides by itself,
    ``signature_characters`` how long a whole signature is.
    """

    name: str
    environ: Mapping[str, str]
    secrets: tuple[str, ...]
    paid: Mapping[str, str]
    acknowledgement: str
    forged: Mapping[str, Mapping[str, str]]
    unreadable: Mapping[str, Mapping[str, str]]
    exchanges: tuple[Exchange, ...]
    refunds: tuple[RefundExchange, ...]
    charges: tuple[ChargeExchange, ...]
    receipts: tuple[ReceiptExchange, ...]
    #: none where the company tells nothing of cards; ``telling`` are the settings with which it does
    cards: tuple[CardExchange, ...] = ()
    telling: Mapping[str, str] = field(default_factory=dict)
    order: str = str(ORDER.invoice)
    proven: bool = True
    signature_characters: int = 64


def at_once(every: timedelta, call: str = "") -> datetime | None:
    """Every turn is ours."""
    return None


def build(
    case: GatewayCase,
    handle: Handle | None = None,
    environ: Mapping[str, str] = MappingProxyType({}),
    pace: Pace = at_once,
) -> PaymentGateway:
    """The adapter with its company played by ``handle``; without one, any call is a failure of the test."""
    session = requests.Session()
    wire = InProcessWire(handle or _nobody)
    session.mount("https://", wire)
    session.mount("http://", wire)
    return gateways.load(case.name, {**case.environ, **environ}, Outgoing(case.name, session), lambda: NOW, pace)


def answering(answer: Response | Exception) -> Handle:
    def handle(request: Request) -> Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handle


def _nobody(request: Request) -> Response:
    raise AssertionError(f"an unexpected call: {request.method} {request.path}")
