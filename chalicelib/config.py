"""Settings of one deployment, read once from the environment.

Every number of the business rules that a provider may want to change stands here with its default.
Secrets of an outside company stay in that company's adapter. A name below is the upper-cased
environment variable with the prefix ``PORTAL_``: ``topup_min_kopecks`` is ``PORTAL_TOPUP_MIN_KOPECKS``.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from string import Formatter
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

PREFIX = "PORTAL_"
SECRETS = "PORTAL_SECRETS"


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]


class Settings(BaseModel):
    # a refused value may be a secret: the error names the setting, never what it held
    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,), hide_input_in_errors=True)

    # the deployment
    stage: str = Field("local", description="name of the deployment")
    version: str = Field("0.1.0", description="what `GET /api/health` tells")
    time_zone: str = Field("Europe/Moscow", description="zone of business dates")
    site_url: str = Field("http://127.0.0.1:8000", description="where the gateways send the payer back to")
    public_origins: Words = Field(
        ("http://127.0.0.1:8000", "http://localhost:8000"), description="origins that may change anything"
    )
    origin_secret: Annotated[SecretStr, Field(min_length=32)] | None = Field(
        None, description="the distribution's secret header: nothing is answered without it; a deployment needs one"
    )
    origin_secret_old: Annotated[SecretStr, Field(min_length=32)] | None = Field(
        None, description="the one before, taken as well while the distribution changes over to a new one"
    )
    request_deadline_seconds: float = Field(20, description="time of one request, outgoing calls included")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="from which level on the portal's own modules log"
    )

    # what is plugged in
    billing: str = Field("embedded", description="the billing adapter")
    gateways: Words = Field(("robokassa",), description="payment gateways, in the order on screen")
    sms: str | None = Field(None, description="adapter for SMS: `smsc`")
    email: str | None = Field(None, description="adapter for e-mail: `ses`")

    # the store; its models are made at import, so store/tables.py and store/transaction.py read these by themselves
    table_prefix: str = Field("portal-", description="how the tables' names begin")
    store_endpoint: str | None = Field(None, description="address of a store with DynamoDB's interface")
    store_strict: Literal["ydb"] | None = Field(None, description="`ydb`: send nothing that Yandex Database refuses")

    # what is sealed: passwords of the network
    kms_key: str | None = Field(None, description="the KMS key's ARN")
    key_file: str | None = Field(None, description="file with a key, on a machine of one's own; made beside the store")

    # sessions and passwords
    session_idle_days: int = Field(30, description="a session unused for so long ends")
    session_absolute_days: int = Field(90, description="every session ends after so long")
    session_seen_minutes: int = Field(10, description="last seen is written at most this often")
    sessions_per_subscriber: int = Field(20, ge=1, le=20, description="beyond these the oldest ends at sign-in")
    step_up_minutes: int = Field(10, description="how long a confirmed password opens what needs one")
    argon2_memory_kib: int = Field(19456, description="cost of a password hash; never less outside tests")
    argon2_time_cost: int = Field(2, description="cost of a password hash")
    argon2_parallelism: int = Field(1, description="cost of a password hash")
    guess_free: int = Field(5, description="wrong passwords before the first delay")
    guess_delay_seconds: int = Field(60, description="the first delay; it doubles with each further failure")
    guess_delay_max_seconds: int = Field(900, description="the longest delay")
    guess_limit: int = Field(100, description="consecutive failures after which only a known device gets in")
    guess_per_address: int = Field(60, description="failures per client address and window")
    guess_overall: int = Field(3000, description="failures of everybody per window")
    guess_window_minutes: int = Field(60, description="the window of the two above")

    # top-ups
    topup_min_kopecks: int = Field(10_00, gt=0, description="smallest top-up")
    topup_max_kopecks: int = Field(15_000_00, gt=0, description="largest top-up")
    topups_per_day: int = Field(50, gt=0, description="orders of one subscriber in a day; each is asked about 28 times")
    invoice_start: int = Field(1, gt=0, lt=2**31, description="first invoice, above any number the shop has used")
    topup_expires_hours: int = Field(24, description="an unpaid order expires")
    topup_last_question_hours: int = Field(72, description="the gateway is asked about it for the last time")
    receipt_url: str | None = Field(
        None,
        description="where a receipt can be seen: an address with `{fn}`, `{fd}`, `{fpd}` and, if need be, `{sum}`",
    )
    stuck_after_hours: int = Field(24, description="a payment that is not credited becomes an operator's case")

    # promised payments
    promise_days: int = Field(
        3, ge=1, description="a promised payment ends so many days after it was taken, at 23:59:59"
    )
    promise_percent: int = Field(100, ge=0, description="its largest sum, of the monthly fee; 0: none are given")
    promise_debt_percent: int = Field(100, ge=0, description="the largest debt with which one is given, the same way")
    promise_cooldown_days: int = Field(28, ge=0, description="from the end of the last one to the next")
    promise_contract_days: int = Field(30, ge=0, description="age of a contract before its first one")
    promise_notice_hours: int = Field(24, ge=1, description="the end is announced so long before it, at the latest")
    promise_credit_hours: int = Field(24, ge=0, description="its end waits so long for a payment that is not credited")
    promise_question_minutes: int = Field(30, ge=0, description="its end waits so long, once, for an order this young")

    # autopay
    autopay_cap_fees: int = Field(2, ge=1, description="the cap that is offered, in monthly fees of the account")
    autopay_cap_max_kopecks: int = Field(30_000_00, gt=0, description="the largest cap to be chosen")

    # voluntary suspension of the internet
    suspension_min_days: int = Field(7, ge=1, description="shortest suspension")
    suspension_max_days: int = Field(90, ge=1, description="longest suspension")
    suspension_days_a_year: int = Field(180, ge=1, description="suspended days of one service in a calendar year")
    suspension_free_days: int = Field(30, ge=0, description="so many of them are free of charge")
    suspension_fee_per_day_kopecks: int = Field(0, ge=0, description="what each of the others costs")
    suspension_cooldown_days: int = Field(7, ge=0, description="from the end of the last one to the next order")
    suspension_ahead_days: int = Field(60, ge=0, description="how far ahead one may be planned")
    suspension_from_today: bool = Field(False, description="whether one may start on the day it is ordered")
    suspension_resume_after_days: int = Field(1, ge=0, description="days before an early resumption")

    # the agenda
    agenda_shards: int = Field(4, ge=1, le=64, description="parts of each agenda kind; never lower it in operation")
    agenda_batch: int = Field(100, description="rows taken from one part in one look")
    agenda_lease_seconds: int = Field(60, description="how long a worker holds a row")
    queue_url: str | None = Field(None, description="queue for the agenda's workers; without one every run works alone")

    @field_validator("receipt_url")
    @classmethod
    def _finds_a_receipt(cls, value: str | None) -> str | None:
        """It is put on a page as a link: https, or this very machine's sandbox, and every name in it is known."""
        if value is not None:
            names = {name for _, name, _, _ in Formatter().parse(value) if name is not None}
            safe = value.startswith(("https://", "http://127.0.0.1:", "http://localhost:"))
            if not safe or not {"fn", "fd", "fpd"} <= names <= {"fn", "fd", "fpd", "sum"}:
                raise ValueError("an https:// address with {fn}, {fd} and {fpd}")
        return value

    @model_validator(mode="after")
    def _deployed_behind_its_distribution(self) -> Self:
        """Without the secret anybody could call around the distribution and name any address as his own."""
        if self.stage != "local" and (self.origin_secret is None or not self.secure):
            raise ValueError("a deployment needs PORTAL_ORIGIN_SECRET and an https PORTAL_SITE_URL")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def secure(self) -> bool:
        return self.site_url.startswith("https://")

    @property
    def agenda_lease(self) -> timedelta:
        return timedelta(seconds=self.agenda_lease_seconds)

    @property
    def topup_last_question(self) -> timedelta:
        return timedelta(hours=self.topup_last_question_hours)

    @property
    def stuck_after(self) -> timedelta:
        return timedelta(hours=self.stuck_after_hours)

    @property
    def topup_expires(self) -> timedelta:
        return timedelta(hours=self.topup_expires_hours)


def environment(environ: Mapping[str, str] = os.environ) -> Mapping[str, str]:
    """What every setting is read from: a deployment's secrets come together, as one JSON object ``PORTAL_SECRETS``.

    :raises ValueError: it is not that; what it holds is not shown.
    """
    packed = environ.get(SECRETS)
    if packed is None:
        return environ
    try:
        secrets = TypeAdapter(dict[str, str]).validate_json(packed, strict=True)
    except ValidationError:
        raise ValueError(f"{SECRETS} is not a JSON object of texts") from None
    return {**{name: value for name, value in environ.items() if name != SECRETS}, **secrets}


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment; a misspelt ``PORTAL_`` name or a bad value stops the start.

    :raises pydantic.ValidationError: naming the setting.
    """
    given = {name[len(PREFIX) :].lower(): value for name, value in environ.items() if name.startswith(PREFIX)}
    return Settings.model_validate(given)
