"""Portal passwords: how they are hashed, compared and chosen."""

import base64
import logging
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from chalicelib.config import Settings
from chalicelib.errors import InvalidRequest

log = logging.getLogger(__name__)

SHORTEST = 12
#: Longer is refused before it is hashed: hashing is what costs us.
LONGEST = 1000
#: Different characters in a password, or it is a drumming on one key.
FEWEST_CHARACTERS = 4
_SALT_BYTES, _HASH_BYTES = 16, 32


@dataclass(frozen=True)
class Passwords:
    """argon2id with the cost of the settings; about 20 ms and 19 MiB a hash with the default."""

    settings: Settings

    def hash(self, password: str) -> str:
        return self._hasher.hash(_canonical(password))

    def matches(self, password: str, stored: str | None) -> bool:
        """Exactly one hash is computed, also when there is nothing to compare with."""
        try:
            return self._hasher.verify(stored or self._nobodys, _canonical(password)) and stored is not None
        except VerifyMismatchError:
            return False
        except (VerificationError, InvalidHashError):
            log.error("a stored password hash is unreadable")
            return False

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made at another cost and should be made anew while the password is at hand."""
        return self._hasher.check_needs_rehash(stored)

    def check_new(self, password: str, current: str = "", login: str = "", field: str = "new_password") -> None:
        """``current`` is what it replaces. :raises InvalidRequest: the subscriber may not choose this one."""
        reason = _refusal(_canonical(password), _canonical(current), login.casefold())
        if reason is not None:
            raise InvalidRequest({field: reason})

    @cached_property
    def _hasher(self) -> PasswordHasher:
        chosen = self.settings
        return PasswordHasher(
            time_cost=chosen.argon2_time_cost,
            memory_cost=chosen.argon2_memory_kib,
            parallelism=chosen.argon2_parallelism,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )

    @cached_property
    def _nobodys(self) -> str:
        """A hash of today's cost that no password is known to match; written down, not computed."""
        chosen = self.settings
        cost = f"m={chosen.argon2_memory_kib},t={chosen.argon2_time_cost},p={chosen.argon2_parallelism}"
        salt, digest = (base64.b64encode(bytes(size)).decode().rstrip("=") for size in (_SALT_BYTES, _HASH_BYTES))
        return f"$argon2id$v=19${cost}${salt}${digest}"


def _refusal(password: str, current: str, login: str) -> str | None:
    if len(password) < SHORTEST:
        return "string_too_short"
    if len(password) > LONGEST:
        return "string_too_long"
    if password == current:
        return "same_as_current"
    folded = password.casefold()
    if folded in _commonest() or len(set(folded)) < FEWEST_CHARACTERS:
        return "too_common"
    # a login that is repeated, or wears a few digits, is the first thing that anybody tries
    return "like_login" if login and len(folded.replace(login, "")) <= SHORTEST // 2 else None


@cache
def _commonest() -> frozenset[str]:
    """Of the 100,000 commonest passwords those that are long enough to be chosen; read when one is first chosen."""
    text = Path(__file__).with_name("common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("# "))


def _canonical(password: str) -> str:
    """One form of accented letters: systems differ in how they send the same key strokes."""
    return unicodedata.normalize("NFC", password)
