"""What the sandbox remembers, in one SQLite file: it survives a restart and SIGKILL.

One connection behind one lock. Nobody may hold the lock while calling the portal: the portal's
answer may need this very state.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: Rows of the calls log that are kept.
CALLS_KEPT = 2000

SCHEMA = """
create table if not exists setting (key text primary key, value text not null);
create table if not exists payment (
    invoice integer primary key, amount_kopecks integer not null, reported_kopecks integer not null,
    state text not null, is_test integer not null, fields text not null, opened_at text not null,
    decided_at text, webhook text, card text, reference text not null);
create table if not exists uniteller (
    number text primary key, amount_kopecks integer not null, reported_kopecks integer not null,
    state text not null, fields text not null, opened_at text not null,
    decided_at text, webhook text, card text, bill text not null);
create table if not exists refund (
    id text primary key, company text not null, invoice text not null, kopecks integer not null,
    state text not null, at text not null);
create table if not exists receipt (
    id text primary key, origin text not null, kopecks integer not null, at text not null);
create table if not exists card (
    company text not null, invoice text not null, state text not null, webhook text not null,
    primary key (company, invoice));
create table if not exists notice (
    id integer primary key, target text not null, ref text not null, body text not null, state text not null,
    first_at text not null, due_at text not null, attempts integer not null default 0, answer text);
create index if not exists notice_due on notice (state, due_at);
create index if not exists notice_ref on notice (target, ref);
create table if not exists message (
    id text not null, channel text not null, at text not null, recipient text not null, event text not null,
    subject text not null, text text not null, code text, primary key (channel, id));
create table if not exists call (
    id integer primary key, at text not null, target text not null, call text not null,
    method text not null, path text not null, status text not null);
create table if not exists fault (
    target text not null, call text not null, kind text not null, times integer not null,
    primary key (target, call));
"""


def to_state(instant: datetime) -> str:
    """Fixed width to the microsecond, so that texts sort as instants do."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


class State:
    def __init__(self, directory: Path | None) -> None:
        """In memory when ``directory`` is None."""
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
        place = ":memory:" if directory is None else str(directory / "sandbox.sqlite3")
        self._connection = sqlite3.connect(place, check_same_thread=False, isolation_level=None, timeout=10)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.executescript(SCHEMA)
        self._lock = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside or nothing. For statements only, never for calls to anybody."""
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(row) for row in self._connection.execute(sql, values).fetchall()]

    def row(self, sql: str, *values: Any) -> dict[str, Any] | None:
        return next(iter(self.rows(sql, *values)), None)

    def change(self, sql: str, *values: Any) -> int:
        """Run one statement and tell how many rows it changed."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    def setting(self, key: str) -> str | None:
        found = self.row("select value from setting where key = ?", key)
        return found["value"] if found else None

    def keep(self, key: str, value: str) -> None:
        self.change("insert or replace into setting values (?, ?)", key, value)

    def log_call(self, at: datetime, target: str, call: str, method: str, path: str, status: int | str) -> None:
        """A line without the body and without the query: both may hold signatures and addresses."""
        with self.transaction() as connection:
            connection.execute(
                "insert into call (at, target, call, method, path, status) values (?, ?, ?, ?, ?, ?)",
                (to_state(at), target, call, method, path, str(status)),
            )
            connection.execute("delete from call where id <= (select max(id) from call) - ?", (CALLS_KEPT,))

    def close(self) -> None:
        with self._lock:
            self._connection.close()
