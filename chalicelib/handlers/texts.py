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


def field(reason: str, language: Language) -> str:
    return _FIELDS.get(reason, _ANY_FIELD)[language == "en"]
