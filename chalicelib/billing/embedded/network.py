"""What the network has to know of every internet service: whether it is on, how fast it is, its sealed password."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.billing import AccountState, ServiceKind
from chalicelib.billing.embedded.books import standing_of
from chalicelib.billing.embedded.standing import Line, Standing
from chalicelib.billing.embedded.tables import AccountRow, BillingRow, HeadRow
from chalicelib.store.tables import reading


@dataclass(frozen=True)
class Access:
    """One internet service. ``sealed`` opens with ``passwords.context`` of the three names; None: never set."""

    subscriber_id: str
    account: str
    service: str
    state: AccountState
    speed_mbps: int | None
    sealed: str | None

    @property
    def login(self) -> str:
        """The account's number for the service called ``internet``, with the service's id behind a dot for any other.

        No account's number has a dot in it, so no two services share a login; and none changes when another comes.
        """
        return self.account if self.service == "internet" else f"{self.account}.{self.service}"


def every() -> Iterator[Access]:
    """Every internet service as its account stands, in no order: one scan of the table of accounts.

    It reads the whole table, so its cost grows with the number of accounts. Each account is read whole; two of them
    may be read moments apart. Only halves of accounts that were not met yet are kept in memory.

    :raises UpstreamUnavailable: the store did not answer; what came so far is not the whole.
    """
    halves: dict[str, AccountRow | HeadRow] = {}
    with reading():
        for row in BillingRow.scan(BillingRow.item.is_in("account", "head"), consistent_read=True):
            if not isinstance(row, AccountRow | HeadRow):
                continue
            other = halves.pop(row.account, None)
            if other is None:
                halves[row.account] = row
                continue
            own, head = (row, other) if isinstance(row, AccountRow) else (other, row)
            assert isinstance(own, AccountRow)
            assert isinstance(head, HeadRow)
            yield from _services(standing_of(own, head))


def _services(standing: Standing) -> Iterator[Access]:
    for line in standing.lines:
        if line.kind is ServiceKind.INTERNET:
            yield Access(
                subscriber_id=standing.subscriber_id,
                account=standing.account,
                service=line.service,
                state=_state(standing, line),
                speed_mbps=line.tariff.speed_mbps,
                sealed=line.password,
            )


def _state(standing: Standing, line: Line) -> AccountState:
    """An account that is blocked is off as a whole; a suspended service only by itself."""
    return AccountState.SUSPENDED if line.paused and standing.state is AccountState.ACTIVE else standing.state
