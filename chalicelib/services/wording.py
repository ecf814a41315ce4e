"""The words of service messages. No sums of other people, no passwords, nothing to click without need."""

import re
from collections.abc import Mapping

from chalicelib.money import Kopecks, shown
from chalicelib.providers.messages import Text
from chalicelib.services.autopay_words import reason

_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


def compose(event: str, facts: Mapping[str, object], language: str) -> Text:
    """The text of one event; sums in roubles, days as ``14.10.2026``. :raises KeyError: an event without words."""
    subject, body = _WORDS[event][language == "en"]
    told = {name: _told(name, value) for name, value in facts.items()}
    if "reason" in facts:
        told["reason"] = reason(str(facts["reason"]), language)
    return Text(subject=subject.format(**told), body=body.format(**told))


def _told(name: str, value: object) -> object:
    if name.endswith("_kopecks"):
        return shown(Kopecks(int(str(value))))
    day = _DAY.fullmatch(str(value))
    return ".".join(reversed(day.groups())) if day else value


_WORDS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "autopay_connected": (
        (
            "Автоплатёж подключён",
            "Лицевой счёт {account}: автоплатёж подключён, не больше {cap_kopecks} за раз. О каждом списании сообщим"
            " заранее. Если это были не вы, отключите его: {link}",
        ),
        (
            "Autopay connected",
            "Account {account}: autopay is on, {cap_kopecks} at a time at most. Each charge is announced beforehand."
            " If it was not you, disconnect it: {link}",
        ),
    ),
    "autopay_disconnected": (
        ("Автоплатёж отключён", "Лицевой счёт {account}: автоплатёж отключён, карта забыта."),
        ("Autopay disconnected", "Account {account}: autopay is off and the card is forgotten."),
    ),
    "autopay_announced": (
        (
            "Скоро автоплатёж",
            "Лицевой счёт {account}: {on} с карты спишется {amount_kopecks} = {how}. Пропустить можно здесь: {link}",
        ),
        (
            "Autopay is coming",
            "Account {account}: on {on} your card will be charged {amount_kopecks} = {how}. Skip it here: {link}",
        ),
    ),
    "autopay_charged": (
        ("Автоплатёж прошёл", "Лицевой счёт {account}: автоплатёж {amount_kopecks} зачислен."),
        ("Autopay done", "Account {account}: autopay of {amount_kopecks} has been credited."),
    ),
    "autopay_declined": (
        (
            "Автоплатёж не прошёл",
            "Лицевой счёт {account}: автоплатёж {amount_kopecks} не прошёл: {reason}. Следующая попытка — {on}.",
        ),
        (
            "Autopay declined",
            "Account {account}: autopay of {amount_kopecks} failed: {reason}. The next try is on {on}.",
        ),
    ),
    "autopay_failed": (
        (
            "Автоплатёж не удался",
            "Лицевой счёт {account}: автоплатёж за этот период не удался: {reason}. Пополните счёт не позднее {by}.",
        ),
        (
            "Autopay failed",
            "Account {account}: autopay failed for this period: {reason}. Please top up by {by}.",
        ),
    ),
    "autopay_stopped": (
        (
            "Автоплатёж остановлен",
            "Лицевой счёт {account}: автоплатёж остановлен: {reason}. Пополните счёт не позднее {by},"
            " подключить автоплатёж снова: {link}",
        ),
        (
            "Autopay stopped",
            "Account {account}: autopay has stopped: {reason}. Please top up by {by}; connect it again: {link}",
        ),
    ),
    "autopay_unknown": (
        (
            "Проверьте счёт",
            "Лицевой счёт {account}: банк не сообщил, прошёл ли автоплатёж {amount_kopecks}. Повторно не спишем."
            " Если денег на счёте нет, пополните его не позднее {by}.",
        ),
        (
            "Please look at your account",
            "Account {account}: the bank has not said whether autopay of {amount_kopecks} went through. It is not"
            " repeated. If the money has not come, please top up by {by}.",
        ),
    ),
    "autopay_short": (
        (
            "Автоплатежа не хватит",
            "Лицевой счёт {account}: цены изменились, сверх автоплатежа не хватает {amount_kopecks}."
            " Внесите их не позднее {by}.",
        ),
        (
            "Autopay will not be enough",
            "Account {account}: prices have changed, {amount_kopecks} is missing beyond autopay. Please pay by {by}.",
        ),
    ),
    "autopay_above_cap": (
        (
            "Автоплатёж больше ограничения",
            "Лицевой счёт {account}: нужно {amount_kopecks}, а ваше ограничение {cap_kopecks}. Ничего не спишем."
            " Пополните счёт не позднее {by} или увеличьте ограничение: {link}",
        ),
        (
            "Autopay above your limit",
            "Account {account}: {amount_kopecks} is needed and your limit is {cap_kopecks}. Nothing will be charged."
            " Please top up by {by} or raise the limit: {link}",
        ),
    ),
    "autopay_card_expires": (
        (
            "Карта автоплатежа заканчивается",
            "Лицевой счёт {account}: карта автоплатежа{card} действует до {month}. Замените её, чтобы списания не"
            " прервались: {link}",
        ),
        (
            "Your autopay card is expiring",
            "Account {account}: the autopay card{card} is valid to {month}. Replace it so that the charges go on:"
            " {link}",
        ),
    ),
    "autopay_missed": (
        (
            "Автоплатежа в этот раз не будет",
            "Лицевой счёт {account}: о списании не удалось предупредить за 72 часа, поэтому его не будет."
            " Пополните счёт не позднее {by}.",
        ),
        (
            "No autopay this time",
            "Account {account}: the charge could not be announced 72 hours ahead, so there is none."
            " Please top up by {by}.",
        ),
    ),
    "password_changed": (
        (
            "Пароль личного кабинета изменён",
            "Пароль личного кабинета изменён, другие входы завершены. Если это были не вы, позвоните нам.",
        ),
        (
            "Portal password changed",
            "The password of your portal was changed and other sessions have ended. If it was not you, call us.",
        ),
    ),
    "internet_password_changed": (
        (
            "Пароль интернета изменён",
            "Лицевой счёт {account}, {service}: пароль подключения изменён. Впишите новый в роутер."
            " Если это были не вы, позвоните нам.",
        ),
        (
            "Internet password changed",
            "Account {account}, {service}: the connection's password was changed. Enter the new one in your router."
            " If it was not you, call us.",
        ),
    ),
    "payment_credited": (
        ("Платёж зачислен", "На лицевой счёт {account} зачислено {amount_kopecks}."),
        ("Payment credited", "{amount_kopecks} has been credited to account {account}."),
    ),
    "blocked": (
        (
            "Заблокирован: недостаточно средств",
            "Лицевой счёт {account} заблокирован: недостаточно средств. Пополните счёт, и услуги включатся сами.",
        ),
        (
            "Blocked: not enough money",
            "Account {account} is blocked: there is not enough money. Top it up and the services come back.",
        ),
    ),
    "unblocked": (
        ("Услуги снова работают", "Лицевой счёт {account}: блокировка снята, услуги снова работают."),
        ("Services are on again", "Account {account} is no longer blocked, the services are on again."),
    ),
    "promise_taken": (
        (
            "Обещанный платёж взят",
            "Лицевой счёт {account}: обещанный платёж {amount_kopecks} действует до {until} включительно."
            " Это не деньги на счёте: внесите их до этого дня.",
        ),
        (
            "Promised payment taken",
            "Account {account}: a promised payment of {amount_kopecks} stands to the end of {until}."
            " It is no money on the account: please pay by that day.",
        ),
    ),
    "promise_ends_soon": (
        (
            "Обещанный платёж заканчивается",
            "Лицевой счёт {account}: обещанный платёж закончится {until} в 23:59:59. Осталось внести {amount_kopecks}.",
        ),
        (
            "Your promised payment is ending",
            "Account {account}: the promised payment ends on {until} at 23:59:59. {amount_kopecks} is still due.",
        ),
    ),
    "promise_ended": (
        ("Обещанный платёж закончился", "Лицевой счёт {account}: обещанный платёж закончился."),
        ("Promised payment over", "Account {account}: the promised payment is over."),
    ),
    "tariff_change_planned": (
        (
            "Смена тарифа запланирована",
            "Лицевой счёт {account}, {service}: с {on} — тариф «{tariff}», если на счёте хватит денег."
            " До этого дня смену можно отменить.",
        ),
        (
            "Tariff change planned",
            "Account {account}, {service}: from {on} the tariff is “{tariff}” if the account covers it."
            " Until that day the change can be cancelled.",
        ),
    ),
    "tariff_changed": (
        ("Тариф изменён", "Лицевой счёт {account}, {service}: теперь тариф «{tariff}»."),
        ("Tariff changed", "Account {account}, {service}: the tariff is now “{tariff}”."),
    ),
    "tariff_change_dropped": (
        (
            "Тариф не изменён: недостаточно средств",
            "Лицевой счёт {account}, {service}: на тариф «{tariff}» не хватило денег, остаётся прежний тариф.",
        ),
        (
            "Tariff not changed: not enough money",
            "Account {account}, {service}: there was not enough money for “{tariff}”, the old tariff goes on.",
        ),
    ),
    "suspension_planned": (
        (
            "Приостановка запланирована",
            "Лицевой счёт {account}, {service}: приостановим с {start} по {until} включительно,"
            " если на счёте не будет долга.",
        ),
        (
            "Suspension planned",
            "Account {account}, {service}: suspended from {start} to {until} inclusive, if the account has no debt.",
        ),
    ),
    "suspension_started": (
        (
            "Услуга приостановлена",
            "Лицевой счёт {account}: услуга «{service}» приостановлена по {until} включительно и возобновится сама.",
        ),
        ("Service suspended", "Account {account}: {service} is suspended to the end of {until} and resumes by itself."),
    ),
    "suspension_dropped": (
        (
            "Приостановка отменена",
            "Лицевой счёт {account}: приостановка услуги «{service}» не началась: на счёте недостаточно средств"
            " или действует обещанный платёж.",
        ),
        (
            "Suspension dropped",
            "Account {account}: the suspension of {service} has not begun: the account lacks money or has a promised"
            " payment.",
        ),
    ),
    "suspension_ends_soon": (
        (
            "Приостановка скоро закончится",
            "Лицевой счёт {account}: услуга «{service}» приостановлена по {until} включительно, затем включится сама.",
        ),
        (
            "Suspension is ending",
            "Account {account}: {service} is suspended to the end of {until}, then it is on again.",
        ),
    ),
    "suspension_ended": (
        ("Услуга возобновлена", "Лицевой счёт {account}: приостановка услуги «{service}» закончилась."),
        ("Suspension over", "Account {account}: the suspension of {service} is over."),
    ),
}
