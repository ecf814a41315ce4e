"""Sealing what only its owner may read: by a key of AWS KMS, or by a key file on a machine of one's own.

A sealed text opens only with the context it was sealed with, so a row that was copied to another subscriber, account
or service is worth nothing there. The context is no secret. The first word of a sealed text says what opens it.
"""

import base64
import json
import os
import stat
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

from chalicelib.errors import UpstreamUnavailable
from chalicelib.metrics import observed

TARGET = "keys"
CONNECT_SECONDS = 1
READ_SECONDS = 3
#: AES-256, with the nonce's length that GCM is made for.
KEY_BYTES, NONCE_BYTES = 32, 12
_KMS, _FILE = "kms:", "file:"
#: What KMS says of a text that was not sealed here, or not with this context.
_NOT_OURS = {"InvalidCiphertextException", "IncorrectKeyException"}

Context = Mapping[str, str]


class NoKey(RuntimeError):
    """This process was given no key, or one that it cannot use; the text says what to set."""


class Unreadable(ValueError):
    """Not sealed by this key, or not with this context. Neither the text nor the context is told."""


class Keys(Protocol):
    def encrypt(self, plain: str, context: Context) -> str:
        """The text sealed; twice the same gives two texts.

        :raises UpstreamUnavailable: KMS did not answer. :raises NoKey: there is nothing to seal with.
        """

    def decrypt(self, sealed: str, context: Context) -> str:
        """:raises Unreadable: by this key or with this context it does not open. The rest as above."""


def load(kms_key: str | None, key_file: str | None) -> Keys:
    """The cloud's key where one is named, else the file. Nothing is loaded, read or connected before its first use."""
    if kms_key:
        return KmsKeys(kms_key)
    return FileKeys(key_file) if key_file else Keyless()


class Keyless:
    """Most of the portal needs no key, so the lack of one is said by what needs it."""

    def encrypt(self, plain: str, context: Context) -> str:
        raise NoKey("set PORTAL_KMS_KEY, or PORTAL_KEY_FILE on a machine of your own")

    def decrypt(self, sealed: str, context: Context) -> str:
        raise NoKey("set PORTAL_KMS_KEY, or PORTAL_KEY_FILE on a machine of your own")


class KmsKeys:
    """``key`` is the ARN of a symmetric key; sealing and opening are one call each, at most 4 kB."""

    def __init__(self, key: str) -> None:
        self._key = key

    def encrypt(self, plain: str, context: Context) -> str:
        answer = self._call("encrypt", Plaintext=plain.encode(), EncryptionContext=dict(context))
        return _KMS + base64.b64encode(answer["CiphertextBlob"]).decode()

    def decrypt(self, sealed: str, context: Context) -> str:
        blob = _unwrapped(sealed, _KMS)
        answer = self._call("decrypt", CiphertextBlob=blob, EncryptionContext=dict(context))
        plain: bytes = answer["Plaintext"]
        return plain.decode()

    def _call(self, call: str, **members: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        with observed(TARGET, call):
            try:
                return getattr(self._client, call)(KeyId=self._key, **members)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code", "")
                if code in _NOT_OURS:
                    raise Unreadable from None
                raise UpstreamUnavailable(f"keys: {code}") from error
            except BotoCoreError as error:
                raise UpstreamUnavailable(f"keys: {type(error).__name__}") from error

    @cached_property
    def _client(self) -> Any:
        # KMS's description of itself costs memory only where it is used
        import botocore.session
        from botocore.config import Config

        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 2, "mode": "standard"},
        )
        # the key's own region, which its ARN names: a stack may stand elsewhere than whoever runs a command
        parts = self._key.split(":")
        region = parts[3] if len(parts) > 3 else None
        return botocore.session.get_session().create_client("kms", region_name=region, config=config)


class FileKeys:
    """AES-256-GCM with the key of a file: 32 random bytes in base64, which nobody else may read.

    What does the work is installed on such a machine only; in the cloud KMS does it.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def encrypt(self, plain: str, context: Context) -> str:
        nonce = os.urandom(NONCE_BYTES)
        return _FILE + base64.b64encode(nonce + self._cipher.encrypt(nonce, plain.encode(), _bytes(context))).decode()

    def decrypt(self, sealed: str, context: Context) -> str:
        from cryptography.exceptions import InvalidTag

        blob = _unwrapped(sealed, _FILE)
        try:
            plain: bytes = self._cipher.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], _bytes(context))
        except (InvalidTag, ValueError):
            raise Unreadable from None
        return plain.decode()

    @cached_property
    def _cipher(self) -> Any:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._key())

    def _key(self) -> bytes:
        try:
            with open(self._path, "rb") as file:
                found = os.fstat(file.fileno())
                if stat.S_IMODE(found.st_mode) & 0o077:
                    raise NoKey(f"PORTAL_KEY_FILE: others may read {self._path}: chmod 600 it")
                key = base64.b64decode(file.read().strip(), validate=True)
        except (OSError, ValueError) as error:
            raise NoKey(f"PORTAL_KEY_FILE: {self._path} cannot be read: {type(error).__name__}") from None
        if len(key) != KEY_BYTES:
            raise NoKey(f"PORTAL_KEY_FILE: {self._path} holds no key of {KEY_BYTES} bytes in base64")
        return key


def _unwrapped(sealed: str, kind: str) -> bytes:
    if not sealed.startswith(kind):
        raise Unreadable
    try:
        return base64.b64decode(sealed.removeprefix(kind), validate=True)
    except ValueError:
        raise Unreadable from None


def _bytes(context: Context) -> bytes:
    """One spelling for one context, whatever the order it is given in."""
    return json.dumps(context, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
