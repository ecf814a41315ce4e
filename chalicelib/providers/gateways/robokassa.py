"""Robokassa: payment by redirect, ResultURL notifications, OpStateExt status query.

One rule prevents most of its error 29: a hash is taken over the value that the server holds after ONE
form decode, so each value is decided once as text, hashed, and encoded once by whoever sends it.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator, model_validator

from chalicelib.clock import Clock
from chalicelib.errors import BadWebhook, SignatureInvalid, UpstreamBroken
from chalicelib.money import Kopecks, from_rubles, to_rubles
from chalicelib.providers import gateways as port
from chalicelib.upstream import Answer, Outgoing

PREFIX, LOOPBACK = "ROBOKASSA_", ("127.0.0.1", "::1", "localhost")

#: MD5, RIPEMD160 and SHA1 are offered by the cabinet too; they can be forged and are refused here
StrongHash = Annotated[Literal["sha256", "sha384", "sha512"], BeforeValidator(str.lower)]
Sno = Literal["osn", "usn_income", "usn_income_outcome", "esn", "patent"]
#: docs.robokassa.ru: fiscalization; vat22 and vat122 came with the rate of 2026
Tax = Literal[
    "none", "vat0", "vat5", "vat7", "vat10", "vat20", "vat22", "vat105", "vat107", "vat110", "vat120", "vat122"
]
PaymentMethod = Literal[
    "full_prepayment", "prepayment", "advance", "full_payment", "partial_payment", "credit", "credit_payment"
]
PaymentObject = Literal["service", "payment", "commodity", "job", "composite", "another"]
Password = Annotated[SecretStr, Field(min_length=1)]


class Settings(BaseModel):
    """``ROBOKASSA_<NAME>`` of the environment. The test mode has its own pair of passwords and only ever uses that."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    merchant_login: str = Field(min_length=1)
    password1: Password | None = None
    password2: Password | None = None
    test_password1: Password | None = None
    test_password2: Password | None = None
    is_test: bool = False
    hash: StrongHash = Field("sha256", description="as chosen in the cabinet, for both directions and both modes")
    sno: Sno | None = Field(None, description="only where the shop has several tax regimes")
    tax: Tax = "none"
    payment_method: PaymentMethod = "advance"
    payment_object: PaymentObject = Field(
        "payment", description="an advance is not yet any one service, and 54-FZ names such a subject a payment"
    )
    base_url: str = Field("https://auth.robokassa.ru", description="https://auth.robokassa.kz for Kazakhstan")
    title: str = "Банковская карта, СБП (Робокасса)"
    min_kopecks: int = Field(1_00, gt=0)
    max_kopecks: int = Field(100_000_00, gt=0)
    webhook_get: bool = Field(False, description="the cabinet's method of ResultURL is GET")

    @field_validator("base_url")
    @classmethod
    def _private_line(cls, value: str) -> str:
        parts = urlsplit(value)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        if not safe or not parts.hostname or parts.username or parts.query or parts.fragment:
            raise ValueError("an https:// address, plain http only on this machine")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _passwords(self) -> Self:
        """Equal passwords are refused: they are all that tells purposes and modes apart."""
        if None in self.pair:
            raise ValueError("both passwords of the mode in use must be set: PASSWORD1/2, TEST_PASSWORD1/2 for tests")
        pairs = (self.password1, self.password2, self.test_password1, self.test_password2)
        given = [secret.get_secret_value() for secret in pairs if secret is not None]
        if len(set(given)) < len(given):
            raise ValueError("every password must differ")
        return self

    @property
    def pair(self) -> tuple[SecretStr | None, SecretStr | None]:
        """For what we send, and for what Robokassa sends and answers."""
        return (self.test_password1, self.test_password2) if self.is_test else (self.password1, self.password2)


#: State.Code of OpStateExt (docs.robokassa.ru: xml-interfaces). 10 may still turn into 100 with the support's help.
STATES: Mapping[str, port.PaymentStatus] = {
    "5": port.PaymentStatus.PENDING,  # begun, no money yet
    "10": port.PaymentStatus.DECLINED,  # cancelled, no money came
    "20": port.PaymentStatus.PROCESSING,  # held on the card
    "50": port.PaymentStatus.PROCESSING,  # money taken, on its way to the shop
    "60": port.PaymentStatus.DECLINED,  # not credited, returned to the payer
    "80": port.PaymentStatus.PROCESSING,  # stopped by a security check
    "100": port.PaymentStatus.PAID,
}

