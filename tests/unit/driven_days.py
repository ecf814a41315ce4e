"""An account that the product's own planners drive one day after another, without a store."""

from dataclasses import dataclass, field
from datetime import date

from chalicelib.billing import OperationKind, ServiceKind
from chalicelib.billing.embedded.calendar import next_step
from chalicelib.billing.embedded.entries import Leg, NewEntry
from chalicelib.billing.embedded.openings import unblock
from chalicelib.billing.embedded.standing import Standing
from chalicelib.billing.embedded.steps import Step
from chalicelib.money import Kopecks
from tests.embedded import line, standing

FIRST, TEN_YEARS = date(2024, 1, 17), 3653
FEES = {"internet": 649_90, "phone": 219_55}
TARIFFS = (333_33, 649_90, 899_99, 1290_01)


@dataclass
class Account:
    """The product's planners, driven one day after another; keeps every leg with its day."""

    standing: Standing
    legs: list[tuple[date, Leg]] = field(default_factory=list)
    count: int = 0

    @classmethod
    def opened(cls, anchor: int, balance: int, first: date = FIRST) -> "Account":
        internet, phone = ServiceKind.INTERNET, ServiceKind.TELEPHONY
        lines = [line(name, FEES[name], first, kind) for name, kind in (("internet", internet), ("phone", phone))]
        return cls(standing(balance, *lines, anchor=anchor))

    def midnight(self, day: date) -> None:
        while (step := next_step(self.standing, day)) is not None:
            self._take(step)

    def money(self, day: date, amount: int) -> None:
        kind, contra = (
            (OperationKind.PAYMENT, "gateway:x") if amount > 0 else (OperationKind.CHARGE, "revenue:telephony")
        )
        self.count += 1
        entry = NewEntry("1", f"noon-{self.count}", (Leg(kind, Kopecks(amount), "t", contra),))
        after = self.standing.after(entry)
        step = unblock(after, day) if amount > 0 else None
        self._take(step) if step is not None else self._stand(after)

    def internet(self, **changed: object) -> None:
        self._stand(self.standing.with_line(self.standing.lines[0].model_copy(update=changed)))

    def _take(self, step: Step) -> None:
        self.legs += [(step.on, leg) for entry in step.entries for leg in entry.legs]
        self._stand(step.standing)

    def _stand(self, standing: Standing) -> None:
        # as the head keeps it: through JSON and back
        self.standing = Standing.model_validate_json(standing.model_dump_json())

    @property
    def moves(self) -> list[tuple[date, str, int]]:
        return [(day, leg.service or "", leg.amount_kopecks) for day, leg in self.legs]
