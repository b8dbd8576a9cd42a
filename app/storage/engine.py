"""The database engine and the unit of work: one transaction, ended before every remote call."""

from __future__ import annotations

import asyncio
import ctypes
import random
import re
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from weakref import WeakSet

import aiosqlite
import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.logs import get_logger
from app.metrics import ROLLED_BACK
from app.storage import address
from app.storage.audit import changes
from app.storage.outages import is_rolled_back
from app.storage.types import dumps, loads
from app.tracing import spans

log = get_logger(__name__)
T = TypeVar("T")

SQLITE_BUSY_SECONDS = 30
SQLITE_CLOSING_SECONDS = 1
SQLITE_STATEMENTS = 16
"""So many each connection keeps prepared. Each keeps the values of its last use as well: those of a whole page of records."""
M_ARENA_MAX, HEAPS = -8, 2
"""Of glibc's `mallopt`: how many heaps a process has for all its threads."""
CLOSED = "the database is closed"
MOST_RUNS = 4
"""How often a unit of work runs before its deadlock is somebody else's to handle."""


def prepare_sqlite(connection: Any) -> None:
    """WAL with synchronous FULL: a commit is on the disk when it returns. Takes any DB-API connection."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_SECONDS * 1000}")
    cursor.close()


def share_heaps() -> None:
    """Has the threads of a process share a few heaps. By default glibc gives each thread one, and each keeps the room that its
    largest transaction took: memory grew with the number of records that were read. Elsewhere nothing is done."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(M_ARENA_MAX, HEAPS)


_Execute = Callable[[str, Any], sqlite3.Cursor]


def _all_of(execute: _Execute, statement: str, values: Any) -> tuple[Any, list[Any], int, int | None]:
    """Columns, rows, how many were changed, and the id of the last new one. It knows no connection: the thread that runs it
    keeps it until its next turn."""
    cursor = execute(statement, values)
    try:
        columns = cursor.description
        rows = cursor.fetchall() if columns else []
        return columns, rows, cursor.rowcount, cursor.lastrowid
    finally:
        cursor.close()


class _Cursor:
    """A statement and all its rows are one turn of the connection's thread: with the driver's own cursor they are four."""

    arraysize = 1

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> _Cursor:
        return self

    async def execute(self, statement: str, values: Any = ()) -> None:
        await self._take(self._connection._conn.execute, statement, values)

    async def executemany(self, statement: str, values: Any) -> None:
        await self._take(self._connection._conn.executemany, statement, values)

    async def _take(self, execute: _Execute, statement: str, values: Any) -> None:
        self.description, self._rows, self.rowcount, self.lastrowid = await self._connection.turn(execute, statement, values)

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []


class _Connection(aiosqlite.Connection):
    def cursor(self) -> Any:
        return _Cursor(self)

    async def rollback(self) -> None:
        """The pool asks for one whenever a connection comes back, after a commit too."""
        if self._conn.in_transaction:
            await super().rollback()

    async def turn(self, execute: _Execute, statement: str, values: Any) -> Any:
        return await self._execute(_all_of, execute, statement, values)  # type: ignore[no-untyped-call]


class _Threads:
    """Of SQLite connections. Each has a thread of its own, which answers into the event loop and must end before it."""

    def __init__(self) -> None:
        self._connections: WeakSet[aiosqlite.Connection] = WeakSet()
        self._is_over = False
        share_heaps()

    def connect(self, database: str, **options: Any) -> aiosqlite.Connection:
        if self._is_over:
            raise sqlite3.OperationalError(CLOSED)
        connection = _Connection(lambda: sqlite3.connect(database, **options), iter_chunk_size=1)
        connection._thread.daemon = True  # a process that is told to end does not wait for it
        self._connections.add(connection)
        return connection

    async def end(self) -> None:
        """Waits for connections that are being closed already, then closes those in use. Whoever uses one, or
        opens another, gets an error."""
        self._is_over = True
        for connection in list(self._connections):
            await asyncio.to_thread(connection._thread.join, SQLITE_CLOSING_SECONDS)
            if connection._thread.is_alive():
                connection.stop()
                await asyncio.to_thread(connection._thread.join, SQLITE_CLOSING_SECONDS)


_VALUES = re.compile(
    r'(?<=invalid input for query argument )(\$\d+): .*|(?<=invalid input syntax for type )([^:]+): ".*', re.DOTALL
)


