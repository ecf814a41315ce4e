"""What autopay tells its subscriber: each message once, in the transaction of what it tells of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.billing import Runway
from chalicelib.clock import Clock, local_date
from chalicelib.config import Settings
from chalicelib.money import Kopecks, shown
from chalicelib.services.messages import Contacts
from chalicelib.store.autopays import AutopayRow
from chalicelib.store.messages import MessageRow
from chalicelib.store.topups import TopUpRow

_BALANCE = ("баланс", "balance")


@dataclass(frozen=True)
class Notices:
    contacts: Contacts
    channels: Sequence[str]
    now: Clock
    settings: Settings

    def reachable(self, subscriber_id: str) -> bool:
        """Whether a notice can be sent at all; without one nothing is charged."""
        return any(channel in self.channels for channel in self.contacts.confirmed(subscriber_id))

    def email(self, subscriber_id: str) -> str | None:
        return self.contacts.confirmed(subscriber_id).get("email")

    def announced(self, autopay: AutopayRow, runway: Runway, amount: Kopecks, charge_at: datetime) -> MessageRow:
        facts = {"amount_kopecks": amount, "on": self._day(charge_at), "how": how(runway, amount, autopay.language)}
        name = f"announced:{autopay.revision}"
        return self._message(autopay, runway.period_start, name, "autopay_announced", facts | self._link())

    def above_cap(self, autopay: AutopayRow, start: date, amount: Kopecks) -> list[MessageRow]:
        facts = {"amount_kopecks": amount, "cap_kopecks": autopay.cap_kopecks, "by": _before(start)}
        name = f"above_cap:{autopay.revision}"
        return [self._message(autopay, start, name, "autopay_above_cap", facts | self._link())]

    def short(self, autopay: AutopayRow, start: date, difference: Kopecks) -> list[MessageRow]:
        facts = {"amount_kopecks": difference, "by": _before(start)}
        return [self._message(autopay, start, f"short:{autopay.revision}", "autopay_short", facts)]

    def declined(
        self, autopay: AutopayRow, start: date, topup: TopUpRow, code: str, again: datetime
    ) -> list[MessageRow]:
        facts = {"amount_kopecks": topup.amount_kopecks, "reason": code, "on": self._day(again)}
        return [self._message(autopay, start, "declined", "autopay_declined", facts)]

    def failed(self, autopay: AutopayRow, start: date, code: str) -> list[MessageRow]:
        return [self._message(autopay, start, "failed", "autopay_failed", {"reason": code, "by": _before(start)})]

    def stopped(self, autopay: AutopayRow, start: date, code: str) -> list[MessageRow]:
        facts = {"reason": code, "by": _before(start)}
        return [self._message(autopay, start, "stopped", "autopay_stopped", facts | self._link())]

    def by_hand(self, autopay: AutopayRow, start: date, topup: TopUpRow) -> list[MessageRow]:
        facts = {"amount_kopecks": topup.amount_kopecks, "by": _before(start)}
        return [self._message(autopay, start, "by_hand", "autopay_unknown", facts)]

    def missed(self, autopay: AutopayRow, start: date) -> list[MessageRow]:
        return [self._message(autopay, start, "missed", "autopay_missed", {"by": _before(start)})]

    def card_expires(self, autopay: AutopayRow, month: str) -> list[MessageRow]:
        """One a card: ``month`` is its last valid one, ``YYYY-MM``."""
        year, number = month.split("-")
        facts: dict[str, object] = {"card": f" {autopay.mask}" if autopay.mask else "", "month": f"{number}/{year[2:]}"}
        name = f"card_expires:{autopay.parent_invoice}"
        return [self._message(autopay, None, name, "autopay_card_expires", facts | self._link())]

    def connected(self, autopay: AutopayRow, cap: int) -> list[MessageRow]:
        facts = {"cap_kopecks": cap} | self._link()
        return [self._message(autopay, None, f"on:{autopay.revision}", "autopay_connected", facts)]

    def disconnected(self, autopay: AutopayRow) -> list[MessageRow]:
        return [self._message(autopay, None, f"off:{autopay.revision}", "autopay_disconnected", {})]

    def _message(
        self, autopay: AutopayRow, start: date | None, name: str, event: str, facts: dict[str, object]
    ) -> MessageRow:
        period = f":{start.isoformat()}" if start else ""
        return MessageRow(
            f"autopay:{autopay.account}{period}:{name}",
            subscriber_id=autopay.subscriber_id,
            event=event,
            facts={"account": autopay.account, **facts},
            language=autopay.language,
            created_at=self.now(),
        )

    def _day(self, at: datetime) -> str:
        return local_date(at, self.settings.zone).isoformat()

    def _link(self) -> dict[str, object]:
        return {"link": f"{self.settings.site_url}/#/autopay"}


def how(runway: Runway, amount: Kopecks, language: str) -> str:
    """``Интернет 550,00 ₽ + ТВ 150,00 ₽ − баланс 160,00 ₽``: the charges, less what is there."""
    parts = [_signed(-item.amount_kopecks, item.title) for item in runway.items]
    parts.append(_signed(-runway.balance_kopecks, _BALANCE[language == "en"]))
    text = " ".join(part for part in parts if part)
    return text.removeprefix("+ ").replace("− ", "−", 1) if text.startswith("− ") else text.removeprefix("+ ")


def _signed(kopecks: int, title: str) -> str:
    return f"{'+' if kopecks > 0 else '−'} {title} {shown(Kopecks(abs(kopecks)))}" if kopecks else ""


def _before(start: date) -> str:
    """The last day before the period."""
    return (start - timedelta(days=1)).isoformat()
