"""What a point of sale at Uniteller is set to, read from ``UNITELLER_<NAME>`` of the environment."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

PREFIX, LOOPBACK = "UNITELLER_", ("127.0.0.1", "::1", "localhost")


def _private_line(value: str) -> str:
    parts = urlsplit(value)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not safe or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("an https:// address, plain http only on this machine")
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(_private_line)]


class Settings(BaseModel):
    """A test shop has the same addresses: it is tied to a virtual bank in the company's cabinet."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    shop_id: str = Field(min_length=1, max_length=64, description="Uniteller Point ID")
    login: str = Field(min_length=1)
    password: Annotated[SecretStr, Field(min_length=1)]
    order_prefix: str = Field(
        "LK-",
        pattern=r"^[A-Za-z0-9]*[A-Za-z_-]$",
        max_length=32,
        description="keeps apart the systems that share a shop",
    )
    lifetime_seconds: int = Field(300, gt=0, description="how long the opened payment form lives")
    fiscal: bool = Field(False, description="payments with a 54-FZ receipt, through another address")
    taxmode: Annotated[Literal[0, 1, 2, 4, 5], BeforeValidator(int)] = Field(
        0, description="0 OSN, 1 USN income, 2 USN income less expense, 4 ESHN, 5 patent"
    )
    vat: Annotated[Literal[-1, 0, 5, 7, 10, 22, 105, 107, 110, 122], BeforeValidator(int)] = Field(
        -1, description="-1: none"
    )
    payattr: int = Field(3, ge=1, le=7, description="an advance: 54-FZ names a top-up so")
    lineattr: int = Field(10, ge=1, le=33, description="a payment; the document demands it for advances")
    base_url: Address = "https://wpay.uniteller.ru"
    fiscal_url: Address = "https://fpay.uniteller.ru/v2"
    title: str = "Банковская карта, СБП (Uniteller)"
    title_en: str = Field("Bank card, SBP (Uniteller)", description="empty: the same as the other")
    min_kopecks: int = Field(1_00, gt=0)
    max_kopecks: int = Field(100_000_00, gt=0)
    recurring: bool = Field(False, description="charges of a saved card, which the manager switches on")
    cards: bool = Field(False, description="the card service, which tells when a saved card expires")
    webhook_get: bool = Field(False, description="the notification comes by GET as well")

    @property
    def pay_url(self) -> str:
        return f"{self.fiscal_url}/pay" if self.fiscal else f"{self.base_url}/pay/"

    @property
    def results_url(self) -> str:
        return f"{self.fiscal_url}/results" if self.fiscal else f"{self.base_url}/results/"

    @property
    def cancel_url(self) -> str:
        return f"{self.fiscal_url}/cancel" if self.fiscal else f"{self.base_url}/unblock/"

    @property
    def cards_url(self) -> str:
        """One address for all points, with receipts or without."""
        return f"{self.base_url}/cardv3/"

    @property
    def recurrent_url(self) -> str:
        return f"{self.fiscal_url}/recurrent" if self.fiscal else f"{self.base_url}/recurrent/"