#: Result.Code of OpStateExt that is neither 0 nor 3, for the log (docs.robokassa.ru: xml-interfaces).
FAULTS: Mapping[str, str] = {
    "1": "our signature is wrong: check the password and the hash",
    "2": "no such shop, or it is switched off",
    "4": "a test and a live operation share the invoice number",
    "1000": "internal error of Robokassa",
}
NOT_FOUND = "3"  # also for a payer who has not confirmed a way to pay yet

NAMESPACE = "{http://merchant.roboxchange.com/WebService/}"
_INVOICE = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DECLARATION = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class Robokassa:
    """The adapter. Safe to share between threads; holds no state."""

    name = "robokassa"
    can_save_card = False
    form_origins: tuple[str, ...] = ()

    def __init__(self, settings: Settings, http: Outgoing) -> None:
        self._settings = settings
        self._http = http
        self._password1, self._password2 = (secret.get_secret_value() for secret in settings.pair if secret)
        self.title = settings.title
        self.webhook_get = settings.webhook_get
        self.limits = port.Limits(min_kopecks=Kopecks(settings.min_kopecks), max_kopecks=Kopecks(settings.max_kopecks))

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], http: Outgoing, now: Clock) -> Self:
        """``now`` belongs to the registry's signature; Robokassa needs no clock of ours.

        :raises pydantic.ValidationError: naming the setting, never a password.
        """
        given = {name[len(PREFIX) :].lower(): value for name, value in environ.items() if name.startswith(PREFIX)}
        return cls(Settings.model_validate(given), http)

    def create_checkout(self, order: port.Order) -> port.Checkout:
        """A link made on the spot, no call leaves: the same order gives the same link, byte for byte.

        :raises ValueError: a top-up id that could not travel in a Shp_ parameter unchanged.
        """
        settings = self._settings
        if not _PLAIN.fullmatch(order.topup_id):
            raise ValueError("a top-up id is letters, digits and hyphens")
        shp = {"Shp_topup": order.topup_id}  # one and ASCII: every way of sorting and encoding in use agrees on it
        signed = _signed_fields(order, settings)
        signature = sign(settings.hash, *signed.values(), self._password1, *shp_pairs(shp))
        fields = signed | _unsigned_fields(order) | shp | {"SignatureValue": signature}
        if settings.is_test:
            fields["IsTest"] = "1"
        query = urlencode(fields, quote_via=quote, safe="")
        return port.Checkout(method="GET", url=f"{settings.base_url}/Merchant/Index.aspx?{query}", fields={})

    def parse_webhook(self, fields: Mapping[str, str]) -> port.PaymentEvent:
        """Read a ResultURL notification: it comes for successful payments only and is final.

        The hash covers the received strings as they are: ``100``, ``100.26`` and ``100.000000`` all
        occur (docs.robokassa.ru: notifications-and-redirects). Which Shp_ spelling comes back is theirs to choose.
        """
        if any(_CONTROL.search(text) for pair in fields.items() for text in pair):
            raise BadWebhook("control characters")
        if any(name not in fields for name in ("OutSum", "InvId", "SignatureValue")):
            raise BadWebhook("OutSum, InvId or SignatureValue is missing")
        amount, invoice = fields["OutSum"], fields["InvId"]
        self._check(fields["SignatureValue"], amount, invoice, self._password2, *shp_pairs(fields))
        ours = [value for name, value in fields.items() if name.lower() == "shp_topup"]
        if len(ours) > 1:
            raise BadWebhook("two spellings of Shp_topup")
        return port.PaymentEvent(
            invoice=_invoice(invoice),
            status=port.PaymentStatus.PAID,
            amount_kopecks=_positive(amount),
            topup_id=ours[0] if ours else None,
        )

    def acknowledge(self, event: port.PaymentEvent) -> port.Acknowledgement:
        """Anything but these very bytes is repeated by Robokassa for hours."""
        return port.Acknowledgement(body=f"OK{event.invoice}")

    def get_payment(self, invoice: int) -> port.PaymentState:
        """OpStateExt. It knows a payment once the payer has confirmed it, and test payments never.

        :raises UpstreamBroken: also where Robokassa refuses our settings; the reason is in the log.
        """
        settings = self._settings
        login = settings.merchant_login
        signature = sign(settings.hash, login, str(invoice), self._password2)
        form = {"MerchantLogin": login, "InvoiceID": str(invoice), "Signature": signature}
        url = f"{settings.base_url}/Merchant/WebService/Service.asmx/OpStateExt"
        # by POST, so that no proxy's log keeps the signature
        return _payment_state(_parsed(self._http.read("get_payment", "POST", url, data=form)))

    def _check(self, given: str, *parts: str) -> None:
        try:
            same = hmac.compare_digest(given.lower().encode(), sign(self._settings.hash, *parts).encode())
        except UnicodeEncodeError:
            raise BadWebhook("not UTF-8") from None
        if not same:
            raise SignatureInvalid("robokassa")


