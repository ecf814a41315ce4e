"""The control panel: the clock, the payments, the messages, the faults, the calls. Plain forms only."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.clock import to_text
from local.sandbox.faults import CALLS
from local.sandbox.pages import WEBHOOKS, e, options, page, roubles
from local.web import Response, html_response

MOVES = (
    ("+10 минут", "advance_seconds", 600),
    ("+1 день", "advance_days", 1),
    ("+3 дня", "advance_days", 3),
    ("+30 дней", "advance_days", 30),
)
COMPANIES = {"robokassa": "Робокасса", "uniteller": "Uniteller"}
STATES = {"opened": "ждёт плательщика", "paid": "оплачен", "declined": "отказ банка", "canceled": "возвращён"}
FAULTS = {
    "timeout_before": "обрыв до исполнения",
    "timeout_after": "обрыв после исполнения",
    "http_500": "ошибка 500",
    "nonsense": "бессмыслица вместо ответа",
    "refused": "отказ",
}
Rows = Iterable[Mapping[str, Any]]


def panel(now: datetime, payments: Rows, messages: Rows, faults: Rows, calls: Rows) -> Response:
    body = (
        '<header><p class="brand">Песочница <span>только на этой машине</span></p>'
        '<a href="/">Кабинет абонента</a></header>'
        f"<main>{_clock(now)}{_payments(payments)}{_messages(messages)}{_faults(faults)}{_calls(calls)}</main>"
    )
    return html_response(200, page("Песочница", body))


def _form(action: str, fields: Mapping[str, object], label: str, extra: str = "") -> str:
    hidden = "".join(f'<input type="hidden" name="{e(name)}" value="{e(value)}">' for name, value in fields.items())
    return f'<form method="post" action="/sandbox/{action}">{hidden}{extra}<button>{e(label)}</button></form>'


def _table(head: tuple[str, ...], rows: Iterable[Iterable[str]], empty: str) -> str:
    """Cells are HTML already."""
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    if not lines:
        return f'<p class="muted">{e(empty)}</p>'
    names = "".join(f'<th scope="col">{e(name)}</th>' for name in head)
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table></div>'
    )


def _clock(now: datetime) -> str:
    moves = "".join(_form("clock", {name: value}, label) for label, name, value in MOVES)
    return (
        f'<section><h2>Часы</h2><p class="clock">{e(to_text(now))}</p><div class="row">{moves}'
        f"{_form('run-due', {}, 'Выполнить всё, что пора')}</div></section>"
    )


def _payments(rows: Rows) -> str:
    cells = (
        (
            e(COMPANIES[row["company"]]),
            e(row["invoice"]),
            e(roubles(row["amount_kopecks"])),
            e(STATES.get(row["state"], row["state"])),
            e(WEBHOOKS.get(row["webhook"] or "", "")) + (" (ждёт отправки)" if row["waiting"] else ""),
            _decide(row["company"], row["invoice"], row["state"]),
        )
        for row in rows
    )
    head = ("Кто", "Счёт", "Сумма", "Состояние", "Уведомление", "Что делает плательщик")
    table = _table(head, cells, "Платёжную страницу ещё никто не открывал.")
    return f"<section><h2>Платежи</h2>{table}</section>"


def _decide(company: str, invoice: str, state: str) -> str:
    if state in ("paid", "canceled"):
        can_cancel = company == "uniteller" and state == "paid"
        return _form("uniteller/cancel", {"invoice": invoice}, "Вернуть деньги") if can_cancel else ""
    choice = f'<select name="webhook" aria-label="Уведомление">{options(WEBHOOKS)}</select>'
    return _form(f"{company}/pay", {"invoice": invoice, "outcome": "paid"}, "Оплатить", choice) + _form(
        f"{company}/pay", {"invoice": invoice, "outcome": "declined"}, "Отказать"
    )


def _messages(rows: Rows) -> str:
    cells = (
        (e(row["at"]), e(row["channel"]), e(row["to"]), e(row["event"]), f"<p>{e(row['text'])}</p>")
        for row in reversed(list(rows))
    )
    head = ("Когда", "Как", "Кому", "О чём", "Текст")
    return f"<section><h2>Отправленные сообщения</h2>{_table(head, cells, 'Сообщений пока нет.')}</section>"


def _faults(rows: Rows) -> str:
    cells = ((e(row["target"]), e(row["call"]), e(FAULTS[row["kind"]]), e(row["times"])) for row in rows)
    calls = {f"{target} {call}": f"{target}: {call}" for target in CALLS for call in sorted(CALLS[target])}
    choice = (
        f'<select name="target_call" aria-label="Вызов">{options(calls)}</select>'
        f'<select name="kind" aria-label="Сбой">{options(FAULTS)}</select>'
        '<input name="times" type="number" min="1" max="1000" value="1" aria-label="Сколько раз">'
    )
    table = _table(("Куда", "Вызов", "Сбой", "Осталось раз"), cells, "Сбои выключены.")
    return (
        f'<section><h2>Сбои</h2>{table}<div class="row">{_form("faults", {}, "Включить", choice)}'
        f"{_form('faults/clear', {}, 'Выключить все')}</div></section>"
    )


def _calls(rows: Rows) -> str:
    cells = (
        (e(row["at"]), e(row["target"]), e(row["call"]), e(f"{row['method']} {row['path']}"), e(row["status"]))
        for row in reversed(list(rows)[-100:])
    )
    head = ("Когда", "Кто", "Вызов", "Запрос", "Ответ")
    return f"<section><h2>Журнал вызовов</h2>{_table(head, cells, 'Вызовов пока нет.')}</section>"
