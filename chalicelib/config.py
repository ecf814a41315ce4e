"""Settings of one deployment, read once from the environment.

Every number of the business rules that a provider may want to change stands here with its default.
Secrets of an outside company stay in that company's adapter. A name below is the upper-cased
environment variable with the prefix ``PORTAL_``: ``topup_min_kopecks`` is ``PORTAL_TOPUP_MIN_KOPECKS``.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

PREFIX = "PORTAL_"


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    # the deployment
    stage: str = "local"
    version: str = "0.1.0"
    time_zone: str = "Europe/Moscow"
    site_url: str = Field("http://127.0.0.1:8000", description="where the gateways send the payer back to")
    public_origins: Words = Field(
        ("http://127.0.0.1:8000", "http://localhost:8000"), description="origins that may change anything"
    )
    origin_secret: SecretStr | None = Field(
        None, description="the distribution's secret header; without it nothing is answered"
    )
    request_deadline_seconds: float = 20

    # what is plugged in
    billing: str = "embedded"
    gateways: Words = ("robokassa",)
    sms: str | None = None
    email: str | None = None

    # sessions and passwords
    session_idle_days: int = 30
    session_absolute_days: int = 90
    session_seen_minutes: int = Field(10, description="last seen is written at most this often")
    sessions_per_subscriber: int = Field(20, ge=1, le=20)
    step_up_minutes: int = 10
    argon2_memory_kib: int = Field(19456, description="never below 19456 outside tests")
    argon2_time_cost: int = 2
    argon2_parallelism: int = 1
    guess_free: int = Field(5, description="wrong passwords before the first delay")
    guess_delay_seconds: int = Field(60, description="the first delay; it doubles with each further failure")
    guess_delay_max_seconds: int = 900
    guess_limit: int = Field(100, description="consecutive failures after which only a known device gets in")
    guess_per_address: int = Field(60, description="failures per client address and window")
    guess_overall: int = Field(3000, description="failures of everybody per window")
    guess_window_minutes: int = 60

    # top-ups
    topup_min_kopecks: int = Field(10_00, gt=0)
    topup_max_kopecks: int = Field(15_000_00, gt=0)
    invoice_start: int = Field(1, gt=0, lt=2**31, description="above any number the shop has used before")
    topup_expires_hours: int = 24
    topup_last_question_hours: int = 72
    stuck_after_hours: int = 24

    # the agenda
    agenda_shards: int = Field(4, ge=1, le=64)
    agenda_batch: int = Field(100, description="rows taken from one shard in one look")
    agenda_lease_seconds: int = 60

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


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment; a misspelt ``PORTAL_`` name or a bad value stops the start.

    :raises pydantic.ValidationError: naming the setting.
    """
    given = {name[len(PREFIX) :].lower(): value for name, value in environ.items() if name.startswith(PREFIX)}
    return Settings.model_validate(given)
