"""What autopay says: the terms that are agreed to, and why something was not charged."""

import hashlib
from collections.abc import Mapping
from typing import Literal

Language = Literal["ru", "en"]

#: Changes with every change of the terms below; a consent names the version that was on screen.
TERMS_VERSION = "2026-11-24"
_TERMS: Mapping[str, str] = {
    "ru": (
        "Я соглашаюсь на списания с моей карты для пополнения этого лицевого счёта без моего участия."
        " Списывается ровно столько, сколько не хватает для работы услуг до конца следующего расчётного периода,"
        " один раз за период, за три дня до его начала и не раньше чем через 72 часа после сообщения о списании."
        " Сумма не превышает названную в сообщении и выбранное мной ограничение."
        " Каждое списание можно пропустить, а автоплатёж — отключить в любой момент в личном кабинете:"
        " отключение действует сразу, карта забывается."
    ),
    "en": (
        "I agree that my card is charged without my taking part in order to top up this account."
        " What is charged is exactly what is missing for the services to work to the end of the next billing period,"
        " once a period, three days before it begins and not sooner than 72 hours after a message about it."
        " The sum exceeds neither the one in the message nor the limit that I have chosen."
        " Every charge can be skipped, and autopay can be disconnected in the portal at any time:"
        " that takes effect at once, and the card is forgotten."
    ),
}

#: The same for a card that is only kept.
CARD_TERMS_VERSION = "2026-11-29"
_CARD_TERMS: Mapping[str, str] = {
    "ru": (
        "Я соглашаюсь, чтобы платёжная система сохранила мою карту для автоплатежа этого лицевого счёта."
        " Пока автоплатёж не включён, с карты ничего не списывается."
        " Карту можно забыть в любой момент на экране автоплатежа: это действует сразу."
    ),
    "en": (
        "I agree that the payment company keeps my card for the autopay of this account."
        " Nothing is charged while autopay is off."
        " The card can be forgotten on the autopay screen at any time: that takes effect at once."
    ),
}

#: Reasons by the adapters' words and ours.
_REASONS: Mapping[str, tuple[str, str]] = {
    "no_funds": ("на карте не хватило денег", "the card has not enough money"),
    "limit": ("превышен лимит карты", "the card's limit is reached"),
    "expired": ("истёк срок действия карты", "the card has expired"),
    "fraud": ("банк остановил операции по карте", "the bank has stopped the card"),
    "stopped": ("банк запретил списания с этой карты", "the bank allows no more charges of this card"),
    "card_number": ("карта больше не действует", "the card is no longer valid"),
    "card_not_active": ("карта больше не действует", "the card is no longer valid"),
    "account_blocked": ("счёт карты заблокирован", "the card's account is blocked"),
    "account_closed": ("счёт карты закрыт", "the card's account is closed"),
    "blacklisted": ("списания с этой карты запрещены", "charges of this card are not allowed"),
    "not_allowed": ("банк не разрешает такие списания", "the bank does not allow such charges"),
    "not_sent": ("платёжная система была недоступна", "the payment company was out of reach"),
    "too_late": ("до начала периода осталось слишком мало времени", "too little time is left before the period"),
    "no_channel": ("некуда прислать сообщение о списании", "there is nowhere to send the notice"),
    "above_cap": ("сумма больше вашего ограничения", "the sum is above your limit"),
    "above_limit": ("сумма больше, чем принимает платёжная система", "the sum is above the company's limit"),
    "three_failures": ("три периода подряд списать не удалось", "three periods in a row could not be charged"),
    "unknown": ("банк не сообщил, прошла ли оплата", "the bank has not said whether it was paid"),
}
_DECLINED = ("банк отклонил списание", "the bank declined the charge")


def paid_since(language: str) -> str:
    """Of a charge that is smaller than it was announced."""
    return "paid since the notice" if language == "en" else "поступило после сообщения"


def terms(language: str) -> str:
    return _TERMS["en" if language == "en" else "ru"]


def terms_hash(language: str) -> str:
    """Of the very text that was on screen."""
    return hashlib.sha256(terms(language).encode()).hexdigest()


def card_terms(language: str) -> str:
    return _CARD_TERMS["en" if language == "en" else "ru"]


def card_terms_hash(language: str) -> str:
    return hashlib.sha256(card_terms(language).encode()).hexdigest()


def reason(code: str | None, language: str) -> str | None:
    """Why, in words; what nobody has a word for is a decline."""
    return _REASONS.get(code, _DECLINED)[language == "en"] if code else None


#: How a sentence about a period begins that has this state.
_LEADS: Mapping[str, tuple[str, str]] = {
    "announced": ("Банк отказал, попробуем ещё раз", "The bank refused, we will try again"),
    "failed": ("Списать не получилось", "The charge did not work out"),
}
_NO_CHARGE = ("Не спишем", "Nothing is charged")


def sentence(code: str | None, language: str) -> str | None:
    """A reason that stands alone on the screen."""
    text = reason(code, language)
    return f"{text[:1].upper()}{text[1:]}." if text else None


def why(state: str, code: str | None, language: str) -> str | None:
    """Of a period: what does not happen, and the reason."""
    text = reason(code, language) if state != "unknown" else None
    return f"{_LEADS.get(state, _NO_CHARGE)[language == 'en']}: {text}." if text else None
