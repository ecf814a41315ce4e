"""What the portal says when it says no: Russian by default, English on request, never a vendor's words."""

from collections.abc import Mapping
from typing import Literal

_MESSAGES: Mapping[str, tuple[str, str]] = {
    "invalid_request": ("Проверьте, пожалуйста, что заполнено.", "Please check what you have entered."),
    "not_authenticated": (
        "Логин или пароль не подошли, либо вход уже завершён. Войдите ещё раз.",
        "The login or password did not match, or the session has ended. Please sign in again.",
    ),
    "forbidden": ("Это действие недоступно.", "This action is not available."),
    "bad_origin": (
        "Запрос пришёл не со страницы личного кабинета.",
        "The request did not come from a page of this portal.",
    ),
    "step_up_required": ("Подтвердите действие паролем.", "Please confirm with your password."),
    "wrong_password": ("Пароль не подошёл. Проверьте раскладку и Caps Lock.", "The password did not match."),
    "password_change_required": (
        "Сначала замените выданный пароль на свой.",
        "Please replace the issued password with your own first.",
    ),
    "not_found": ("Такой страницы или записи нет.", "There is no such page or record."),
    "too_many_attempts": (
        "Слишком много попыток. Подождите немного и попробуйте ещё раз.",
        "Too many attempts. Please wait a little and try again.",
    ),
    "upstream_unavailable": (
        "Связь с одной из наших систем прервалась, ничего не изменилось. Попробуйте ещё раз через минуту.",
        "One of our systems is out of reach and nothing has changed. Please try again in a minute.",
    ),
    "upstream_broken": (
        "Одна из наших систем ответила непонятно. Попробуйте ещё раз через минуту.",
        "One of our systems gave an unclear answer. Please try again in a minute.",
    ),
    "outcome_unknown": (
        "Проверяем, что получилось. Повторять не нужно.",
        "We are checking what happened. There is no need to repeat it.",
    ),
    "bad_signature": ("Подпись не подошла.", "The signature does not match."),
    "bad_webhook": ("Уведомление не читается.", "The notification cannot be read."),
    "quarantined": ("Уведомление отложено для проверки.", "The notification is put aside for an operator."),
    "bad_json": ("Тело запроса — не JSON.", "The body is not JSON."),
    "method_not_allowed": ("Этот метод здесь не поддерживается.", "This method is not supported here."),
    "unsupported_media_type": ("Неподходящий тип содержимого.", "This content type is not supported here."),
    "too_large": ("Запрос слишком большой.", "The request is too large."),
    "internal_error": (
        "Не получилось с нашей стороны. Мы уже знаем.",
        "Something failed on our side. We already know.",
    ),
    # what the rules of the billing say no to
    "numbers_changed": (
        "Пока вы смотрели на экран, условия изменились. Посмотрите новые и подтвердите ещё раз.",
        "The numbers have changed since they were shown. Please look at the new ones and confirm again.",
    ),
    "not_offered": ("Эта возможность сейчас не предлагается.", "This is not offered at the moment."),
    "already_active": (
        "Обещанный платёж уже действует. Следующий можно взять после его погашения.",
        "A promised payment is active already.",
    ),
    "cooldown": (
        "С прошлого раза прошло слишком мало дней. Дата, с которой снова можно, — рядом.",
        "Too few days have passed since the last time. The date from which it is possible again is shown.",
    ),
    "no_payment_since": (
        "Сначала пополните счёт: оплаты ещё не было или она меньше прошлого обещанного платежа.",
        "Please top up first: there was no payment yet, or less than the last promised payment.",
    ),
    "debt_too_big": (
        "Не хватает больше, чем можно взять. Внесите показанную сумму, и обещанный платёж станет доступен.",
        "More is lacking than can be promised. Pay the sum shown and a promised payment becomes available.",
    ),
    "contract_too_young": (
        "Обещанный платёж доступен не сразу после заключения договора. Дата — рядом.",
        "The contract is too young for a promised payment. The date is shown.",
    ),
    "suspended": (
        "Интернет приостановлен. Сначала возобновите его.",
        "The internet is suspended. Please resume it first.",
    ),
    "not_needed": (
        "Обещанный платёж сейчас не нужен: денег на счёте хватает.",
        "A promised payment is not needed now: there is enough money.",
    ),
    "terms_changed": (
        "Условия изменились. Прочитайте новые и согласитесь ещё раз.",
        "The terms have changed. Please read the new ones and agree again.",
    ),
    "card_by_autopay": (
        "Для этого счёта уже есть автоплатёж со своей картой. Заменить её можно на экране автоплатежа.",
        "This account has autopay with a card of its own. It can be replaced on the autopay screen.",
    ),
    "no_saved_card": (
        "Сохранённой карты нет. Подключите автоплатёж с первым платежом.",
        "There is no saved card. Please connect autopay with a first payment.",
    ),
    "already_connected": (
        "Автоплатёж уже подключён. Предел списания можно изменить на экране автоплатежа.",
        "Autopay is connected already. Its limit can be changed on the autopay screen.",
    ),
    "already_charging": (
        "Списание уже отправлено в банк. Дождитесь его результата.",
        "A charge has been sent to the bank already. Please wait for its outcome.",
    ),
    "nothing_to_skip": ("Пропускать нечего: списание не запланировано.", "There is no charge to skip."),
    "not_connected": ("Автоплатёж не подключён.", "Autopay is not connected."),
    "same_tariff": ("Этот тариф уже подключён.", "This is your tariff already."),
    "debt": ("На счёте долг или не хватает средств. Сначала пополните счёт.", "Please pay what is owed first."),
    "promise_active": (
        "Действует обещанный платёж. Сначала погасите его.",
        "A promised payment is active. Please repay it first.",
    ),
    "already_changed": (
        "В этом расчётном периоде тариф уже меняли. Можно запланировать смену на следующий.",
        "The tariff was changed in this period already. A change can be planned for the next one.",
    ),
    "not_enough_money": (
        "На счёте не хватает денег. Пополните счёт и попробуйте ещё раз.",
        "There is not enough money on the account. Please top it up and try again.",
    ),
    "planned_exists": (
        "Смена тарифа уже запланирована. Сначала отмените её.",
        "A change of the tariff is planned already. Please cancel it first.",
    ),
    "no_days_left": (
        "В этом году дней приостановки не осталось или их меньше, чем нужно.",
        "There are not enough days of suspension left this year.",
    ),
    "already_planned": (
        "Приостановка уже запланирована или идёт. Сначала отмените или завершите её.",
        "A suspension is planned or running already. Please cancel or end it first.",
    ),
    "too_early": (
        "Пока нельзя. День, с которого можно, — рядом.",
        "Not possible yet. The day from which it is stands beside.",
    ),
    "too_short": ("Приостановка короче, чем можно.", "The suspension is shorter than allowed."),
    "too_long": ("Приостановка длиннее, чем можно.", "The suspension is longer than allowed."),
    "conflict": (
        "Этот номер операции уже использован для другого платежа.",
        "This operation number was already used for another payment.",
    ),
}

