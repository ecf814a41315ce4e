"""What every table shares: its connection settings, its attribute types and the way to read a row."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from pynamodb.attributes import Attribute
from pynamodb.connection import Connection, TableConnection
from pynamodb.constants import NUMBER, STRING
from pynamodb.exceptions import DoesNotExist, PynamoDBException
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from chalicelib.clock import from_text, to_text
from chalicelib.errors import UpstreamUnavailable

M = TypeVar("M", bound=Model)

#: Read at import, because PynamoDB wants a table's name when the class is made.
TABLE_PREFIX = os.environ.get("PORTAL_TABLE_PREFIX", "portal-")


class Connected:
    """The base of every model's ``Meta``; a request to the API has 20 s, so the store gets little of it."""

    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "eu-central-1"
    host = os.environ.get("PORTAL_STORE_ENDPOINT") or None
    billing_mode = "PAY_PER_REQUEST"
    connect_timeout_seconds = 1
    read_timeout_seconds = 3
    max_retry_attempts = 2


@cache
def connection() -> Connection:
    """The one connection of this process; it makes its client when it is first used."""
    return Connection(
        region=Connected.region,
        host=Connected.host,
        connect_timeout_seconds=Connected.connect_timeout_seconds,
        read_timeout_seconds=Connected.read_timeout_seconds,
        max_retry_attempts=Connected.max_retry_attempts,
    )


class Row(Model):
    """The base of every model.

    PynamoDB gives each model a connection of its own: a client, for which botocore reads its data anew, and
    a line to the store. The main screen needs five, which was half the processor time of a cold start.
    """

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = super()._get_connection()
        shared = connection()
        if table.connection is not shared:
            # several models share a table, and its keys are the same for all of them
            if table.table_name not in shared._tables:
                shared.add_meta_table(table.get_meta_table())
            table.connection = shared
        return table


class InstantAttribute(Attribute[datetime]):
    """An aware UTC instant as fixed-width text, so that it sorts and compares in conditions."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        return to_text(value)

    def deserialize(self, value: str) -> datetime:
        return from_text(value)


class IntegerAttribute(Attribute[int]):
    """A whole number and nothing else: PynamoDB's own number attribute would take a float."""

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        if type(value) is not int:
            raise TypeError("whole numbers only")
        return str(value)

    def deserialize(self, value: str) -> int:
        return int(value)


def code_of(error: PynamoDBException) -> str | None:
    """The store's own word for what went wrong; None where no answer came at all.

    PynamoDB's property of that purpose fails itself when the line broke: the cause then has no answer to read.
    """
    answer = getattr(error.cause, "response", None) or {}
    code: str | None = answer.get("Error", {}).get("Code")
    return code


def assigned(model: type[Model], name: str, value: Any) -> Action:
    """The update that gives an attribute this value, or takes it away for None."""
    attribute = getattr(model, name)
    action: Action = attribute.remove() if value is None else attribute.set(value)
    return action


@contextmanager
def reading() -> Iterator[None]:
    """A read that the store could not answer is safe to repeat."""
    try:
        yield
    except PynamoDBException as error:
        raise UpstreamUnavailable(f"store: {type(error).__name__} {code_of(error)}") from error


def fetch(model: type[M], hash_key: Any, range_key: Any = None) -> M | None:
    """One row by its key, read consistently; None if there is none."""
    with reading():
        try:
            return model.get(hash_key, range_key, consistent_read=True)
        except DoesNotExist:
            return None