def sign(algorithm: str, *parts: str) -> str:
    """Lower-case hex over the UTF-8 parts joined by colons; Robokassa itself sends upper case."""
    return hashlib.new(algorithm, ":".join(parts).encode()).hexdigest()


def shp_pairs(fields: Mapping[str, str]) -> list[str]:
    """``name=value`` of every Shp_ field, sorted, names in their own letter case (docs.robokassa.ru: pay-interface)."""
    return [f"{name}={fields[name]}" for name in sorted(fields) if name.lower().startswith("shp_")]


def _signed_fields(order: port.Order, settings: Settings) -> dict[str, str]:
    """In the order of the hash (docs.robokassa.ru: pay-interface, fiscalization); return addresses hashed plain."""
    return {
        "MerchantLogin": settings.merchant_login,
        "OutSum": to_rubles(order.amount_kopecks),
        "InvId": str(order.invoice),
        "Receipt": quote(_receipt(order, settings), safe=""),
        "SuccessUrl2": order.return_url,
        "SuccessUrl2Method": "GET",
        "FailUrl2": order.return_url,
        "FailUrl2Method": "GET",
    }


def _unsigned_fields(order: port.Order) -> dict[str, str]:
    return {
        "Description": _purpose(order),
        "Culture": order.language,
        "Encoding": "utf-8",  # the page's default is windows-1251
        "ExpirationDate": order.expires_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00"),
    }


def _purpose(order: port.Order) -> str:
    """For the payer and the receipt, within the 100 characters of Description: no personal data, always Russian."""
    return "Пополнение лицевого счёта " + re.sub(r"[^\w./-]", "", order.account)[:64]


def _receipt(order: port.Order, settings: Settings) -> str:
    """The 54-FZ receipt as JSON text. The sum is written as digits: a float would not be money."""
    line = {"name": _purpose(order), "quantity": 1, "tax": settings.tax}
    line |= {"payment_method": settings.payment_method, "payment_object": settings.payment_object}
    item = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
    regime = f'"sno":"{settings.sno}",' if settings.sno else ""
    return f'{{{regime}"items":[{item[:-1]},"sum":{to_rubles(order.amount_kopecks)}}}]}}'


def _invoice(text: str) -> int:
    if not _INVOICE.fullmatch(text) or int(text) >= 2**31:
        raise BadWebhook("InvId is not a number that we give out")
    return int(text)


def _positive(text: str) -> Kopecks:
    try:
        if (amount := from_rubles(text)) > 0:
            return amount
    except ValueError:
        pass
    raise BadWebhook("OutSum is not a sum of money above zero")


def _parsed(answer: Answer) -> ElementTree.Element:
    """The XML root. A document that declares anything of its own is refused before the parser sees it."""
    if answer.status != 200 or _DECLARATION.search(answer.text):
        raise UpstreamBroken(f"robokassa get_payment answered {answer.status} or a document type")
    try:
        root = ElementTree.fromstring(answer.text)  # noqa: S314 - declarations, the danger, are refused above
    except (ElementTree.ParseError, ValueError):
        raise UpstreamBroken("robokassa get_payment answered no XML") from None
    if root.tag != f"{NAMESPACE}OperationStateResponse":
        raise UpstreamBroken("robokassa get_payment answered another document")
    return root


def _payment_state(root: ElementTree.Element) -> port.PaymentState:
    result = _text(root, "Result", "Code")
    if result == NOT_FOUND:
        return port.PaymentState(status=port.PaymentStatus.NOT_FOUND)
    if result != "0":
        raise UpstreamBroken(f"robokassa get_payment: {FAULTS.get(result, 'a result code that we do not know')}")
    status = STATES.get(_text(root, "State", "Code"))
    if status is None:
        raise UpstreamBroken("robokassa get_payment: a state that we do not know")
    amount, paid = _text(root, "Info", "OutSum"), status is port.PaymentStatus.PAID
    try:
        kopecks = from_rubles(amount) if amount or paid else None
    except ValueError:
        raise UpstreamBroken("robokassa get_payment: OutSum is not a sum") from None
    return port.PaymentState(status=status, amount_kopecks=kopecks, reference=_text(root, "Info", "OpKey") or None)


def _text(root: ElementTree.Element, *path: str) -> str:
    return (root.findtext("/".join(NAMESPACE + name for name in path)) or "").strip()