def _without_values(context: ExceptionContext) -> None:
    """Takes the values that PostgreSQL and its driver name out of an error, and out of those that led to it: they are logged."""
    error: BaseException | None = context.sqlalchemy_exception or context.original_exception
    while error is not None:
        if isinstance(error, asyncpg.PostgresError):
            error.detail = None  # "Failing row contains (…)", "Key (number)=(…) already exists."
        if error.args and isinstance(error.args[0], str):
            error.args = (_VALUES.sub(_named, error.args[0]).partition("\nDETAIL:")[0], *error.args[1:])
        error = getattr(error, "orig", None) or error.__cause__


def _named(found: re.Match[str]) -> str:
    return next(each for each in found.groups() if each is not None)


class Database:
    """An async engine; `begin()` gives a transaction that writes, `read()` one that only reads.

    Raises BadInput for a URL that is no database's.
    """

    def __init__(self, url: str, pool_size: int = 10) -> None:
        self.url = url
        place = address.read(url)
        self.is_sqlite = place.is_sqlite
        self._closed = asyncio.Event()
        options: dict[str, Any] = {"json_serializer": dumps, "json_deserializer": loads, "hide_parameters": True}
        if not self.is_sqlite:
            options |= {"pool_size": pool_size, "max_overflow": 10, "pool_pre_ping": True, "pool_timeout": 10}
            options["connect_args"] = {"timeout": 10, "command_timeout": 60, **place.options, "async_creator_fn": self._connect}
        else:
            self._threads = _Threads()
            options["connect_args"] = {"async_creator_fn": self._threads.connect, "cached_statements": SQLITE_STATEMENTS}
        self.engine: AsyncEngine = create_async_engine(place.url, **options)
        event.listen(self.engine.sync_engine, "handle_error", _without_values)
        if telemetry := spans.telemetry():
            telemetry.watch_engine(self.engine.sync_engine)
        if self.is_sqlite:
            self._take_over_sqlite_transactions()

    async def _connect(self, *args: Any, **kwargs: Any) -> Any:
        """Translates asyncpg's own errors while connecting (the server is starting, stopping or full): SQLAlchemy does not."""
        if self._closed.is_set():
            raise ConnectionError(CLOSED)
        try:
            connection = await asyncpg.connect(*args, **kwargs)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise ConnectionError(f"the database does not take connections: {error}") from error
        if self._closed.is_set():  # meanwhile
            connection.terminate()
            raise ConnectionError(CLOSED)
        return connection

    def _take_over_sqlite_transactions(self) -> None:
        # The driver's own transaction control begins too late and deferred: a transaction that reads, then writes, could fail on
        # a lock that it cannot wait for. So we begin transactions ourselves, and writers take the write lock at once.
        @event.listens_for(self.engine.sync_engine, "connect")
        def on_connect(connection: Any, _record: Any) -> None:
            connection.isolation_level = None
            prepare_sqlite(connection)

        @event.listens_for(self.engine.sync_engine, "begin")
        def on_begin(connection: Any) -> None:
            how = connection.get_execution_options().get("sqlite_begin", "BEGIN IMMEDIATE")
            connection.exec_driver_sql(how)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction. It commits when the block ends, and rolls back when the block raises.

        What somebody at work changes in it is kept with it (app/storage/audit).
        """
        async with self.engine.begin() as connection:
            changed = await changes.watched(connection)
            yield connection
            if changed is not None:
                await changed.write(connection)
        if changed is not None and changed.has_rows:
            changed.act.is_kept = True

    async def run(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Runs `work` in one write transaction. Runs it again when PostgreSQL has rolled it back (40P01, 40001).

        `work` may run several times: it makes no outside call, and changes nothing but the database.
        """
        for runs in range(1, MOST_RUNS + 1):
            try:
                async with self.begin() as db:
                    return await work(db)
            except DBAPIError as error:
                if not is_rolled_back(error) or runs == MOST_RUNS:
                    raise
                ROLLED_BACK.inc()
                log.warning("rolled_back", runs=runs, error=str(error.orig)[:200])
            await asyncio.sleep(random.uniform(0.005, 0.02) * runs)  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A read-only transaction. It waits for no writer."""
        async with self.engine.connect() as connection:
            if self.is_sqlite:
                connection = await connection.execution_options(sqlite_begin="BEGIN DEFERRED")
            async with connection.begin():
                yield connection

    async def close(self) -> None:
        """Closes every connection, those in use too. Goes through with it when it is cancelled."""
        closing = asyncio.ensure_future(self._close())
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await closing
            raise

    async def _close(self) -> None:
        self._closed.set()
        await self.engine.dispose()
        if self.is_sqlite:
            await self._threads.end()
