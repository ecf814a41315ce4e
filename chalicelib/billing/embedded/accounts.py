"""The provider's side of an account: opening it, connecting services, setting its state.

Nothing here posts money by itself: what has to be charged is decided by the calendar.
"""

from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.billing import AccountState, ServiceKind, Tariff
from chalicelib.billing.embedded.books import Books
from chalicelib.billing.embedded.entries import MAX_LEGS
from chalicelib.billing.embedded.openings import BLOCK_REASON, unblock
from chalicelib.billing.embedded.standing import KEPT, Line, Standing
from chalicelib.billing.embedded.steps import Step
from chalicelib.billing.embedded.tables import AccountRow, HeadRow, MembershipRow, is_account, subscriber_key
from chalicelib.errors import Conflict, InvalidRequest, Rejected
from chalicelib.money import Kopecks
from chalicelib.store.tables import fetch
from chalicelib.store.transaction import ConditionFailed, Transaction


@dataclass(frozen=True)
class NewAccount:
    """``order`` is the account's place among its subscriber's; the anchor day is 1 to 31."""

    number: str
    subscriber_id: str
    label: str
    address: str
    anchor_day: int
    contract_on: date
    order: int = 0

    def __post_init__(self) -> None:
        if not is_account(self.number) or not self.subscriber_id:
            raise InvalidRequest({"account": "malformed"})
        if not 1 <= self.anchor_day <= 31 or not 0 <= self.order <= 9999:
            raise InvalidRequest({"anchor_day": "out_of_range"})


@dataclass(frozen=True)
class NewService:
    """``fee_kopecks`` is for a whole period; ``sort`` is its place on screen and in an opening.

    ``charged_from`` is the first day it costs anything; without one, the next opening of the account, or today
    if the account has no services yet.
    """

    id: str
    kind: ServiceKind
    title: str
    tariff: str
    tariff_title: str
    fee_kopecks: Kopecks
    speed_mbps: int | None = None
    sort: int = 0
    charged_from: date | None = None

    def __post_init__(self) -> None:
        if not self.id or type(self.fee_kopecks) is not int or self.fee_kopecks < 0:
            raise InvalidRequest({"fee_kopecks": "out_of_range"})


def create(new: NewAccount, at: datetime) -> bool:
    """Open an account, empty. Idempotent by its number: False if this subscriber has it already.

    :raises Conflict: the number is another subscriber's.
    """
    tx = Transaction()
    absent = AccountRow.account.does_not_exist()
    row = AccountRow(
        new.number,
        "account",
        subscriber_id=new.subscriber_id,
        label=new.label,
        address=new.address,
        anchor_day=new.anchor_day,
        contract_on=new.contract_on,
    )
    standing = Standing(
        account=new.number, subscriber_id=new.subscriber_id, anchor_day=new.anchor_day, contract_on=new.contract_on
    )
    kept = standing.model_dump(mode="json", include=KEPT)
    member = MembershipRow(subscriber_key(new.subscriber_id), f"{new.order:04d}#{new.number}", number=new.number)
    tx.put("account", row, absent)
    tx.put("head", HeadRow(new.number, "head", last_at=at.replace(microsecond=0), standing=kept), absent)
    tx.put("membership", member, absent)
    try:
        tx.commit()
    except ConditionFailed:
        found = fetch(AccountRow, new.number, "account")
        if found is None or found.subscriber_id != new.subscriber_id:
            raise Conflict() from None
        return False
    return True


def add_service(books: Books, account: str, new: NewService) -> bool:
    """Connect a service. Idempotent by its id: False if it was there.

    :raises NotFound: no such account. :raises InvalidRequest: more services than one entry has legs.
    """

    def decide(standing: Standing) -> Step | None:
        if standing.line(new.id) is not None:
            return None
        if len(standing.lines) >= MAX_LEGS:
            raise InvalidRequest({"service": "too_many"})
        lines = sorted(
            (*standing.lines, _line(standing, new, books.today())), key=lambda line: (line.sort, line.service)
        )
        return Step(books.today(), "service", standing.model_copy(update={"lines": tuple(lines)}))

    return books.change(account, decide) is not None


def remove_service(books: Books, account: str, service: str) -> bool:
    """Disconnect a service: from now on it costs nothing. Idempotent: False if it is not there.

    Days that are paid for stay paid: what is given back for them is a correction of the operator's.

    :raises NotFound: no such account. :raises Rejected: ``suspended``, it must be resumed first.
    """

    def decide(standing: Standing) -> Step | None:
        line = standing.line(service)
        if line is None:
            return None
        if line.pause is not None:
            raise Rejected("suspended", fix="resume")
        lines = tuple(other for other in standing.lines if other is not line)
        return Step(books.today(), "service", standing.model_copy(update={"lines": lines}))

    return books.change(account, decide) is not None


def _line(standing: Standing, new: NewService, today: date) -> Line:
    next_opening = max((line.unpaid_from for line in standing.charged), default=today)
    tariff = Tariff(id=new.tariff, title=new.tariff_title, fee_kopecks=new.fee_kopecks, speed_mbps=new.speed_mbps)
    unpaid_from = new.charged_from or next_opening
    return Line(
        service=new.id,
        kind=new.kind,
        title=new.title,
        tariff=tariff,
        sort=new.sort,
        unpaid_from=unpaid_from,
        free_until=unpaid_from if unpaid_from > today else None,
    )


def set_state(books: Books, account: str, state: AccountState, reason: str | None = None) -> None:
    """Set the state and say why. Idempotent. An account that is released from an administrative block is unblocked
    if its money covers the days left, and stands in a financial block if not. :raises NotFound: no such account."""
    today = books.today()

    def decide(standing: Standing) -> Step | None:
        if (standing.state, standing.state_reason) == (state, reason):
            return None
        if state is AccountState.ACTIVE and standing.state is not AccountState.ACTIVE:
            blocked = standing.model_copy(update={"state": AccountState.FINANCIAL_BLOCK, "state_reason": BLOCK_REASON})
            return Step(today, "state", blocked).then(unblock(blocked, today))
        return Step(today, "state", standing.model_copy(update={"state": state, "state_reason": reason}))

    books.change(account, decide)
