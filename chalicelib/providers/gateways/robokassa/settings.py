"""What a shop at Robokassa is set to, read from ``ROBOKASSA_<NAME>`` of the environment."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator, model_validator

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
    password3: Password | None = Field(None, description="for refunds; generated once they are granted in the cabinet")
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
    receipts: bool = Field(
        False, description="the shop prints through Robokassa: each payment's receipt is asked about"
    )
    closing_receipt: bool = Field(False, description="the second receipt too, once a payment is used up")
    shop_url: str = Field("", description="the provider's site, as it stands in the second receipt")
    fiscal_url: str = "https://ws.roboxchange.com"
    services_url: str = "https://services.robokassa.ru"
    base_url: str = Field("https://auth.robokassa.ru", description="https://auth.robokassa.kz for Kazakhstan")
    title: str = "Банковская карта, СБП (Робокасса)"
    title_en: str = Field("Bank card, SBP (Robokassa)", description="empty: the same as the other")
    min_kopecks: int = Field(1_00, gt=0)
    max_kopecks: int = Field(100_000_00, gt=0)
    recurring: bool = Field(False, description="charges of a saved card, which Robokassa grants by agreement")
    webhook_get: bool = Field(False, description="the cabinet's method of ResultURL is GET")

    @field_validator("base_url", "services_url", "fiscal_url")
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
        pairs = (self.password1, self.password2, self.password3, self.test_password1, self.test_password2)
        given = [secret.get_secret_value() for secret in pairs if secret is not None]
        if len(set(given)) < len(given):
            raise ValueError("every password must differ")
        return self

    @model_validator(mode="after")
    def _closing_needs_the_first(self) -> Self:
        if self.closing_receipt and not (self.receipts and self.shop_url):
            raise ValueError("CLOSING_RECEIPT needs RECEIPTS and SHOP_URL")
        return self

    @property
    def pair(self) -> tuple[SecretStr | None, SecretStr | None]:
        """For what we send, and for what Robokassa sends and answers."""
        return (self.test_password1, self.test_password2) if self.is_test else (self.password1, self.password2)