_FIELDS: Mapping[str, tuple[str, str]] = {
    "missing": ("Нужно заполнить.", "This is required."),
    "extra_forbidden": ("Лишнее поле.", "This field is not expected."),
    "duplicate": ("Указано несколько раз.", "Given more than once."),
    "too_small": ("Слишком маленькая сумма.", "The amount is too small."),
    "too_large": ("Слишком большая сумма.", "The amount is too large."),
    "unknown_gateway": ("Такого способа оплаты нет.", "There is no such way to pay."),
    "invalid": ("Обновите страницу и попробуйте ещё раз.", "Please reload the page and try again."),
    "string_too_long": ("Слишком длинное значение.", "This is too long."),
    "string_too_short": ("Слишком короткое значение.", "This is too short."),
    "same_as_current": ("Новый пароль должен отличаться от прежнего.", "The new password must be another one."),
    "too_common": ("Такой пароль подбирают первым. Придумайте другой.", "This is among the first that anybody tries."),
    "like_login": ("В пароле не должно быть логина или номера счёта.", "The password must not contain the login."),
    "not_ascii": (
        "Только латинские буквы, цифры и знаки, без пробелов.",
        "Only Latin letters, digits and signs, no blanks.",
    ),
    "too_simple": (
        "Слишком простой: нужны хотя бы буквы и цифры и четыре разных символа.",
        "Too simple: letters and digits at least, and four different characters.",
    ),
    "bad_range": ("Начало периода позже его конца.", "The period starts after it ends."),
    "too_long": ("Слишком длинный период.", "The period is too long."),
    "not_available": ("Пока недоступно.", "Not available yet."),
}
_ANY_FIELD = ("Неверное значение.", "This value is not valid.")


Language = Literal["ru", "en"]


def language(headers: Mapping[str, str]) -> Language:
    return "en" if headers.get("accept-language", "").strip().lower().startswith("en") else "ru"


def message(code: str, language: Language) -> str:
    """The sentence of a code. A code without one is a defect that a test finds, not the subscriber."""
    return _MESSAGES.get(code, _MESSAGES["internal_error"])[language == "en"]


def refusal(code: str | None, language: Language) -> str | None:
    """Of an offer that says why not; None if it does not."""
    return message(code, language) if code else None


def field(reason: str, language: Language) -> str:
    return _FIELDS.get(reason, _ANY_FIELD)[language == "en"]
