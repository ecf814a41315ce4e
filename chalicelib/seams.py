"""What is moved from outside: time, chance, settings, the billing's luck. Tests and the local sandbox set these."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache

from chalicelib import clock, config
from chalicelib.billing import BillingSystem

current_time: clock.Clock = clock.utc_now
random_bytes: Callable[[int], bytes] = secrets.token_bytes
environ: Mapping[str, str] = config.environment()
around_billing: list[Callable[[BillingSystem], BillingSystem]] = []


@cache
def settings() -> config.Settings:
    return config.load(environ)


def now() -> datetime:
    return current_time()


def token() -> str:
    """An unguessable word of 128 bits."""
    return random_bytes(16).hex()
