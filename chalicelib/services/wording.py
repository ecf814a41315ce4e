"""The words of service messages. No sums of other people, no passwords, nothing to click without need."""

import re
from collections.abc import Mapping

from chalicelib.money import Kopecks, shown
from chalicelib.providers.messages import Text

_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


def compose(event: str, facts: Mapping[str, object], language: str) -> Text:
    """The text of one event; sums in roubles, days as ``14.10.2026``. :raises KeyError: an event without words."""
    subject, body = _WORDS[event][language == "en"]
    told = {name: _told(name, value) for name, value in facts.items()}
    return Text(subject=subject.format(**told), body=body.format(**told))


def _told(name: str, value: object) -> object:
    if name.endswith("_kopecks"):
        return shown(Kopecks(int(str(value))))
    day = _DAY.fullmatch(str(value))
    return ".".join(reversed(day.groups())) if day else value


_WORDS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
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
