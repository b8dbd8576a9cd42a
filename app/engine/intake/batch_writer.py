"""Writes a batch of webhooks to the database in one transaction. The one place that goes below SQLAlchemy.

Intake is measured: `make bench ARGS=intake-sqlite`, `make bench ARGS=intake-postgresql`. docs/decisions/0002-intake.md has what
was found.
"""

from __future__ import annotations

import asyncio
import functools
import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState
from app.storage.engine import Database, prepare_sqlite
from app.tracing.origin import Origin

COLUMNS = ("connection_id", "received_at", "topic", "headers", "body", "size", "state", "request_id", "traceparent")
CHECKPOINT_SECONDS = 0.5
KEPT_SECONDS = 1.0
"""A PostgreSQL connection that was idle for less than this takes the next batch without a check."""
KEPT_STATEMENTS = 300
"""Prepared statements that a connection keeps: one for each number of rows that a batch may have, and some."""
LOG_PAGES = 65_536
"""A log longer than this (256 MB) is checkpointed even if writers must wait: a long burst would let it grow without end."""


class Row(Protocol):
    """What is stored of a delivery."""

    @property
    def connection_id(self) -> str: ...

    @property
    def received_at(self) -> datetime: ...

    @property
    def topic(self) -> str | None: ...

    @property
    def headers(self) -> dict[str, str]: ...

    @property
    def body(self) -> bytes: ...

    @property
    def origin(self) -> Origin: ...


class Writer(Protocol):
    async def write(self, rows: Sequence[Row]) -> None:
        """Commits all rows, or none and raises the driver's error."""
        ...

    async def close(self) -> None: ...


class SqliteWriter:
    """One connection in a thread of its own, and one statement per batch.

    It is one statement with many rows, not `executemany`: the interpreter's lock is then released once a batch, not once a row.
    Another thread does the checkpoints, so that no batch waits for one.
    """

    def __init__(self, url: str) -> None:
        self._file = make_url(url).database or ":memory:"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="intake")
        self._connection: sqlite3.Connection | None = None
        self._ended = threading.Event()
        self._checkpoints = threading.Thread(target=self._checkpoint, name="checkpoints", daemon=True)
        self._checkpoints.start()

    async def write(self, rows: Sequence[Row]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, rows)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False, cached_statements=KEPT_STATEMENTS)
        prepare_sqlite(connection)
        return connection

    def _commit(self, rows: Sequence[Row]) -> None:
        if self._connection is None:
            self._connection = self._open()
            self._connection.execute("PRAGMA wal_autocheckpoint=0")
        values: list[Any] = []
        for row in rows:
            values += (
                row.connection_id,
                row.received_at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds"),
                row.topic,
                orjson.dumps(row.headers).decode(),
                row.body,
                len(row.body),
                EventState.RECEIVED.value,
                row.origin.request_id,
                row.origin.traceparent,
            )
        # A single statement is its own transaction.
        self._connection.execute(_insert(len(rows)), values)

    def _checkpoint(self) -> None:
        connection: sqlite3.Connection | None = None
        while not self._ended.wait(CHECKPOINT_SECONDS):
            try:
                connection = connection or self._open()
                _, frames, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if frames > LOG_PAGES:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error:
                # The database is busy or away for a moment: the log grows until the next checkpoint, and nothing is lost.
                continue
        if connection is not None:
            connection.close()

    async def close(self) -> None:
        self._ended.set()
        await asyncio.to_thread(self._checkpoints.join)
        self._thread.shutdown(wait=True)
        if self._connection is not None:
            self._connection.close()


@functools.cache
def _insert(rows: int) -> str:
    place = f"({', '.join('?' * len(COLUMNS))})"
    return f"INSERT INTO inbox ({', '.join(COLUMNS)}) VALUES {', '.join([place] * rows)}"  # noqa: S608 - no input in it


class PostgresWriter:
    """One statement per batch through the driver: every column travels as one array.

    The connection is kept from batch to batch. After a pause it goes back to the pool, which checks whether it still works.
    """

    STATEMENT = (
        "INSERT INTO inbox (connection_id, received_at, topic, headers, body, size, state, request_id, traceparent) "
        "SELECT c, r, t, h::jsonb, b, length(b), $8::text, q, p "
        "FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::text[]) "
        "AS batch (c, r, t, h, b, q, p)"
    )

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: AsyncConnection | None = None
        self._used = 0.0

    async def write(self, rows: Sequence[Row]) -> None:
        columns = (
            [row.connection_id for row in rows],
            [row.received_at for row in rows],
            [row.topic for row in rows],
            [orjson.dumps(row.headers).decode() for row in rows],
            [row.body for row in rows],
            [row.origin.request_id for row in rows],
            [row.origin.traceparent for row in rows],
            EventState.RECEIVED.value,
        )
        try:
            driver = await self._driver()
            await driver.execute(self.STATEMENT, *columns)
        except BaseException:
            await self._let_go()  # the pool checks whether the connection is broken
            raise
        self._used = time.monotonic()

    async def _driver(self) -> Any:
        if self._connection is not None and time.monotonic() - self._used > KEPT_SECONDS:
            await self._let_go()
        if self._connection is None:
            self._connection = await self._database.engine.connect()
        raw = await self._connection.get_raw_connection()
        return raw.driver_connection

    async def _let_go(self) -> None:
        kept, self._connection = self._connection, None
        if kept is not None:
            await kept.close()

    async def close(self) -> None:
        await self._let_go()


def writer_for(database: Database) -> Writer:
    """Returns the writer that commits a batch fastest on this database."""
    return SqliteWriter(database.url) if database.is_sqlite else PostgresWriter(database)
