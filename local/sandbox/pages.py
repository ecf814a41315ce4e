"""The HTML of the payment page. No script, no inline style; every value is escaped by ``e``."""

from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from chalicelib.money import Kopecks, to_rubles
from local.sandbox import robokassa_wire, uniteller_wire
from local.web import Response, html_response

WEBHOOKS = {
    "normal": "обычное: через секунду после возврата",
    "before_return": "раньше, чем плательщик вернётся",
    "late": "с опозданием на 10 минут",
    "lost": "потеряно",
    "twice": "пришло дважды",
    "wrong_amount": "с другой суммой",
    "bad_signature": "с неверной подписью",
}


def e(value: object) -> str:
    return escape(str(value), quote=True)


def roubles(kopecks: int) -> str:
    """``1 234,50 ₽`` with no-break spaces, as the site writes it."""
    whole, _, fraction = to_rubles(Kopecks(kopecks)).partition(".")
    return f"{int(whole):,}".replace(",", "\u00a0") + f",{fraction}\u00a0₽"


def page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="ru"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{e(title)}</title><link rel="stylesheet" href="/sandbox/style.css"></head><body>{body}</body></html>'
    )


def options(choices: dict[str, str]) -> str:
    return "".join(f'<option value="{e(value)}">{e(label)}</option>' for value, label in choices.items())


@dataclass(frozen=True)
class Bill:
    """An order as a payment page shows it; ``ways_back`` are the addresses that its payer may go to."""

    company: str
    brand: str
    invoice: str
    amount_kopecks: Kopecks
    purpose: str
    ways_back: tuple[str, ...]
    is_test: bool = False


def robokassa_bill(order: robokassa_wire.Order) -> Bill:
    back = tuple(order.fields.get(name, "") for name in ("SuccessUrl2", "FailUrl2"))
    invoice, purpose = str(order.invoice), order.fields["Description"]
    return Bill("robokassa", "Робокасса", invoice, order.amount_kopecks, purpose, back, order.is_test)


def uniteller_bill(order: uniteller_wire.Order) -> Bill:
    back = tuple(order.fields[name] for name in ("URL_RETURN_OK", "URL_RETURN_NO"))
    purpose = order.fields.get("Comment", "")
    return Bill("uniteller", "Uniteller", order.number, order.amount_kopecks, purpose, back)


def payment_page(bill: Bill) -> Response:
    """Pay, be declined, or go away; with a choice of what happens to the notification."""
    test = '<p class="note">Тестовый режим: деньги не списываются.</p>' if bill.is_test else ""
    body = (
        f'<main class="pay"><p class="brand">{e(bill.brand)} <span>песочница</span></p>'
        f"<h1>{e(roubles(bill.amount_kopecks))}</h1><p>{e(bill.purpose)}</p>"
        f'<p class="muted">Счёт № {e(bill.invoice)}</p>{test}'
        f'<form method="post" action="/sandbox/{e(bill.company)}/decide">'
        f'<input type="hidden" name="invoice" value="{e(bill.invoice)}">'
        f'<label for="webhook">Уведомление магазину</label><select id="webhook" name="webhook">{options(WEBHOOKS)}'
        '</select><button class="main" name="outcome" value="paid">Оплатить</button>'
        '<button name="outcome" value="declined">Отказ банка</button>'
        '<button class="quiet" name="outcome" value="abandoned">Уйти, не заплатив</button></form>'
        '<p class="muted">Это не настоящая оплата. Карта не нужна.</p></main>'
    )
    return html_response(200, page("Оплата", body), _origins(bill))


def error_page(brand: str, heading: str, text: str, comment: str = "") -> Response:
    """``comment`` is where Uniteller hides the reason from the payer."""
    hidden = f"<!-- {e(comment).replace('--', '')} -->" if comment else ""
    body = (
        f'<main class="pay"><p class="brand">{e(brand)} <span>песочница</span></p>'
        f'<h1>{e(heading)}</h1><p role="alert">{e(text or "Счёт не открывается")}</p>{hidden}</main>'
    )
    return html_response(400, page(heading, body))


def stay_page(text: str) -> Response:
    body = f'<main class="pay"><h1>Готово</h1><p>{e(text)}</p><p><a href="/sandbox/">К панели песочницы</a></p></main>'
    return html_response(200, page("Песочница", body))


def _origins(bill: Bill) -> str:
    """Browsers hold a form to ``form-action`` even after a redirect, so the way back must be allowed."""
    addresses = (urlsplit(url) for url in bill.ways_back)
    found = {f"{parts.scheme}://{parts.netloc}" for parts in addresses if parts.scheme in ("http", "https")}
    return " ".join(sorted(origin for origin in found if not set(origin) & set("; ,'\"*")))
