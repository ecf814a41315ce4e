"""Promised payment: whether one may be given, for how much, and the decision. Pure.

It is a limit, never money: how far below zero an opening may go until it ends. Its sum is what keeps the service on
or brings it back: for a blocked account what the rest of the period lacks today, for an active one what the next
opening lacks. A promise that would be over before that opening helps nobody, so it is ``not_needed`` until then.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from chalicelib.billing import FIXES, AccountState, Promise, PromiseOffer
from chalicelib.billing.embedded.calendar import end_promise
from chalicelib.billing.embedded.catalogue import Catalogue
from chalicelib.billing.embedded.forecast import outlook
from chalicelib.billing.embedded.openings import due_now, unblock
from chalicelib.billing.embedded.standing import Limit, Standing
from chalicelib.billing.embedded.steps import Step
from chalicelib.clock import last_instant
from chalicelib.config import Settings
from chalicelib.errors import Rejected
from chalicelib.money import Kopecks, round_up_to_ruble


@dataclass(frozen=True)
class Rules:
    """``percent`` and ``debt_percent`` are of the monthly fee; days are local days of ``zone``."""

    days: int
    percent: int
    debt_percent: int
    cooldown_days: int
    contract_days: int
    zone: ZoneInfo

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            days=settings.promise_days,
            percent=settings.promise_percent,
            debt_percent=settings.promise_debt_percent,
            cooldown_days=settings.promise_cooldown_days,
            contract_days=settings.promise_contract_days,
            zone=settings.zone,
        )


@dataclass(frozen=True)
class _Need:
    """What is lacking, and the day by which; ``cap`` and ``debt_cap`` are the largest that are allowed."""

    kopecks: Kopecks
    by: date
    cap_kopecks: Kopecks
    debt_cap_kopecks: Kopecks

    def pay_first(self, balance: Kopecks) -> Kopecks:
        """What brings both the need and the debt within their limits; nothing or less if they are."""
        return Kopecks(max(self.kopecks - self.cap_kopecks, -balance - self.debt_cap_kopecks))


def offer(standing: Standing, today: date, rules: Rules, catalogue: Catalogue) -> PromiseOffer:
    """What would be granted today, or why nothing is. Of several reasons the one that lasts is told first: who may
    not have one at all this month need not know that he does not need one."""
    need = _need(standing, today, rules, catalogue)
    code, available_from = _refusal(standing, today, rules, need)
    pay_first = round_up_to_ruble(need.pay_first(standing.balance_kopecks))
    return PromiseOffer(
        allowed=code is None,
        code=code,
        available_from=available_from,
        fix=FIXES.get(code or ""),
        amount_kopecks=round_up_to_ruble(max(need.kopecks, Kopecks(0))),
        pay_first_kopecks=pay_first if code == "debt_too_big" else None,
        days=rules.days,
        fee_kopecks=Kopecks(0),
        until=last_instant(today + timedelta(days=rules.days), rules.zone),
        active=_active(standing, rules),
    )


@dataclass(frozen=True)
class Decision:
    """``step`` is None where this very promise was granted before."""

    step: Step | None
    granted: PromiseOffer


def grant(standing: Standing, id: str, expected: Kopecks, today: date, rules: Rules, catalogue: Catalogue) -> Decision:
    """The limit, and in the same step the opening that it covers. Idempotent by ``id``, also after its end.

    :raises Rejected: a rule says no, or ``numbers_changed``.
    """
    before = _granted(standing, id, rules)
    if before is not None:
        return Decision(None, before)
    offered = offer(standing, today, rules, catalogue)
    if offered.code is not None:
        raise Rejected(offered.code, offered.available_from, offered.fix)
    if offered.amount_kopecks != expected:
        now = {"amount_kopecks": offered.amount_kopecks}
        raise Rejected("numbers_changed", fix=FIXES["numbers_changed"], numbers=now)
    limit = Limit(
        id=id,
        amount_kopecks=expected,
        left_kopecks=expected,
        taken_on=today,
        last_day=today + timedelta(days=rules.days),
        payments_before=standing.payments_kopecks,
    )
    after = standing.model_copy(update={"promise": limit})
    given = offered.model_copy(update={"active": Promise(amount_kopecks=expected, until=offered.until)})
    return Decision(Step(today, "promise", after).then(unblock(after, today)), given)


def revoke(standing: Standing, id: str, today: date) -> Step | None:
    """Over on the day after its last, or today if that is earlier; None if this promise does not stand."""
    limit = standing.promise
    if limit is None or limit.id != id:
        return None
    return end_promise(standing, min(today, limit.last_day + timedelta(days=1)))


def _refusal(standing: Standing, today: date, rules: Rules, need: _Need) -> tuple[str | None, date | None]:
    if standing.promise is not None:
        return "already_active", None
    if standing.state is AccountState.ADMIN_BLOCK:
        return "not_offered", None
    if any(line.paused for line in standing.lines):
        return "suspended", None
    if not need.cap_kopecks:
        return "not_offered", None
    grown = standing.contract_on + timedelta(days=rules.contract_days)
    rested = _rested(standing, rules) or today
    if today < grown:
        return "contract_too_young", max(grown, rested)
    if today < rested:
        return "cooldown", rested
    if not _has_paid(standing):
        return "no_payment_since", None
    if need.kopecks <= 0:
        return "not_needed", None
    if today + timedelta(days=rules.days) < need.by:
        return "not_needed", need.by - timedelta(days=rules.days)
    return ("debt_too_big" if need.pay_first(standing.balance_kopecks) > 0 else None), None


def _rested(standing: Standing, rules: Rules) -> date | None:
    last = standing.last_promise
    return last.ended_on + timedelta(days=rules.cooldown_days) if last is not None else None


def _has_paid(standing: Standing) -> bool:
    """One real payment ever, and since the last promise was taken at least its sum."""
    last = standing.last_promise
    if last is None:
        return standing.payments_kopecks > 0
    return standing.payments_kopecks - last.payments_before >= last.amount_kopecks


def _need(standing: Standing, today: date, rules: Rules, catalogue: Catalogue) -> _Need:
    fees = sum(line.tariff.fee_kopecks for line in standing.charged)
    percent = next(
        (catalogue.promise_percent(line.tariff, rules.percent) for line in standing.charged if line.kind == "internet"),
        rules.percent,
    )
    cap, debt_cap = Kopecks(fees * percent // 100), Kopecks(fees * rules.debt_percent // 100)
    if standing.state is AccountState.FINANCIAL_BLOCK:
        lacking = Kopecks(due_now(standing, today).total_kopecks - standing.balance_kopecks)
        return _Need(lacking, today, cap, debt_cap)
    due = outlook(_plain(standing), today).due
    if due is None or standing.state is not AccountState.ACTIVE:
        return _Need(Kopecks(0), today, cap, debt_cap)
    return _Need(due.amount_kopecks, due.by, cap, debt_cap)


def _plain(standing: Standing) -> Standing:
    """Without planned tariffs that cost more: a promise keeps the service on, it does not pay for a better one."""
    return standing.with_lines(
        line.model_copy(update={"planned": None})
        for line in standing.lines
        if line.planned is not None and line.planned.tariff.fee_kopecks > line.tariff.fee_kopecks
    )


def _active(standing: Standing, rules: Rules) -> Promise | None:
    limit = standing.promise
    if limit is None:
        return None
    return Promise(amount_kopecks=limit.left_kopecks, until=last_instant(limit.last_day, rules.zone))


def _granted(standing: Standing, id: str, rules: Rules) -> PromiseOffer | None:
    """What was granted under this id, if it was."""
    limit, last = standing.promise, standing.last_promise
    if limit is not None and limit.id == id:
        amount, last_day = limit.amount_kopecks, limit.last_day
    elif last is not None and last.id == id:
        amount, last_day = last.amount_kopecks, last.ended_on - timedelta(days=1)
    else:
        return None
    return PromiseOffer(
        allowed=False,
        code="already_active",
        amount_kopecks=amount,
        days=rules.days,
        fee_kopecks=Kopecks(0),
        until=last_instant(last_day, rules.zone),
        active=_active(standing, rules),
    )
