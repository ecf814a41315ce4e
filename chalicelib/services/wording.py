"""The words of service messages. No sums of other people, no passwords, nothing to click without need."""

from collections.abc import Mapping

from chalicelib.money import Kopecks
from chalicelib.providers.messages import Text

_NO_BREAK = "\u00a0"


def rubles(kopecks: Kopecks) -> str:
    """As a person reads it: ``1 234,50 ₽`` with no-break spaces; whole roubles go without kopecks."""
    whole, fraction = divmod(abs(kopecks), 100)
    grouped = f"{whole:,}".replace(",", _NO_BREAK)
    tail = f",{fraction:02d}" if fraction else ""
    return f"{'−' if kopecks < 0 else ''}{grouped}{tail}{_NO_BREAK}₽"


def compose(event: str, facts: Mapping[str, object], language: str) -> Text:
    """The text of one event. :raises KeyError: an event nobody wrote words for."""
    subject, body = _WORDS[event][language == "en"]
    shown = {
        name: rubles(Kopecks(int(str(value)))) if name.endswith("_kopecks") else value for name, value in facts.items()
    }
    return Text(subject=subject.format(**shown), body=body.format(**shown))


_WORDS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "payment_credited": (
        ("Платёж зачислен", "На лицевой счёт {account} зачислено {amount_kopecks}."),
        ("Payment credited", "{amount_kopecks} has been credited to account {account}."),
    ),
}
